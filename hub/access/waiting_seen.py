"""Rows of network files that wait for people nobody knows yet, with names instead of ids, for whoever looks after them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.access.reach import Reach
from hub.errors import NotAllowed
from hub.journal import audit
from hub.network import tables
from hub.network.importing.roster_keys import find_ids
from hub.network.importing.waiting_rows import count_waiting, forget_waiting, list_waiting
from hub.store import UnitOfWork

FORGOTTEN = "waiting_row_forgotten"
PAGE = 50


@dataclass(frozen=True)
class WaitingLine:
    """A row that waits. ``person``: what the file calls whom it waits for; the others are names, but for the id.

    What is not known here, or not named by the row, is empty. ``is_known``: the person has come, and the file can come again.
    """

    id: str
    file: str
    person: str
    position: str
    location: str
    location_id: str
    dimension: str
    connection: str
    since: datetime
    is_known: bool


@dataclass(frozen=True)
class WaitingList:
    """One part of the list: ``after`` is where it goes on, empty at the end; ``total`` counts all parts together."""

    lines: tuple[WaitingLine, ...]
    after: str
    total: int


def list_waiting_seen(uow: UnitOfWork, reach: Reach, after: str = "", limit: int = PAGE) -> WaitingList:
    """Rows that wait: all for operators, those of its own locations for a partner. NotAllowed ``no_waiting`` for managers."""
    partner_id = _partner_of(reach)
    rows = list_waiting(uow, partner_id, after=after, limit=limit + 1)
    shown = rows[:limit]
    said = {
        name: {row.cells.get(name, "") for row in shown} - {""} for name in ("location_id", "position_id")
    }
    places = _names(uow, "location", tables.location.c.name, said["location_id"])
    positions = _names(uow, "position", tables.position.c.title, said["position_id"])
    dimensions = dict(
        uow.connection.execute(sa.select(tables.dimension.c.key, tables.dimension.c.name)).all()
    )
    connection = tables.connection
    slugs = sorted({row.cells.get("connection", "") for row in shown} - {""})
    systems = sa.select(connection.c.slug, connection.c.name).where(uow.among(connection.c.slug, slugs))
    connections = dict(uow.connection.execute(systems.where(_may_be_named(partner_id))).all())
    known = find_ids(uow, "person", {row.person for row in shown})
    lines = []
    for row in shown:
        location_id, location = places.get(row.cells.get("location_id", ""), ("", ""))
        _, position = positions.get(row.cells.get("position_id", ""), ("", ""))
        dimension = dimensions.get(row.cells.get("dimension_id", ""), "")
        system = connections.get(row.cells.get("connection", ""), "")
        lines.append(
            WaitingLine(
                row.id,
                row.file,
                row.person,
                position,
                location,
                location_id,
                dimension,
                system,
                row.since,
                # Whether others call somebody so is not a partner's to know (I24).
                partner_id is None and row.person in known,
            )
        )
    return WaitingList(
        tuple(lines), shown[-1].id if len(rows) > limit else "", count_waiting(uow, partner_id)
    )


def count_waiting_seen(uow: UnitOfWork, reach: Reach) -> int:
    """How many rows wait that somebody sees; none for managers."""
    return 0 if reach.kind == "person" else count_waiting(uow, reach.partner_id)


def forget_waiting_seen(uow: UnitOfWork, reach: Reach, id: str, *, actor_id: str) -> None:
    """Show a row no more, until its file brings it again; audited. Missing ``no_row``; NotAllowed ``no_waiting``."""
    partner_id = _partner_of(reach)
    forget_waiting(uow, id, partner_id)
    audit(uow, FORGOTTEN, id, actor_id=actor_id, partner_id=partner_id)


def _partner_of(reach: Reach) -> str | None:
    """The partner whose rows they are; None for all."""
    if reach.kind == "person":
        raise NotAllowed(
            "no_waiting",
            "These rows are for operators and partner admins.",
            "Ask one of them what your people wait for.",
        )
    return reach.partner_id


def _may_be_named(partner_id: str | None) -> sa.ColumnElement[bool]:
    """Connections of the partner, and those that all share."""
    owner = tables.connection.c.partner_id
    return sa.true() if partner_id is None else sa.or_(owner.is_(None), owner == partner_id)


def _names(
    uow: UnitOfWork, kind: str, name: sa.ColumnElement[Any], external_ids: Collection[str]
) -> dict[str, tuple[str, str]]:
    """Ids and names by what files call things."""
    ids = find_ids(uow, kind, external_ids)
    table = tables.location if kind == "location" else tables.position
    rows = uow.connection.execute(
        sa.select(table.c.id, name).where(uow.among(table.c.id, sorted(ids.values())))
    )
    names: dict[str, str] = {row[0]: row[1] for row in rows}
    return {external: (id, names.get(id, "")) for external, id in ids.items()}
