"""What hangs from a person and becomes the survivor's in a merge: what they look after, who manages whom, attributes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.network import tables
from hub.network.attributes import read_values, write_values
from hub.network.structure.representatives import read_responsibilities, write_responsibilities
from hub.network.structure.superiors import read_relations, write_relations
from hub.network.structure.trees import read_interval
from hub.network.validity.dated import Part, joined
from hub.store import UnitOfWork


def move_responsibilities(
    uow: UnitOfWork, from_id: str, to_id: str, ids: set[str], actor_id: str | None
) -> None:
    """Give these assignments to another person, as far as they are still with the first."""
    here, there = read_responsibilities(uow, from_id), read_responsibilities(uow, to_id)
    going = [each for each in here if each["id"] in ids]
    if going:
        write_responsibilities(uow, from_id, [each for each in here if each not in going], actor_id)
        write_responsibilities(uow, to_id, [*there, *going], actor_id)


def relations_that_move(uow: UnitOfWork, from_id: str, to_id: str) -> list[str]:
    """Ids of the relations by name in which a person is manager or managed; nobody becomes the own manager."""
    relation, a = tables.manager_relation, tables.appointment
    rows = uow.connection.execute(
        sa.select(relation, a.c.person_id.label("holder_id"))
        .outerjoin(a, a.c.id == relation.c.appointment_id)
        .where(sa.or_(relation.c.manager_id == from_id, relation.c.person_id == from_id))
        .order_by(relation.c.id)
    )
    return [row.id for row in rows if {row.manager_id, row.person_id or row.holder_id} != {from_id, to_id}]


def relations_between(uow: UnitOfWork, one_id: str, other_id: str) -> list[dict[str, Any]]:
    """By name of each other: ``manager_id`` and the relation, which make no sense while the two are one."""
    pairs = ((one_id, other_id), (other_id, one_id))
    return [
        {"manager_id": manager_id, "relation": dict(each)}
        for manager_id, person_id in pairs
        for each in read_relations(uow, manager_id)
        if each["person_id"] == person_id
    ]


def drop_relations(uow: UnitOfWork, between: Sequence[Mapping[str, Any]], actor_id: str | None) -> None:
    """Take these away for as long as the two are one."""
    ids = {each["relation"]["id"] for each in between}
    for manager_id in sorted({each["manager_id"] for each in between}):
        left = [each for each in read_relations(uow, manager_id) if each["id"] not in ids]
        write_relations(uow, manager_id, left, actor_id)


def restore_relations(uow: UnitOfWork, between: Sequence[Mapping[str, Any]], actor_id: str | None) -> None:
    """Give these back."""
    for manager_id in sorted({each["manager_id"] for each in between}):
        back = [each["relation"] for each in between if each["manager_id"] == manager_id]
        write_relations(uow, manager_id, [*read_relations(uow, manager_id), *back], actor_id)


def managers_of_merged(uow: UnitOfWork, ids: Sequence[str], person_id: str) -> list[str]:
    """Whose relations a merge or its undoing writes: the managers by name of a person, and those of these relations."""
    relation = tables.manager_relation
    concerned = sa.or_(relation.c.person_id == person_id, uow.among(relation.c.id, ids))
    return list(uow.connection.scalars(sa.select(relation.c.manager_id).where(concerned)))


def move_relations(uow: UnitOfWork, from_id: str, to_id: str, ids: set[str], actor_id: str | None) -> None:
    """Let one person take the other's part in these relations, as far as it still has it."""
    if not ids:
        return
    relation = tables.manager_relation
    managers = set(
        uow.connection.scalars(sa.select(relation.c.manager_id).where(uow.among(relation.c.id, sorted(ids))))
    )
    before = {id: read_relations(uow, id) for id in sorted({*managers, to_id})}
    after: dict[str, list[Mapping[str, Any]]] = {id: [] for id in before}
    for manager_id, relations in before.items():
        for each in relations:
            moves = each["id"] in ids
            managed = to_id if moves and each["person_id"] == from_id else each["person_id"]
            whose = to_id if moves and manager_id == from_id else manager_id
            after[whose].append({**each, "person_id": managed})
    # Whoever loses one first: an id stands in one list at a time.
    for manager_id in sorted(after, key=lambda id: (len(after[id]) > len(before[id]), id)):
        if after[manager_id] != before[manager_id]:
            write_relations(uow, manager_id, after[manager_id], actor_id)


def attributes_that_move(uow: UnitOfWork, from_id: str, to_id: str) -> list[Part]:
    """A person's values of attributes that the other never had a value of: what the survivor is said to be stays said."""
    theirs = {each["key"] for each in read_values(uow, to_id)}
    return [each for each in read_values(uow, from_id) if each["key"] not in theirs]


def move_attributes(
    uow: UnitOfWork, from_id: str, to_id: str, values: Sequence[Part], actor_id: str | None
) -> None:
    """Give these values to another person."""
    here, there = read_values(uow, from_id), read_values(uow, to_id)
    write_values(
        uow,
        "person",
        from_id,
        [e for e in here if e not in values],
        person_id=from_id,
        actor_id=actor_id,
    )
    write_values(uow, "person", to_id, [*there, *values], person_id=to_id, actor_id=actor_id)


def give_attributes_back(
    uow: UnitOfWork, from_id: str, to_id: str, values: Sequence[Part], since: datetime, actor_id: str | None
) -> None:
    """Give the values back as they were; what was said of the survivor since the merge stays the survivor's."""
    keys = {each["key"] for each in values}
    here = read_values(uow, from_id)
    stay = [e for e in here if e["key"] not in keys or (e not in values and read_interval(e)[0] >= since)]
    write_values(uow, "person", from_id, stay, person_id=from_id, actor_id=actor_id)
    mine = {key: [e for e in values if e["key"] == key] for key in sorted(keys)}
    own = [e for e in read_values(uow, to_id) if e["key"] not in keys]
    back = [part for of_key in mine.values() for part in joined(of_key)]
    write_values(uow, "person", to_id, [*own, *back], person_id=to_id, actor_id=actor_id)
