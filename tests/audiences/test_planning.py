"""What is planned is what happens, and only what was planned is done (D2, I16, B73)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from hub.audiences.files.audience_files import apply_audience_file, plan_audience_file
from hub.audiences.plans.diff import (
    Diff,
    Effects,
    Outcome,
    PlanOutdated,
    RuleChange,
    SwitchChange,
    compare_rule,
)
from hub.audiences.plans.planning import Compare, make_change, plan_change, status_change, write_changes
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import Rule, read_audience, read_rules, switch_plugin
from hub.journal.tables import change as change_table
from hub.store import UnitOfWork
from hub.training.courses.offerings import find_target
from hub.training.tables import goal, goal_source
from tests.databases import Kind
from tests.journeys.happenings import Appointed, RuleSet, Switched
from tests.journeys.histories import appointed, relocated, rule_set
from tests.journeys.world import BRANDS, START, World, an_id, day, new_world

EXAMPLES: dict[Kind, int] = {"sqlite": 6, "postgres": 2}
STEPS = 6
Asked = dict[str, set[tuple[Any, ...]]]


@pytest.fixture
def world(database_kind: Kind) -> Iterator[World]:
    """A technician and an advisor."""
    with new_world(database_kind) as made:
        Appointed(0, 0, 0, "technician", "internal", BRANDS, -100, None).happen(made)
        Appointed(1, 0, 0, "advisor", "external", BRANDS, -100, None).happen(made)
        made.drain()
        yield made


def asked(world: World, audience_class: str | None = None) -> Asked:
    """When each goal is asked for from now on, as the database has it."""
    found: Asked = {}
    classes = {a["id"]: a["audience_class"] for held in world.appointments.values() for a in held.values()}
    with world.hub.reading() as uow:
        for row in uow.connection.execute(sa.select(goal_source)):
            if row.valid_to is not None and row.valid_to <= uow.now:
                continue
            if audience_class in (None, classes.get(row.appointment_id)):
                times = (row.valid_from, row.valid_to, row.due_at, row.look_back_days)
                found.setdefault(row.goal_id, set()).add(times)
    return found


def people_of(world: World, goals: set[str]) -> set[str]:
    with world.hub.reading() as uow:
        return set(uow.connection.scalars(sa.select(goal.c.person_id).where(goal.c.id.in_(goals))))


def changed(world: World) -> int:
    with world.hub.reading() as uow:
        return uow.connection.scalar(sa.select(sa.func.count()).select_from(change_table)) or 0


def becomes(rule: RuleSet, status: str) -> Compare:
    """The change that makes a rule so."""

    def compare(uow: UnitOfWork) -> Diff:
        known = {r.key: r for r in read_rules(uow)}
        after = Rule(
            rule.key,
            rule.key,
            rule.dimension,
            rule.kind,
            rule.target[0],
            find_target(uow, *rule.target),
            rule.conditions,
            START.fromisoformat(str(day(rule.start))),
            None if rule.days is None else START.fromisoformat(str(day(rule.start + rule.days))),
            rule.due_days,
            rule.look_back_days,
            status=status,  # type: ignore[arg-type]
        )
        change = compare_rule(known.get(rule.key), after)
        return Diff((change,) if change else (), 0)

    return compare


@pytest.mark.requirement("D2", "B73")
def test_what_was_planned_is_what_happens(database_kind: Kind) -> None:
    """For random networks and random changes of rules; a rule for internal people leaves external goals as they are (I12)."""
    statuses = st.sampled_from(["live", "live", "live", "shadow", "draft"])
    steps = st.lists(st.tuples(rule_set, statuses), min_size=STEPS, max_size=STEPS)
    networks = st.lists(st.one_of(appointed, relocated), min_size=4, max_size=8)

    @settings(
        max_examples=EXAMPLES[database_kind],
        deadline=None,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
    )
    @given(networks, steps)
    def holds(happenings: list[Any], changes: list[tuple[RuleSet, str]]) -> None:
        with new_world(database_kind) as world:
            for happening in happenings:
                happening.happen(world)
            world.drain()
            for rule, status in changes:
                take_step(world, becomes(rule, status))

    def take_step(world: World, compare: Compare) -> None:
        before, external, journal = asked(world), asked(world, "external"), changed(world)
        plan = plan_change(world.hub, compare)
        assert changed(world) == journal
        done = make_change(world.hub, compare, write_changes(), plan.hash)
        assert done.content == plan.content
        world.drain()
        after = asked(world)
        gained, lost = after.keys() - before.keys(), before.keys() - after.keys()
        other = {goal for goal in before.keys() & after.keys() if before[goal] != after[goal]}
        assert (plan.effects.gained, plan.effects.lost, plan.effects.changed) == (
            len(gained),
            len(lost),
            len(other),
        )
        assert plan.effects.gaining == len(people_of(world, gained))
        assert plan.effects.losing == len(people_of(world, lost))
        assert bool(plan.effects.external) == (asked(world, "external") != external)
        rules = [r for c in plan.changes if isinstance(c, RuleChange) for r in (c.before, c.after) if r]
        if all(rule.conditions.audience_class == "internal" for rule in rules):
            assert plan.effects.external == 0

    holds()


FILE = """
[[rule]]
key = "brakes"
title = "Brakes"
dimension = "service"
kind = "brand"
target = "offering:course-0-0"
conditions = { positions = ["technician"] }
"""


@pytest.mark.requirement("D2")
def test_what_changed_meanwhile_is_shown_and_nothing_is_done(world: World, tmp_path: Path) -> None:
    file = tmp_path / "who.toml"
    file.write_text(FILE)
    plan = plan_audience_file(world.hub, file)
    assert (plan.effects.gained, plan.effects.gaining, plan.effects.external) == (1, 1, 0)
    world.clock.advance(days=1)
    assert plan_audience_file(world.hub, file).hash == plan.hash  # waiting changes nothing
    Appointed(1, 1, 0, "technician", "external", BRANDS, -5, None).happen(world)
    world.drain()
    with pytest.raises(PlanOutdated) as refused:
        apply_audience_file(world.hub, file, plan.hash)
    assert (refused.value.code, refused.value.status) == ("plan_outdated", 409)
    new = refused.value.plan
    assert (new.people, new.effects.gained, new.effects.external) == (2, 2, 1)
    with world.hub.reading() as uow:
        assert read_rules(uow) == []
    assert len(apply_audience_file(world.hub, file, new.hash).changes) == 1


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_plan_is_of_one_content_whatever_its_effect(world: World, tmp_path: Path) -> None:
    file = tmp_path / "who.toml"
    hashes = set()
    for text in (
        FILE,
        FILE.replace("Brakes", "Braking"),
        FILE + "due_days = 3\n",
        FILE + 'status = "draft"\n',
    ):
        file.write_text(text)
        hashes.add(plan_audience_file(world.hub, file).hash)
    assert len(hashes) == 4


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_draft_planned_to_go_live_says_whom_it_reaches(world: World, tmp_path: Path) -> None:
    file = tmp_path / "who.toml"
    file.write_text(FILE + 'status = "shadow"\n')
    assert plan_audience_file(world.hub, file).effects.gained == 0
    apply_audience_file(world.hub, file)
    plan = plan_change(world.hub, status_change("brakes", "live"))
    assert (plan.effects.gained, plan.people, [c.what for c in plan.changes]) == (1, 1, ["changed: status"])
    file.write_text(FILE)  # a file that says nothing of a status leaves it as it is
    again = plan_audience_file(world.hub, file)
    assert (again.changes, again.effects.outcome) == ((), Outcome())


def test_a_goal_that_something_else_gives_stays_when_a_plugin_goes_off(world: World) -> None:
    for person, position in enumerate(("technician", "advisor")):
        Appointed(person, 0, 0, position, "external", BRANDS, -10, None).happen(world)
    Switched("everybody", "first_days", True).happen(world)
    RuleSet("own", "general", "development", ("path", "path-0"), Conditions(), -300, None, None, None).happen(
        world
    )
    world.drain()
    before = asked(world)

    def off(uow: UnitOfWork) -> Diff:
        return Diff((SwitchChange(read_audience(uow, "everybody"), "first_days", on=False),), 0)

    def write(uow: UnitOfWork, _: Diff) -> None:
        switch_plugin(uow, "everybody", "first_days", on=False)

    world.clock.advance(seconds=5)
    plan = plan_change(world.hub, off)
    make_change(world.hub, off, write, plan.hash)
    world.drain()
    after = asked(world)
    assert replace(plan.effects, digest="", samples=(), outcome=None) == Effects(
        lost=1, losing=1, changed=2, external=2
    )
    assert (len(before), len(after)) == (3, 2)
    assert an_id("person", 0) in people_of(world, before.keys() - after.keys())
