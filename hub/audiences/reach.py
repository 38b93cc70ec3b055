"""Whom a rule reaches from now on, whatever its status: what a shadow counts, and what a draft would do."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import sqlalchemy as sa

from hub.audiences.conditions import AppointmentFacts, match
from hub.audiences.read_facts import read_facts
from hub.audiences.reassign import people_matching
from hub.audiences.rules import Rule
from hub.network.intervals import Intervals, intersect
from hub.store import UnitOfWork

CHUNK = 2_000


def count_people(uow: UnitOfWork, rule: Rule) -> int:
    """How many people have an appointment on which the rule holds now or later; exact."""
    return sum(
        any(times_of(uow, rule, a) for a in appointments)
        for appointments in facts_matching(uow, people_matching(rule.conditions))
    )


def reaches_anybody(uow: UnitOfWork, rule: Rule, audience_class: str | None = None) -> bool:
    """Whether it holds for anybody now or later, or for anybody of one class; as soon as one is found."""
    if audience_class is not None:
        rule = replace(rule, conditions=replace(rule.conditions, audience_class=audience_class))
    return any(
        times_of(uow, rule, a)
        for appointments in facts_matching(uow, people_matching(rule.conditions))
        for a in appointments
    )


def times_of(uow: UnitOfWork, rule: Rule, appointment: AppointmentFacts) -> Intervals:
    """When the rule holds on an appointment, from now on."""
    found = match(rule.conditions, appointment)
    return from_now_on(uow, rule, found.during) if found else ()


def from_now_on(uow: UnitOfWork, rule: Rule, during: Intervals) -> Intervals:
    """What of these times lies within the rule's own, and not in the past."""
    return intersect(intersect(during, ((rule.valid_from, rule.valid_to),)), ((uow.now, None),))


def facts_matching(uow: UnitOfWork, people: sa.Select[tuple[str]]) -> Iterator[Sequence[AppointmentFacts]]:
    """All appointments of each of these people."""
    for person_ids in chunks_of_people(uow, people.subquery()):
        yield from read_facts(uow, person_ids).values()


def chunks_of_people(uow: UnitOfWork, candidates: sa.Subquery) -> Iterator[list[str]]:
    """Ids from the column ``person_id`` in order, CHUNK at a time."""
    person_id = candidates.c.person_id
    query = sa.select(person_id).order_by(person_id).limit(CHUNK)
    ids = list(uow.connection.scalars(query))
    while ids:
        yield ids
        ids = list(uow.connection.scalars(query.where(person_id > ids[-1])))
