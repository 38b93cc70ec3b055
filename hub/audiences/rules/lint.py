"""What is probably not meant: rules that reach nobody, or others than whoever wrote them thinks. Reads only."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import combinations, groupby
from typing import Literal

import sqlalchemy as sa

from hub.audiences.assigning.reassign import people_matching
from hub.audiences.counting.maps import open_maps
from hub.audiences.counting.narrow import Narrow
from hub.audiences.rules.conditions import AppointmentFacts, Conditions, match
from hub.audiences.rules.reach import facts_matching, facts_of, from_now_on, reaches_anybody, times_of
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
    maps = open_maps(uow)
    looked = Looked(uow, Narrow(uow, maps) if maps else None)
    found: list[Finding] = []
    for done, rule in enumerate(rules):
        progress("rules looked at", done, len(rules))
        found += _findings(uow, rule, looked)
    found += _overlaps(looked, rules)
    progress("rules looked at", len(rules), len(rules))
    return sorted(found, key=lambda finding: (finding.rule, finding.check))


def _findings(uow: UnitOfWork, rule: Rule, looked: "Looked") -> Iterator[Finding]:
    for message in brands_in_positions(uow, rule):
        yield Finding("brand_in_position", rule.key, message)
    if people := looked.apart(rule):
        message = "holds for more people if its conditions may hold on different appointments; they must hold on one"
        yield Finding("other_appointments", rule.key, message, people)
    if not looked.reaches(rule):
        yield Finding("reaches_nobody", rule.key, "holds on no appointment, now or later")
    elif (
        rule.conditions.audience_class is None
        and looked.reaches(rule, "internal")
        and looked.reaches(rule, "external")
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


@dataclass(frozen=True)
class Looked:
    """Questions about everybody; with bitmaps only whom these cannot tell about are looked at."""

    uow: UnitOfWork
    narrow: Narrow | None

    def reaches(self, rule: Rule, audience_class: str | None = None) -> bool:
        """Whether it holds for anybody now or later, or for anybody of one class."""
        if self.narrow is None:
            return reaches_anybody(self.uow, rule, audience_class)
        if audience_class is not None:
            rule = replace(rule, conditions=replace(rule.conditions, audience_class=audience_class))
        found = self.narrow.reached(rule.conditions, (rule.valid_from, rule.valid_to))
        return found.sure > 0 or any(
            times_of(self.uow, rule, a) for mine in facts_of(self.uow, found.left) for a in mine
        )

    def apart(self, rule: Rule) -> int:
        """For how many people the answer would be another one if each condition could hold on an appointment of its own."""
        parts = parts_of(rule.conditions)
        if len(parts) < 2:
            return 0
        found = self.narrow.apart(parts) if self.narrow else None
        people = (
            facts_matching(self.uow, _several(parts)) if found is None else facts_of(self.uow, found.left)
        )
        return (found.sure if found else 0) + sum(
            _same(self.uow, rule, mine) != _any(self.uow, rule, parts, mine) for mine in people
        )

    def meet(self, one: Rule, other: Rule) -> bool:
        """Whether both hold on the same appointment at the same time, now or later."""
        during: Intervals = ((one.valid_from, one.valid_to),)
        if not intersect(intersect(during, ((other.valid_from, other.valid_to),)), ((self.uow.now, None),)):
            return False
        found = self.narrow.met(one.conditions, other.conditions) if self.narrow else None
        if found is None:
            both = people_matching(one.conditions).where(
                network.appointment.c.person_id.in_(people_matching(other.conditions))
            )
            people = facts_matching(self.uow, both)
        else:
            people = facts_of(self.uow, found.left)
        return bool(found and found.sure) or any(
            intersect(times_of(self.uow, one, a), times_of(self.uow, other, a))
            for mine in people
            for a in mine
        )


def _several(parts: Sequence[Conditions]) -> sa.Select[tuple[str]]:
    """People with several appointments for whom each of these may hold on one."""
    a, several = network.appointment, people_matching(parts[0])
    for part in parts[1:]:
        several = several.where(a.c.person_id.in_(people_matching(part)))
    more_than_one = sa.select(a.c.person_id).group_by(a.c.person_id).having(sa.func.count() > 1)
    return several.where(a.c.person_id.in_(more_than_one))


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


def _overlaps(looked: Looked, rules: Sequence[Rule]) -> Iterator[Finding]:
    """Two rules that ask the same of the same people through the same appointments make one goal; one is enough, or they differ."""

    def goal(rule: Rule) -> tuple[str, ...]:
        return rule.target_kind, rule.target_id, rule.kind, rule.dimension

    for _, same_goal in groupby(sorted(rules, key=goal), goal):
        for one, other in combinations(same_goal, 2):
            if not looked.meet(one, other):
                continue
            terms = _terms(one) != _terms(other)
            message = f"gives some people the goal that {other.key} gives them" + (
                ", on other terms" if terms else ""
            )
            yield Finding("overlap", one.key, message)


def _terms(rule: Rule) -> tuple[object, ...]:
    return rule.due_days, rule.due, rule.look_back_days, rule.binding
