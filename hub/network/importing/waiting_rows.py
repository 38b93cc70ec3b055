"""Rows of network files that wait for people nobody knows yet: kept to be seen, and tried again with each import of their file."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.errors import Missing
from hub.ids import is_id, new_id
from hub.network import tables
from hub.network.importing.roster_keys import find_ids
from hub.network.roster.tables import waiting_row
from hub.network.roster.unknown_people import Waiting
from hub.store import UnitOfWork

KEPT = timedelta(days=90)
"""So long after the last import that had it a row is kept."""
MOST = 10_000
"""So many rows are kept of one import; the rest is told by the import alone."""


@dataclass(frozen=True)
class WaitingRow:
    """A row that waits. ``person``: what the file calls whom it waits for; ``partner_id``: whose location it names, if one."""

    id: str
    file: str
    person: str
    partner_id: str | None
    cells: Mapping[str, str]
    since: datetime


def keep_waiting(uow: UnitOfWork, files: Collection[str], rows: Sequence[Waiting]) -> None:
    """Let these be all rows of these files that wait; one that waited before goes on from then."""
    table = waiting_row
    old = uow.connection.execute(sa.select(table).where(table.c.file.in_(sorted(files)))).all()
    since = {_key(row.file, row.cells): row.since for row in old}
    uow.connection.execute(sa.delete(table).where(table.c.file.in_(sorted(files))))
    places = find_ids(
        uow, "location", {row.cells["location_id"] for row in rows if row.cells.get("location_id")}
    )
    location = tables.location
    owners = dict(
        uow.connection.execute(
            sa.select(location.c.id, location.c.partner_id).where(
                uow.among(location.c.id, sorted(places.values()))
            )
        ).all()
    )
    uow.execute_many(
        sa.insert(table),
        [
            {
                "id": new_id(),
                "file": row.file,
                "person": row.person,
                "partner_id": owners.get(places.get(row.cells.get("location_id", ""), "")),
                "cells": row.cells,
                "since": since.get(_key(row.file, row.cells), uow.now),
                "expires_at": uow.now + KEPT,
            }
            for row in rows[:MOST]
        ],
    )


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
