"""What PostgreSQL finds in one query is what ``match`` says of each appointment, and counts are those of people one by one."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from itertools import islice
from operator import xor
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from hub.audiences.assigning.read_facts import read_facts
from hub.audiences.counting.build_maps import build_maps
from hub.audiences.counting.count_people import count_with_maps
from hub.audiences.counting.maps import Maps, open_maps
from hub.audiences.counting.narrow import Narrow
from hub.audiences.counting.tables import appointment_map_state
from hub.audiences.plans.count_affected import _count_one_by_one
from hub.audiences.plans.count_in_sql import count_in_sql
from hub.audiences.plans.diff import RuleChange
from hub.audiences.rules.conditions import AttributeTest, Conditions, Status, match
from hub.audiences.rules.lint import Looked
from hub.audiences.rules.matches import FOREVER, matches
from hub.audiences.rules.rule import Rule, set_rule
from hub.network.attribute_values import AttributeKind
from hub.network.attributes import define_attribute, read_kinds, set_attributes
from hub.network.tables import appointment, person
from hub.network.validity.intervals import intersect
from hub.store import UnitOfWork
from hub.store.types import Id, Time
from hub.training.courses.offerings import find_target
from hub.training.goals.due_policy import DuePolicy
from tests.databases import Kind
from tests.journeys.happenings import Appointed, Happening, Relocated
from tests.journeys.world import (
    BRANDS,
    LOCATIONS,
    NODES,
    PEOPLE,
    POSITIONS,
    START,
    World,
    an_id,
    new_world,
)

ASKED = 40
KINDS = (
    AttributeKind("bays", "Bays", "location", "number"),
    AttributeKind("shop", "Shop", "location", "boolean"),
    AttributeKind("hired", "Hired", "person", "date"),
)
TESTS = (
    *(AttributeTest("bays", "equals", (n,)) for n in (1, 2)),
    AttributeTest("bays", "at_least", (2,)),
    AttributeTest("bays", "at_most", (1,)),
    AttributeTest("shop", "one_of", (True, 0)),
    AttributeTest("shop", "equals", (False,)),
    AttributeTest("hired", "at_most", ("2024-02-29",)),
    AttributeTest("hired", "at_least", ("2025-01-01",)),
    AttributeTest("bays", "exists"),
)
DUE = (None, DuePolicy("period", "quarter"), DuePolicy("anniversary", "start"), DuePolicy("days", 30))


@dataclass(frozen=True)
class Dice:
    """Networks and conditions that meet often: Hypothesis would try the simple ones first, on which everything agrees."""

    random: Random

    def happenings(self) -> Iterator[Happening]:
        """Both locations carry brands and stand below nodes for some time, and both people have two appointments."""
        for location in range(LOCATIONS):
            brands = {
                (b, a): self.span() for b in BRANDS for a in ("sell", "service") if self.random.random() < 0.8
            }
            nodes = {kind: (self.random.randrange(n), *self.span()) for kind, n in NODES.items()}
            yield Relocated(
                location,
                tuple((*key, *span) for key, span in brands.items()),
                tuple((kind, *placed) for kind, placed in nodes.items()),
            )
        for number in range(PEOPLE):
            for n in range(2):
                held = tuple(brand for brand in BRANDS if self.random.random() < 0.7)
                position, kind = self.random.choice(POSITIONS), ("internal", "external")[n]
                yield Appointed(
                    number, n, self.random.randrange(LOCATIONS), position, kind, held, *self.span()
                )

    def span(self) -> tuple[int, int | None]:
        """From a day to another one, or without an end."""
        start = self.random.randrange(-400, 60)
        return start, self.random.choice([None, None, start + self.random.randrange(1, 600)])

    def conditions(self) -> Conditions:
        """Some of all that can be asked."""
        pick = self.random.sample

        def maybe() -> bool:
            return self.random.random() < 0.3

        node = self.random.choice([("service", 0), ("service", 1), ("sales", 0)])
        return Conditions(
            tuple(an_id("position", p) for p in pick(POSITIONS, 1)) if maybe() else (),
            tuple(an_id("brand", b) for b in pick(BRANDS, self.random.choice([1, 2]))) if maybe() else (),
            "service" if maybe() else None,
            "internal" if maybe() else None,
            (an_id(*node),) if maybe() else (),
            (),
            tuple(pick(TESTS, self.random.choice([1, 2]))) if maybe() else (),
            self.random.randrange(300) if maybe() else None,
            self.random.randrange(100, 700) if maybe() else None,
        )

    def values(self) -> Iterator[tuple[int, dict[str, Any], datetime]]:
        """Attributes of locations, from a time on."""
        for _ in range(5):
            values = {
                "bays": self.random.choice([1, 2, 2.0, None]),
                "shop": self.random.choice([True, False, None]),
            }
            yield (
                self.random.randrange(LOCATIONS),
                values,
                START + timedelta(days=self.random.randrange(-300, 60)),
            )


def _build(world: World, dice: Dice) -> None:
    for happening in dice.happenings():
        happening.happen(world)
    with world.hub.unit_of_work() as uow:
        for kind in KINDS:
            define_attribute(uow, kind)
        for location, values, at in dice.values():
            set_attributes(uow, "location", an_id("location", location), values, at)
        set_attributes(uow, "person", an_id("person", 0), {"hired": "2024-02-29"})


def _one_by_one(uow: UnitOfWork, conditions: Conditions, during: Any) -> list[tuple[Any, ...]]:
    ids = list(uow.connection.scalars(person.select().with_only_columns(person.c.id)))
    found = []
    for facts in (each for mine in read_facts(uow, ids).values() for each in mine):
        matched = match(conditions, facts)
        for start, end in intersect(matched.during, (during,)) if matched else ():
            if end is None or end > uow.now:
                found.append((facts.id, facts.audience_class == "external", start, end))
    return found


@pytest.mark.requirement("D2", "B14")
@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_one_query_says_what_each_appointment_says(database_kind: Kind) -> None:
    dice = Dice(Random(1))
    with new_world(database_kind) as world:
        _build(world, dice)
        known: Rule | None = None
        matched, effects = 0, Counter[str]()
        for number in range(ASKED):
            start, end = dice.span()
            during = (START + timedelta(days=start), end and START + timedelta(days=end))
            with world.hub.unit_of_work() as uow:
                rule = _rule(uow, dice.conditions(), during, dice.random)
                matched += _check_matches(uow, rule)
                effects += _check_counts(uow, RuleChange(known, rule))
            with world.hub.unit_of_work() as uow:
                stays = number % 5 == 3
                set_rule(uow, replace(rule, key=f"other-{number}", valid_to=START) if stays else rule)
            known = known if stays else rule
    assert matched > ASKED / 2
    assert min(effects[name] for name in ("gained", "lost", "changed", "external")) > 1, effects


@pytest.mark.requirement("D2", "B14")
@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_bitmaps_count_what_each_appointment_says(database_kind: Kind) -> None:
    dice = Dice(Random(2))
    sure, people = 0, 0
    with new_world(database_kind) as world:
        _build(world, dice)
        for number in range(2 * ASKED):
            if number % 20 == 0:  # later changes are known, and looked at beside the bitmaps
                with world.hub.unit_of_work() as uow:
                    assert build_maps(uow)
            elif number % 10 == 0:
                for each in islice(dice.happenings(), dice.random.randrange(LOCATIONS + PEOPLE * 2 + 1)):
                    each.happen(world)
            else:
                world.clock.advance(hours=dice.random.randrange(40))
            with world.hub.reading() as uow:
                start, end = dice.span()
                during = (START + timedelta(days=start), end and START + timedelta(days=end))
                counted = _check_bitmaps(
                    uow, dice.conditions(), during if dice.random.random() < 0.7 else None
                )
            sure, people = sure + counted[0], people + counted[1]
    assert min(sure, people) > 2, (sure, people)


def _check_bitmaps(uow: UnitOfWork, conditions: Conditions, during: Any) -> tuple[int, int]:
    """How many people were sure, and how many there were."""
    found = _one_by_one(uow, conditions, during or (START - timedelta(days=2000), None))
    who = dict(uow.connection.execute(sa.select(appointment.c.id, appointment.c.person_id)).all())
    people = sorted({who[id] for id, *_ in found})
    counted, maps = count_with_maps(uow, conditions, during), open_maps(uow)
    assert counted is not None
    assert maps is not None
    assert (counted.people, counted.samples) == (len(people), tuple(people)), conditions
    assert counted.external == len({who[id] for id, outside, *_ in found if outside})
    assert counted.internal == len({who[id] for id, outside, *_ in found if not outside})
    hashes = [
        uow.connection.scalar(sa.select(sa.func.uuid_hash_extended(sa.cast(id, Id), 0))) for id in people
    ]
    assert counted.digest == reduce(xor, hashes, 0)
    _check_lint(uow, maps, conditions, during)
    sure, perhaps, _ = maps.reached(conditions, during)
    known = {number for id, number in maps.numbers(people).items() if id not in maps.stale}
    unsure = set(maps.numbers(maps.stale).values())
    assert set(maps.people(sure)) - unsure <= known <= set(maps.people(perhaps))
    return len(set(maps.people(sure)) - unsure), len(people)


def _check_lint(uow: UnitOfWork, maps: Maps, conditions: Conditions, during: Any) -> None:
    """What is found about a rule, and about it and a plain one, is the same with bitmaps and without."""
    rule = Rule(
        "one", "One", "service", "brand", "offering", an_id("x", 0), conditions, *(during or (START, None))
    )
    if rule.valid_to is not None and rule.valid_to <= uow.now:
        return
    plain = replace(rule, conditions=Conditions(positions=(an_id("position", POSITIONS[0]),)))
    quick, slow = (Looked(uow, narrow) for narrow in (Narrow(uow, maps), None))
    assert quick.apart(rule) == slow.apart(rule), conditions
    assert quick.meet(rule, plain) == slow.meet(rule, plain), conditions
    for audience_class in (None, "internal", "external"):
        assert quick.reaches(rule, audience_class) == slow.reaches(rule, audience_class), conditions


def _check_matches(uow: UnitOfWork, rule: Rule) -> int:
    during = (rule.valid_from, rule.valid_to)
    m = matches(rule.conditions, during, read_kinds(uow), uow.now).subquery()
    rows = uow.connection.execute(sa.select(m.c.appointment_id, m.c.outside, m.c.starts, _end(m))).all()
    assert sorted(map(tuple, rows), key=str) == sorted(_one_by_one(uow, rule.conditions, during), key=str)
    return len(rows)


def _check_counts(uow: UnitOfWork, change: RuleChange) -> Counter[str]:
    """One by one, by a query, and with bitmaps that are as they were some changes ago."""
    people = sa.select(person.c.id.label("person_id"))
    slow = _count_one_by_one(uow, [change], people, lambda *_: None)
    uow.connection.execute(sa.delete(appointment_map_state))
    quick = count_in_sql(uow, [change])
    told = replace(slow.effects, digest="", outcome=None)
    assert replace(quick.effects, digest="", outcome=None) == told, change
    assert (list(quick.affected), quick.people) == (list(slow.affected), slow.people), change
    assert build_maps(uow)
    assert count_in_sql(uow, [change]) == quick
    return Counter({name: n for name, n in vars(quick.effects).items() if isinstance(n, int)})


def _end(found: sa.Subquery) -> Any:
    return sa.func.nullif(found.c.ends, FOREVER, type_=Time()).label("ends")


def _rule(uow: UnitOfWork, conditions: Conditions, during: Any, random: Random) -> Rule:
    about = ("service", "brand", "offering", find_target(uow, "offering", "course-0-0"))
    status: Status = "draft" if random.random() < 0.25 else "live"
    since, until = during
    return Rule("one", "One", *about, conditions, since, until, status=status, due=random.choice(DUE))
