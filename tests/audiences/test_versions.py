"""Versions of rules and audiences, and going back to one: what it gave is given again, exactly (B86)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.audiences.plans.planning import make_change, plan_change, roll_back, status_change, write_changes
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import apply_rule, read_rule
from hub.audiences.rules.versions import read_versions
from hub.errors import Missing
from hub.journal.tables import change as change_table
from hub.rebuild.state_hash import hash_state, overall_hash
from hub.rebuild.verify import verify
from tests.databases import Kind
from tests.journeys.happenings import Appointed, AudienceSet, RuleSet, Switched
from tests.journeys.world import BRANDS, World, an_id, new_world

TECHNICIANS = Conditions(positions=(an_id("position", "technician"),))
ADVISORS = Conditions(positions=(an_id("position", "advisor"),))


@pytest.fixture
def world(database_kind: Kind) -> Iterator[World]:
    """A technician and an advisor."""
    with new_world(database_kind) as made:
        Appointed(0, 0, 0, "technician", "internal", BRANDS, -100, None).happen(made)
        Appointed(1, 0, 0, "advisor", "external", BRANDS, -100, None).happen(made)
        made.drain()
        yield made


def brakes(conditions: Conditions, due_days: int | None = None) -> RuleSet:
    return RuleSet(
        "brakes", "service", "brand", ("offering", "course-0-0"), conditions, -300, None, due_days, None
    )


def state(world: World, *left_out: str) -> str:
    world.drain()
    with world.hub.reading() as uow:
        return overall_hash(table for table in hash_state(uow) if table.name not in left_out)


def go_back(world: World, kind: str, key: str, number: int) -> int:
    change = roll_back(kind, key, number)  # type: ignore[arg-type]
    plan = plan_change(world.hub, change)
    return len(make_change(world.hub, change, write_changes(an_id("person", 0)), plan.hash).changes)


@pytest.mark.requirement("B86")
def test_rolling_back_a_rule_restores_the_state_and_both_changes_stay(world: World) -> None:
    brakes(TECHNICIANS, 30).happen(world)
    first = state(world)
    world.clock.advance(days=1)
    brakes(ADVISORS).happen(world)
    second = state(world)
    assert first != second
    assert go_back(world, "rule", "brakes", 1) == 1
    assert state(world) == first
    assert go_back(world, "rule", "brakes", 3) == 0  # it says what is in force
    assert go_back(world, "rule", "brakes", 2) == 1
    assert state(world) == second
    brakes(TECHNICIANS, 31).happen(world)
    with world.hub.reading() as uow:
        assert read_rule(uow, "brakes").version == 5
        versions = read_versions(uow, "rule", "brakes")
        kept = uow.connection.scalar(sa.select(sa.func.count()).where(change_table.c.kind == "rule_changed"))
    assert kept == 5
    assert [(v.number, v.same_as, v.fields) for v in versions] == [
        (5, 5, ("conditions", "due_days")),
        (4, 2, ("conditions", "due_days")),
        (3, 1, ("conditions", "due_days")),
        (2, 2, ("conditions", "due_days")),
        (1, 1, ()),
    ]
    assert [v.actor_id for v in versions] == [None, an_id("person", 0), an_id("person", 0), None, None]
    world.drain()
    assert verify(world.hub, patience=0).equal


@pytest.mark.requirement("B86")
def test_rolling_back_an_audience_restores_what_its_plugins_give(world: World) -> None:
    AudienceSet("technicians", TECHNICIANS).happen(world)
    Switched("technicians", "first_days", True).happen(world)
    asked = ("asked", "opinion")  # what a plugin said meanwhile about others is kept, and gives nothing
    first = state(world, *asked)
    AudienceSet("technicians", ADVISORS).happen(world)
    assert state(world, *asked) != first
    assert go_back(world, "audience", "technicians", 2) == 1
    assert state(world, *asked) == first
    with world.hub.reading() as uow:
        versions = read_versions(uow, "audience", "technicians")
    assert [(v.number, v.same_as) for v in versions] == [(4, 2), (3, 3), (2, 2), (1, 1)]


def test_a_shadow_and_a_draft_give_nothing_and_are_a_version_like_any_other(world: World) -> None:
    nothing = state(world)
    brakes(TECHNICIANS).happen(world)
    live = state(world)
    for status in ("shadow", "draft"):
        make_change(world.hub, status_change("brakes", status), write_changes())
        assert state(world) not in (nothing, live)  # there is a rule, and it gives nothing
        with world.hub.reading() as uow:
            without = [table for table in hash_state(uow) if table.name == "goal_source"]
        assert without[0].rows == 0
    assert verify(world.hub, patience=0).equal
    assert make_change(world.hub, status_change("brakes", "draft"), write_changes()).changes == ()
    assert go_back(world, "rule", "brakes", 1) == 1
    assert state(world) == live


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_what_is_not_there_is_said(world: World) -> None:
    brakes(TECHNICIANS).happen(world)
    for kind, key, number, code in (
        ("rule", "brakes", 2, "no_version"),
        ("rule", "none", 1, "no_rule"),
        ("audience", "none", 1, "no_audience"),
        ("audience", "everybody", 0, "no_version"),
    ):
        with pytest.raises(Missing) as refused:
            plan_change(world.hub, roll_back(kind, key, number))  # type: ignore[arg-type]
        assert refused.value.code == code


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_changes_from_before_rules_had_a_status_were_live(world: World) -> None:
    brakes(TECHNICIANS).happen(world)
    with world.hub.reading() as uow:
        body = uow.connection.execute(
            sa.select(change_table.c.body).where(change_table.c.kind == "rule_changed")
        ).scalar_one()
    assert body.pop("status") == "live"
    with world.hub.unit_of_work() as uow:
        apply_rule(uow, {**body, "key": "older"})
        assert read_rule(uow, "older").status == "live"
        assert read_rule(uow, "older").valid_from < uow.now - timedelta(days=1)
