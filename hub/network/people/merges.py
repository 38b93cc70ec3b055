"""Which people became part of others, and what was moved then."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.errors import Conflict, Missing
from hub.ids import is_id
from hub.journal import tables as journal
from hub.network import tables
from hub.store import UnitOfWork

MOVED = "identities_moved"
"""The kind of change that gives a person's names at systems to another person."""


@dataclass(frozen=True)
class Merge:
    """One merge. ``body`` says what was moved; it is empty once one of the two was erased."""

    id: str
    from_id: str
    to_id: str
    body: Mapping[str, Any]
    is_undone: bool
    at: datetime


def read_merge(uow: UnitOfWork, merge_id: str) -> Merge:
    """One merge; Missing ``no_merge``."""
    row = uow.find(tables.person_merge, id=merge_id) if is_id(merge_id) else None
    if row is None:
        raise Missing("no_merge", "There is no such merge.")
    return Merge(row.id, row.from_id, row.to_id, row.body, row.undone_at is not None, row.at)


def keep_moved(uow: UnitOfWork, merge_id: str, moved: Mapping[str, Any]) -> None:
    """Keep with a merge what other rooms moved, by names of their own, for its undoing."""
    table = tables.person_merge
    body = {**read_merge(uow, merge_id).body, **moved}
    uow.connection.execute(sa.update(table).where(table.c.id == merge_id).values(body=body))


def merged_into(uow: UnitOfWork, person_id: str) -> Merge | None:
    """The merge by which this person became part of another one, while it lasts."""
    found = _merges(uow, tables.person_merge.c.from_id == person_id)
    return found[0] if found else None


def absorbed_by(uow: UnitOfWork, person_id: str) -> list[Merge]:
    """The merges by which others became part of this person, the last first."""
    return _merges(uow, tables.person_merge.c.to_id == person_id)


def absorbed_ids(uow: UnitOfWork, person_id: str) -> list[str]:
    """Everybody who is part of this person now, also by way of others."""
    ids: list[str] = []
    for merge in absorbed_by(uow, person_id):
        ids += [merge.from_id, *absorbed_ids(uow, merge.from_id)]
    return ids


def refuse_absorbed(uow: UnitOfWork, person_id: str) -> None:
    """Conflict ``already_merged`` for a person whose names are somebody else's now."""
    merge = merged_into(uow, person_id)
    if merge is not None:
        raise Conflict(
            "already_merged",
            "This person is part of somebody else.",
            f"Undo the merge first, or take the survivor: {merge.to_id}.",
        )


def moves_of(uow: UnitOfWork, person_id: str) -> dict[str, Mapping[str, Any]]:
    """Bodies by id of the changes that moved names from or to this person, for erasing what they name."""
    table, change = tables.person_merge, journal.change
    rows = uow.connection.execute(
        sa.select(table.c.from_id, table.c.to_id).where(
            sa.or_(table.c.from_id == person_id, table.c.to_id == person_id)
        )
    )
    subjects = {person_id, *(id for row in rows for id in row)}
    moved = sa.select(change.c.id, change.c.body).where(
        change.c.kind == MOVED, change.c.subject_id.in_(subjects)
    )
    return {
        row.id: row.body
        for row in uow.connection.execute(moved)
        if person_id in (row.body["from"], row.body["to"])
    }


def _merges(uow: UnitOfWork, where: sa.ColumnElement[bool]) -> list[Merge]:
    table = tables.person_merge
    rows = uow.connection.execute(
        sa.select(table).where(where, table.c.undone_at.is_(None)).order_by(table.c.at.desc(), table.c.id)
    )
    return [Merge(row.id, row.from_id, row.to_id, row.body, False, row.at) for row in rows]
