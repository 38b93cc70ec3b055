"""Whom a rule reaches from now on, whatever its status: what a shadow counts, and what a draft would do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from hub.audiences.assigning.read_facts import read_facts
from hub.audiences.assigning.reassign import people_matching
from hub.audiences.counting.count_people import count_with_maps
from hub.audiences.rules.conditions import AppointmentFacts, Conditions, match
from hub.audiences.rules.matches import MEMORY, SAMPLES, first_people, matches
from hub.audiences.rules.rule import Rule
from hub.network.attributes import read_kinds
from hub.network.bulk import in_batches
from hub.network.validity.intervals import Interval, Intervals, intersect
from hub.store import UnitOfWork

CHUNK = 2_000


@dataclass(frozen=True)
class Reached:
    """How many people something holds for now or later, how many of them through external and through internal appointments.

    ``samples`` are ids of a few of them.
    """

    people: int = 0
    external: int = 0
    internal: int = 0
    samples: tuple[str, ...] = ()


def read_reach(uow: UnitOfWork, conditions: Conditions, during: Interval | None = None) -> Reached:
    """Whom conditions reach, within the times of a rule if they are one's; exact. PostgreSQL counts by itself."""
    if not uow.is_sqlite:
        return _reach_in_sql(uow, conditions, during)
    found = Reached()
    for appointments in facts_matching(uow, people_matching(conditions)):
        held = [a for a in appointments if _times_within(uow, conditions, during, a)]
        if held:
            classes = {a.audience_class for a in held}
            found = Reached(
                found.people + 1,
                found.external + ("external" in classes),
                found.internal + ("internal" in classes),
                (*found.samples, held[0].person_id)[:SAMPLES],
            )
    return found


def _reach_in_sql(uow: UnitOfWork, conditions: Conditions, during: Interval | None) -> Reached:
    if counted := count_with_maps(uow, conditions, during):
        return Reached(counted.people, counted.external, counted.internal, counted.samples)
    uow.connection.exec_driver_sql(MEMORY)
    rows = matches(conditions, during, read_kinds(uow), uow.now).subquery()
    outside, inside = sa.func.bool_or(rows.c.outside), sa.func.bool_or(~rows.c.outside)
    each = sa.select(rows.c.person_id, outside.label("outside"), inside.label("inside"))
    people = each.group_by(rows.c.person_id).cte("people")
    found = uow.connection.execute(
        sa.select(
            sa.func.count().label("people"),
            sa.func.count().filter(people.c.outside).label("outside"),
            sa.func.count().filter(people.c.inside).label("inside"),
            first_people(people).label("samples"),
        ).select_from(people)
    ).one()
    return Reached(found.people, found.outside, found.inside, tuple(str(id) for id in found.samples))


def count_people(uow: UnitOfWork, rule: Rule) -> int:
    """How many people have an appointment on which the rule holds now or later; exact."""
    return read_reach(uow, rule.conditions, (rule.valid_from, rule.valid_to)).people


def reaches_anybody(uow: UnitOfWork, rule: Rule, audience_class: str | None = None) -> bool:
    """Whether it holds for anybody now or later, or for anybody of one class; as soon as one is found."""
    if audience_class is not None:
        rule = replace(rule, conditions=replace(rule.conditions, audience_class=audience_class))
    return any(
        times_of(uow, rule, a)
        for appointments in facts_matching(uow, people_matching(rule.conditions))
        for a in appointments
    )


def _times_within(
    uow: UnitOfWork, conditions: Conditions, during: Interval | None, appointment: AppointmentFacts
) -> Intervals:
    found = match(conditions, appointment)
    ahead = intersect(found.during, ((uow.now, None),)) if found else ()
    return intersect(ahead, (during,)) if during else ahead


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


def facts_of(uow: UnitOfWork, person_ids: Sequence[str]) -> Iterator[Sequence[AppointmentFacts]]:
    """All appointments of each of these people, read some people at a time."""
    for chunk in in_batches(person_ids, CHUNK):
        yield from read_facts(uow, chunk).values()


def chunks_of_people(uow: UnitOfWork, candidates: sa.Subquery) -> Iterator[list[str]]:
    """Ids from the column ``person_id`` in order, CHUNK at a time."""
    person_id = candidates.c.person_id
    query = sa.select(person_id).order_by(person_id).limit(CHUNK)
    ids = list(uow.connection.scalars(query))
    while ids:
        yield ids
        ids = list(uow.connection.scalars(query.where(person_id > ids[-1])))
