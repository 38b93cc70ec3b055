"""Rows of network files that wait for people nobody knows yet: kept to be seen, and tried again with each import of their file.

So are accounts that plugins read from an LMS; each sync tries them again.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.errors import Missing
from hub.ids import is_id, new_id
from hub.network import tables
from hub.network.importing.roster_keys import find_ids
from hub.network.roster.tables import waiting_row
from hub.network.roster.unknown_people import OWNER, Waiting
from hub.store import UnitOfWork

KEPT = timedelta(days=90)
"""So long after the last import that had it a row is kept."""
MOST = 10_000
"""So many rows are kept of one import; the rest is told by the import alone."""
MOST_ALTOGETHER = 50_000
"""So many rows are kept of all deliveries, the newest."""
ROSTER = "roster"
"""Stands for a file where a plugin read the accounts of an LMS."""
Said = Callable[[str, set[str]], Collection[str]]


@dataclass(frozen=True)
class WaitingRow:
    """A row that waits. ``person``: what the file calls whom it waits for; ``partner_id``: whose location it names, if one."""

    id: str
    file: str
    person: str
    partner_id: str | None
    cells: Mapping[str, str]
    since: datetime


def keep_waiting(
    uow: UnitOfWork, files: Collection[str], rows: Sequence[Waiting], said: Said = lambda _, owners: owners
) -> None:
    """Let these rows of these files wait; one that waited before goes on from then.

    Rows of earlier deliveries wait on, unless the files say something anew of what they are part of: ``said`` finds those
    among the owners (see ``OWNER``) that a file is given.
    """
    table = waiting_row
    old = uow.connection.execute(sa.select(table).where(table.c.file.in_(sorted(files)))).all()
    again: dict[str, set[str]] = {}
    for file in files:
        before = {str(row.cells.get(OWNER[file], "")) for row in old if row.file == file}
        now = {row.cells[OWNER[file]] for row in rows if row.file == file}
        again[file] = {*said(file, before), *now} if before else set()
    gone = [row for row in old if row.cells.get(OWNER[row.file], "") in again[row.file]]
    _replace(uow, gone, rows)


def keep_accounts(uow: UnitOfWork, connection: str, accounts: Iterable[tuple[str, str]]) -> None:
    """Let these be all accounts of an LMS (the slug of its connection) whose owners nobody knows: (form, person as files call them)."""
    table = waiting_row
    old = uow.connection.execute(sa.select(table).where(table.c.file == ROSTER)).all()
    gone = [row for row in old if row.cells["connection"] == connection]
    rows = [
        Waiting(ROSTER, 0, "", person, {"person_id": person, "connection": connection, "form": form})
        for form, person in accounts
    ]
    _replace(uow, gone, rows)


def _replace(uow: UnitOfWork, gone: Sequence[Any], rows: Sequence[Waiting]) -> None:
    table = waiting_row
    since = {_key(row.file, row.cells): row.since for row in gone}
    uow.connection.execute(sa.delete(table).where(uow.among(table.c.id, [row.id for row in gone])))
    fresh = {_key(row.file, row.cells): row for row in rows[:MOST]}
    owners = _partners(uow, list(fresh.values()))
    uow.execute_many(
        sa.insert(table),
        [
            {
                "id": new_id(),
                "file": row.file,
                "person": row.person,
                "partner_id": owners.get(row.cells.get("location_id") or row.cells.get("connection", "")),
                "cells": row.cells,
                "since": since.get(key, uow.now),
                "expires_at": uow.now + KEPT,
            }
            for key, row in fresh.items()
        ],
    )
    surplus = sa.select(table.c.id).order_by(table.c.id.desc()).offset(MOST_ALTOGETHER).limit(MOST)
    ids = list(uow.connection.scalars(surplus))
    uow.connection.execute(sa.delete(table).where(uow.among(table.c.id, ids)))


def _partners(uow: UnitOfWork, rows: Sequence[Waiting]) -> dict[str, str]:
    """Whose the locations and connections are that rows name, by what files call them."""
    location, connection = tables.location, tables.connection
    places = find_ids(
        uow, "location", {row.cells["location_id"] for row in rows if row.cells.get("location_id")}
    )
    at = sa.select(location.c.id, location.c.partner_id)
    of_place = dict(uow.connection.execute(at.where(uow.among(location.c.id, sorted(places.values())))).all())
    slugs = {row.cells["connection"] for row in rows if row.cells.get("connection")}
    own = sa.select(connection.c.slug, connection.c.partner_id).where(connection.c.partner_id.is_not(None))
    found = {name: of_place[id] for name, id in places.items()}
    return found | dict(uow.connection.execute(own.where(uow.among(connection.c.slug, sorted(slugs)))).all())


def list_waiting(
    uow: UnitOfWork, partner_id: str | None = None, *, after: str = "", limit: int = 100
) -> list[WaitingRow]:
    """Rows that wait, the oldest imports first; those of one partner's locations or all. ``after``: id of the page before's last."""
    table = waiting_row
    query = (
        sa.select(table)
        .where(_of(partner_id), table.c.expires_at > uow.now)
        .order_by(table.c.id)
        .limit(limit)
    )
    if is_id(after):
        query = query.where(table.c.id > after)
    return [
        WaitingRow(row.id, row.file, row.person, row.partner_id, row.cells, row.since)
        for row in uow.connection.execute(query)
    ]


def count_waiting(uow: UnitOfWork, partner_id: str | None = None) -> int:
    """How many rows wait, of one partner's locations or all."""
    table = waiting_row
    where = sa.and_(_of(partner_id), table.c.expires_at > uow.now)
    return uow.connection.scalar(sa.select(sa.func.count()).select_from(table).where(where)) or 0


def forget_waiting(uow: UnitOfWork, id: str, partner_id: str | None = None) -> None:
    """Show a row no more, until its file brings it again. Missing ``no_row``, also for one of another partner."""
    table = waiting_row
    where = sa.and_(table.c.id == id, _of(partner_id))
    if not is_id(id) or not uow.connection.execute(sa.delete(table).where(where)).rowcount:
        raise Missing("no_row", "There is no such row.")


def _of(partner_id: str | None) -> sa.ColumnElement[bool]:
    return sa.true() if partner_id is None else waiting_row.c.partner_id == partner_id


def _key(file: str, cells: Mapping[str, Any]) -> tuple[Any, ...]:
    return file, *sorted(cells.items())
