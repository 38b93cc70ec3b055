"""Rules that do not mean what they say are found, exactly those that were planted (D8, B12, B73)."""

from typing import Any

import pytest
import sqlalchemy as sa

from hub.audiences.counting.build_maps import build_maps
from hub.audiences.counting.tables import appointment_map_state
from hub.audiences.rules.lint import Finding, lint_rules
from hub.audiences.rules.reach import count_people
from hub.audiences.rules.rule import read_rules
from hub.clock import SettableClock
from hub.runtime import Hub
from tests.world import World, days


@pytest.fixture
def world(hub: Hub) -> World:
    """Ann is a technician for B and a salesperson for A; Ida an internal technician for A."""
    world = World(hub).begin()
    world.add(brands=["A", "B", "Cetus"], positions=["technician", "salesperson", "Cetus advisor"])
    world.add_location("Riverside", brands={"A": ["sell"], "B": ["sell", "service"]})
    world.add_location("Hillside", brands={"A": ["sell"]})
    world.add_courses("north", "brakes", "selling")
    for person in ("ann", "ida"):
        world.add_person(person)
    world.appoint("ann", "technician", "Riverside", brands=["B"])
    world.appoint("ann", "salesperson", "Hillside", brands=["A"])
    world.appoint("ida", "technician", "Riverside", brands=["A"], audience_class="internal")
    return world


def lint(world: World) -> list[Finding]:
    """What is found, which is the same with bitmaps where there are some: right when they are built, and when people changed since."""
    with world.hub.reading() as uow:
        found = lint_rules(uow)
    if not uow.is_sqlite:
        with world.hub.unit_of_work() as uow:
            assert build_maps(uow)
            assert lint_rules(uow) == found
            uow.connection.execute(sa.update(appointment_map_state).values(position=0))
            assert lint_rules(uow) == found
    return found


def found(world: World, check: str) -> list[tuple[str, int | None]]:
    return [(f.rule, f.people) for f in lint(world) if f.check == check]


@pytest.mark.requirement("D8")
def test_rules_are_found_whose_conditions_hold_on_different_appointments_alone(
    world: World, clock: SettableClock
) -> None:
    def rule(key: str, **conditions: Any) -> None:
        world.add_rule(key, "brakes", "service", kind=key, **conditions)

    world.add_person("old")
    world.appoint("old", "technician", "Riverside", brands=["B"], until=clock.now() - days(1))
    world.appoint("old", "salesperson", "Hillside", brands=["A"], since=clock.now() - days(9))
    rule("planted-a", positions=("technician",), brands=("A",), audience_class="external")
    rule("planted-b", positions=("salesperson",), brands=("B",))
    rule("planted-c", brands=("B",), activity="service", positions=("salesperson",))
    rule("right-position", positions=("technician",), brands=("B",))
    rule("right-both", positions=("technician", "salesperson"), brands=("A", "B"))
    rule("one-condition", positions=("technician",))
    rule("nobody-at-all", positions=("Cetus advisor",), brands=("B",))
    assert found(world, "other_appointments") == [("planted-a", 1), ("planted-b", 1), ("planted-c", 1)]


@pytest.mark.requirement("B73")
def test_rules_that_reach_both_classes_or_nobody_are_found(world: World) -> None:
    world.add_rule("both", "brakes", "service", positions=("technician",))
    world.add_rule("internal", "brakes", "general", positions=("technician",), audience_class="internal")
    world.add_rule("external", "selling", "general", positions=("technician",), audience_class="external")
    world.add_rule("only-one", "selling", "sales", positions=("salesperson",))
    world.add_rule("nobody", "selling", "service", positions=("salesperson",), audience_class="internal")
    assert [(f.rule, f.check) for f in lint(world)] == [
        ("both", "both_classes"),
        ("nobody", "reaches_nobody"),
    ]


@pytest.mark.requirement("B12")
def test_positions_that_are_named_after_a_brand_are_found(world: World) -> None:
    world.appoint("ann", "Cetus advisor", "Hillside")
    world.add_rule("advisors", "brakes", "service", positions=("Cetus advisor",))
    [finding] = lint(world)
    assert (finding.rule, finding.check) == ("advisors", "brand_in_position")
    assert "Cetus advisor, which names the brand Cetus" in finding.message


def test_two_rules_that_give_the_same_people_the_same_are_found(world: World, clock: SettableClock) -> None:
    def rule(key: str, **conditions: Any) -> None:
        world.add_rule(key, "brakes", "service", audience_class="external", **conditions)

    rule("a", positions=("technician",))
    rule("b", brands=("B",), due_days=30)
    rule("c", positions=("salesperson",))
    world.add_rule("d", "brakes", "sales", positions=("technician",), audience_class="external")
    [finding] = lint(world)
    assert (finding.rule, finding.check) == ("a", "overlap")
    assert finding.message == "gives some people the goal that b gives them, on other terms"


def test_a_rule_counts_whom_it_reaches_from_now_on(world: World, clock: SettableClock) -> None:
    world.add_person("sam")
    world.appoint("sam", "technician", "Riverside", since=clock.now() + days(3))
    world.add_person("old")
    world.appoint("old", "technician", "Riverside", until=clock.now())
    world.add_rule("who", "brakes", "service", positions=("technician",))
    with world.hub.reading() as uow:
        assert count_people(uow, read_rules(uow)[0]) == 3
