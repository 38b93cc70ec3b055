"""Managers beside the field's representatives: by name, and by position at a location (B60). Each for one dimension and a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.errors import BadInput, Missing
from hub.ids import is_id, new_id
from hub.network import tables
from hub.network.people.person import lock_people
from hub.network.record import a_time, an_instant, find_row, lock_network, record
from hub.network.structure.dimensions import find_dimension
from hub.network.structure.representatives import until as ended_until
from hub.network.validity.dated import Part, find_same, holding, split, stated, without
from hub.store import UnitOfWork

RELATIONS_CHANGED = "manager_relations_changed"
SUPERIORS_CHANGED = "position_superiors_changed"


def name_manager(
    uow: UnitOfWork,
    manager_id: str,
    dimension: str,
    *,
    person_id: str | None = None,
    appointment_id: str | None = None,
    at: datetime | None = None,
    until: datetime | None = None,
    actor_id: str | None = None,
) -> str:
    """Let somebody be the manager of a person, or of one appointment, in one dimension from an instant on (now); the relation's id.

    The same again is the same relation. Missing ``no_person``, ``no_appointment``, ``no_dimension``; BadInput ``built_in``, ``bad_dates``,
    and ``bad_relation`` for none or both, and for oneself.
    """
    find_row(uow, tables.person, manager_id, "person")
    if bool(person_id) == bool(appointment_id):
        raise BadInput("bad_relation", "Name a person or one of their appointments.")
    subject = person_id
    if person_id:
        find_row(uow, tables.person, person_id, "person")
    if appointment_id:
        subject = find_row(uow, tables.appointment, appointment_id, "appointment").person_id
    if subject == manager_id:
        raise BadInput("bad_relation", "Nobody is the own manager.")
    find_dimension(uow, dimension)
    what = {"dimension": dimension, "person_id": person_id, "appointment_id": appointment_id}
    during = a_time(uow, at, until)
    lock_people(uow, [manager_id])
    before = read_relations(uow, manager_id)
    if known := find_same(before, what, during, is_now=at is None):
        return str(known["id"])
    relation = {"id": new_id(), **what, **stated(*during)}
    write_relations(uow, manager_id, [*before, relation], actor_id)
    return str(relation["id"])


def end_manager(
    uow: UnitOfWork, relation_id: str, at: datetime | None = None, *, actor_id: str | None = None
) -> bool:
    """End such a relation at an instant (now); whether that changed anything. Missing ``no_relation``."""
    row = uow.find(tables.manager_relation, id=relation_id) if is_id(relation_id) else None
    if row is None:
        raise Missing("no_relation", "There is no such relation.")
    lock_people(uow, [row.manager_id])
    end = an_instant(uow, at)
    return _end(uow, row.manager_id, end, {relation_id}, actor_id)


def end_relations(uow: UnitOfWork, manager_id: str, at: datetime, *, actor_id: str | None = None) -> bool:
    """End all relations in which somebody is the manager; whether that changed anything."""
    return _end(uow, manager_id, at, None, actor_id)


def set_superior(
    uow: UnitOfWork,
    position_id: str,
    superior_id: str,
    dimension: str,
    at: datetime | None = None,
    until: datetime | None = None,
    *,
    actor_id: str | None = None,
) -> bool:
    """Let whoever holds one position manage those in another at the same location, in one dimension, from an instant on (now).

    Whether that changed anything. Missing ``no_position``, ``no_dimension``; BadInput ``built_in``, ``bad_dates``.
    """
    lock_network(uow)
    for id in (position_id, superior_id):
        find_row(uow, tables.position, id, "position")
    find_dimension(uow, dimension)
    before = read_superiors(uow, position_id)
    what = {"superior_id": superior_id, "dimension": dimension}
    same, others = split(before, what)
    after = [*others, *holding(same, what, a_time(uow, at, until))]
    return _set(uow, position_id, before, after, actor_id)


def end_superior(
    uow: UnitOfWork,
    position_id: str,
    superior_id: str,
    dimension: str,
    at: datetime | None = None,
    *,
    actor_id: str | None = None,
) -> bool:
    """End that at an instant (now); whether that changed anything."""
    lock_network(uow)
    before = read_superiors(uow, position_id)
    same, others = split(before, {"superior_id": superior_id, "dimension": dimension})
    return _set(uow, position_id, before, [*others, *without(same, a_time(uow, at))], actor_id)


def read_relations(uow: UnitOfWork, manager_id: str) -> list[dict[str, Any]]:
    """Whom somebody manages by name, and did and will, as ``manager_relations_changed`` has it; in order of ids."""
    table = tables.manager_relation
    rows = uow.connection.execute(
        sa.select(table).where(table.c.manager_id == manager_id).order_by(table.c.id)
    )
    columns = ("id", "dimension", "person_id", "appointment_id")
    return [
        {**{name: getattr(row, name) for name in columns}, **stated(row.valid_from, row.valid_to)}
        for row in rows
    ]


def read_superiors(uow: UnitOfWork, position_id: str) -> list[Part]:
    """The positions above one, as ``position_superiors_changed`` has it."""
    table = tables.position_superior
    rows = uow.connection.execute(sa.select(table).where(table.c.position_id == position_id))
    return in_order(
        [
            {"superior_id": r.superior_id, "dimension": r.dimension, **stated(r.valid_from, r.valid_to)}
            for r in rows
        ]
    )


def in_order(superiors: Sequence[Part]) -> list[Part]:
    """As the journal has them."""
    return sorted(superiors, key=lambda each: (each["superior_id"], each["dimension"], each["valid_from"]))


def _set(
    uow: UnitOfWork,
    position_id: str,
    before: Sequence[Part],
    after: Sequence[Part],
    actor_id: str | None,
) -> bool:
    after = in_order(after)
    if after == before:
        return False
    body = {"position_id": position_id, "superiors": after}
    record(uow, SUPERIORS_CHANGED, {position_id: body}, actor_id=actor_id)
    return True


def _end(
    uow: UnitOfWork, manager_id: str, end: datetime, only: set[str] | None, actor_id: str | None
) -> bool:
    before = read_relations(uow, manager_id)
    after = [ended_until(each, end) if only is None or each["id"] in only else each for each in before]
    if after == before:
        return False
    write_relations(uow, manager_id, after, actor_id)
    return True


def write_relations(
    uow: UnitOfWork, manager_id: str, relations: Sequence[Mapping[str, Any]], actor_id: str | None
) -> None:
    """Let these be all whom somebody manages by name."""
    listed = sorted(relations, key=lambda each: str(each["id"]))
    body: Mapping[str, Any] = {"manager_id": manager_id, "relations": listed}
    record(uow, RELATIONS_CHANGED, {manager_id: body}, person_id=manager_id, actor_id=actor_id)
