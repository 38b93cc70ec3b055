"""What is probably not meant: rules that reach nobody, or others than whoever wrote them thinks. Reads only."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations, groupby
from typing import Literal

import sqlalchemy as sa

from hub.audiences.assigning.reassign import people_matching
from hub.audiences.rules.conditions import AppointmentFacts, Conditions, match
from hub.audiences.rules.reach import facts_matching, from_now_on, reaches_anybody, times_of
from hub.audiences.rules.rule import Rule, read_rules
from hub.network import tables as network
from hub.network.structure.words import brand_in_title
from hub.network.validity.intervals import Intervals, intersect, union
from hub.store import UnitOfWork

Check = Literal["reaches_nobody", "other_appointments", "both_classes", "brand_in_position", "overlap"]


@dataclass(frozen=True)
class Finding:
    """Something about a rule to look at. ``people`` is how many it is about, where they were counted."""

    check: Check
    rule: str
    message: str
    people: int | None = None


def lint_rules(uow: UnitOfWork, progress: Callable[[str, int, int], None] = lambda *_: None) -> list[Finding]:
    """Findings about every rule that is not over, drafts too, by rule."""
    rules = [rule for rule in read_rules(uow) if rule.valid_to is None or rule.valid_to > uow.now]
    found: list[Finding] = []
    for done, rule in enumerate(rules):
        progress("rules looked at", done, len(rules))
        found += _findings(uow, rule)
    found += _overlaps(uow, rules)
    progress("rules looked at", len(rules), len(rules))
    return sorted(found, key=lambda finding: (finding.rule, finding.check))


def _findings(uow: UnitOfWork, rule: Rule) -> Iterator[Finding]:
    for message in brands_in_positions(uow, rule):
        yield Finding("brand_in_position", rule.key, message)
    if people := _apart(uow, rule):
        message = "holds for more people if its conditions may hold on different appointments; they must hold on one"
        yield Finding("other_appointments", rule.key, message, people)
    if not reaches_anybody(uow, rule):
        yield Finding("reaches_nobody", rule.key, "holds on no appointment, now or later")
    elif (
        rule.conditions.audience_class is None
        and reaches_anybody(uow, rule, "internal")
        and reaches_anybody(uow, rule, "external")
    ):
        message = "names no class and reaches internal and external people; name one if only those are meant"
        yield Finding("both_classes", rule.key, message)


def brands_in_positions(uow: UnitOfWork, rule: Rule) -> Iterator[str]:
    """Words about each position of a rule that is named after a brand."""
    position = network.position
    titles = sa.select(position.c.title).where(position.c.id.in_(rule.conditions.positions))
    for title in sorted(uow.connection.scalars(titles)):
        if brand := brand_in_title(uow, title):
            yield f"asks for the position {title}, which names the brand {brand}: a brand belongs to the appointment"


def _apart(uow: UnitOfWork, rule: Rule) -> int:
    """For how many people the answer would be another one if each condition could hold on an appointment of its own."""
    parts = parts_of(rule.conditions)
    if len(parts) < 2:
        return 0
    several = people_matching(parts[0])
    for part in parts[1:]:
        several = several.where(network.appointment.c.person_id.in_(people_matching(part)))
    a = network.appointment
    more_than_one = sa.select(a.c.person_id).group_by(a.c.person_id).having(sa.func.count() > 1)
    candidates = several.where(a.c.person_id.in_(more_than_one))
    return sum(
        _same(uow, rule, appointments) != _any(uow, rule, parts, appointments)
        for appointments in facts_matching(uow, candidates)
    )


def _same(uow: UnitOfWork, rule: Rule, appointments: Sequence[AppointmentFacts]) -> Intervals:
    return union(time for a in appointments for time in times_of(uow, rule, a))


def _any(
    uow: UnitOfWork, rule: Rule, parts: Sequence[Conditions], appointments: Sequence[AppointmentFacts]
) -> Intervals:
    times = [union(time for a in appointments for time in _times(part, a)) for part in parts]
    return from_now_on(uow, rule, reduce(intersect, times))


def _times(conditions: Conditions, appointment: AppointmentFacts) -> Intervals:
    found = match(conditions, appointment)
    return found.during if found else ()


def parts_of(conditions: Conditions) -> list[Conditions]:
    """The conditions one by one. A brand and what a location carries it for are one: the activity means nothing else."""
    c = conditions
    parts = [
        Conditions(positions=c.positions),
        Conditions(brands=c.brands, activity=c.activity),
        Conditions(audience_class=c.audience_class),
        Conditions(nodes=c.nodes),
        Conditions(partners=c.partners),
        *(Conditions(attributes=(test,)) for test in c.attributes),
        Conditions(tenure_at_least=c.tenure_at_least, tenure_at_most=c.tenure_at_most),
    ]
    return [part for part in parts if part != Conditions()]


def _overlaps(uow: UnitOfWork, rules: Sequence[Rule]) -> Iterator[Finding]:
    """Two rules that ask the same of the same people through the same appointments make one goal; one is enough, or they differ."""

    def goal(rule: Rule) -> tuple[str, ...]:
        return rule.target_kind, rule.target_id, rule.kind, rule.dimension

    for _, same_goal in groupby(sorted(rules, key=goal), goal):
        for one, other in combinations(same_goal, 2):
            if not _meet(uow, one, other):
                continue
            terms = _terms(one) != _terms(other)
            message = f"gives some people the goal that {other.key} gives them" + (
                ", on other terms" if terms else ""
            )
            yield Finding("overlap", one.key, message)


def _terms(rule: Rule) -> tuple[object, ...]:
    return rule.due_days, rule.due, rule.look_back_days, rule.binding


def _meet(uow: UnitOfWork, one: Rule, other: Rule) -> bool:
    both = people_matching(one.conditions).where(
        network.appointment.c.person_id.in_(people_matching(other.conditions))
    )
    return any(
        intersect(times_of(uow, one, a), times_of(uow, other, a))
        for appointments in facts_matching(uow, both)
        for a in appointments
    )
