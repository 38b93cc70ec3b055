"""Who looks after what in the field: nodes, locations, and what lies downstream of a partner (B03, B20)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa

from hub.errors import BadInput, Missing
from hub.ids import is_id, new_id
from hub.network import tables
from hub.network.names import clean_name
from hub.network.people.person import lock_people
from hub.network.record import a_time, an_instant, find_row, record
from hub.network.roster.files import LINKS
from hub.network.snapshots import RepAssignment
from hub.network.structure.dimensions import find_dimension
from hub.network.validity.dated import find_same, stated
from hub.store import UnitOfWork

SCOPES = {"node": tables.node, "location": tables.location, "partner": tables.partner}
COLUMNS = ("id", "dimension", "node_id", "location_id", "upstream_id", "link", "service")


def look_after(
    uow: UnitOfWork,
    person_id: str,
    dimension: str,
    *,
    node_id: str | None = None,
    location_id: str | None = None,
    upstream_id: str | None = None,
    link: str | None = None,
    service: str = "",
    at: datetime | None = None,
    until: datetime | None = None,
    actor_id: str | None = None,
) -> str:
    """Let a person look after one thing in one dimension, from now on unless told; the id of this assignment.

    One of ``node_id``, ``location_id`` and ``upstream_id`` is given, the last with a ``link`` (distributor or supplier). ``service``
    is what the person does there, in words. The same again is the same assignment. Missing ``no_person``, ``no_dimension``, ``no_node``, ``no_location``, ``no_partner``;
    BadInput ``bad_scope``, ``other_dimension``, ``built_in``, ``bad_dates``.
    """
    if sum(each is not None for each in (node_id, location_id, upstream_id)) != 1 or bool(
        upstream_id
    ) != bool(link):
        raise BadInput("bad_scope", "Name one node, one location, or one partner with the kind of its links.")
    if link is not None and link not in LINKS:
        raise BadInput("bad_scope", f"Links are {' or '.join(LINKS)}.")
    find_row(uow, tables.person, person_id, "person")
    find_dimension(uow, dimension)
    scopes = {"node": node_id, "location": location_id, "partner": upstream_id}
    for kind, id in scopes.items():
        row = find_row(uow, SCOPES[kind], id, kind) if id else None
        if kind == "node" and row is not None and row.dimension != dimension:
            raise BadInput("other_dimension", f"{row.name} belongs to another dimension.")
    what: dict[str, Any] = {
        "dimension": dimension,
        "node_id": node_id,
        "location_id": location_id,
        "upstream_id": upstream_id,
        "link": link,
        "service": clean_name(service) if service else "",
    }
    during = a_time(uow, at, until)
    lock_people(uow, [person_id])
    before = read_responsibilities(uow, person_id)
    if known := find_same(before, what, during, is_now=at is None):
        return str(known["id"])
    assignment = {"id": new_id(), **what, **stated(*during)}
    write_responsibilities(uow, person_id, [*before, assignment], actor_id)
    return str(assignment["id"])


def stop_looking_after(
    uow: UnitOfWork, assignment_id: str, at: datetime | None = None, *, actor_id: str | None = None
) -> bool:
    """Let somebody no longer look after something from an instant on (now); whether that changed anything.

    Missing ``no_assignment``. What was seen before stays seen: nothing of the history is taken away.
    """
    row = uow.find(tables.rep_assignment, id=assignment_id) if is_id(assignment_id) else None
    if row is None:
        raise Missing("no_assignment", "There is no such assignment.")
    lock_people(uow, [row.person_id])
    before = read_responsibilities(uow, row.person_id)
    end = an_instant(uow, at)
    after = [until(each, end) if each["id"] == assignment_id else each for each in before]
    if after == before:
        return False
    write_responsibilities(uow, row.person_id, after, actor_id)
    return True


def read_responsibilities(uow: UnitOfWork, person_id: str) -> list[dict[str, Any]]:
    """What a person looks after, and did and will, as ``rep_changed`` has it; in order of ids."""
    table = tables.rep_assignment
    rows = uow.connection.execute(sa.select(table).where(table.c.person_id == person_id).order_by(table.c.id))
    return [
        {**{name: getattr(row, name) for name in COLUMNS}, **stated(row.valid_from, row.valid_to)}
        for row in rows
    ]


def until(assignment: Mapping[str, Any], end: datetime) -> dict[str, Any]:
    """An assignment that is over at an instant at the latest."""
    known = assignment["valid_to"]
    if known is not None and datetime.fromisoformat(known) <= end:
        return dict(assignment)
    return {**assignment, "valid_to": max(datetime.fromisoformat(assignment["valid_from"]), end).isoformat()}


def write_responsibilities(
    uow: UnitOfWork, person_id: str, assignments: list[dict[str, Any]], actor_id: str | None
) -> None:
    """Let these be all assignments of a person."""
    listed = cast("list[RepAssignment]", sorted(assignments, key=lambda each: str(each["id"])))
    body = {"person_id": person_id, "assignments": listed}
    record(uow, "rep_changed", {person_id: body}, person_id=person_id, actor_id=actor_id)
