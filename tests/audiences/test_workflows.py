"""Workflows: an event, conditions, and a goal once, whose reason names the workflow and its version (B34)."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.audiences import tables
from hub.audiences.profiles.export_profiles import export_profiles
from hub.audiences.profiles.plan_profiles import (
    from_file,
    make_profiles,
    plan_profiles,
    roll_back_profile,
)
from hub.audiences.profiles.run_workflows import apply_acted
from hub.audiences.profiles.tables import workflow_action
from hub.audiences.profiles.workflows import WORKFLOW_ACTED
from hub.clock import SettableClock
from hub.journal.tables import change
from hub.lifecycle.merge_people import merge_people, undo_merge
from hub.runtime import Hub
from hub.training.my_training.reasons import read_reasons
from hub.training.tables import goal_source
from tests.world import World, days

PROFILE = """
[[profile]]
key = "workshop"
title = "Workshops"
audiences = ["technicians"]
[[profile.workflow]]
key = "refresh"
title = "Refresh brakes"
on = "completed"
target = "offering:brakes"
conditions = { brands = ["A"] }
reason = "you know brakes, go on with batteries"
give = { target = "offering:batteries", dimension = "service", days = 100, due_days = 30 }
status = "draft"
[[profile.workflow]]
key = "hello"
title = "Hello"
on = "joined"
reason = "you are new"
give = { target = "path:welcome", due_days = 14 }
status = "live"
"""
LIVE = PROFILE.replace('status = "draft"', 'status = "live"')


@pytest.fixture
def world(hub: Hub) -> World:
    """Ann works for brand A, Bob for B; Sam is no technician."""
    made = World(hub).begin()
    made.add(brands=["A", "B"], positions=["technician", "salesperson"])
    made.add_location("Riverside", brands={"A": ["service"], "B": ["service"]})
    made.add_courses("south", "brakes", "batteries")
    made.add_path("welcome", "brakes", "batteries")
    made.add_audience("technicians", positions=("technician",))
    for name, position, brand in (
        ("ann", "technician", "A"),
        ("bob", "technician", "B"),
        ("sam", "salesperson", "A"),
    ):
        made.add_person(name)
        made.appoint(name, position, "Riverside", brands=[brand])
        made.link(name)
    made.drain()
    return made


def apply(world: World, folder: Path, text: str) -> None:
    file = folder / "profiles.toml"
    file.write_text(text)
    make_profiles(world.hub, from_file(file))
    world.drain()


def acted(world: World) -> int:
    with world.hub.reading() as uow:
        return uow.connection.scalar(sa.select(sa.func.count()).select_from(workflow_action)) or 0


@pytest.mark.requirement("B34")
def test_an_event_is_answered_once_and_the_reason_names_workflow_and_version(
    world: World, tmp_path: Path, clock: SettableClock
) -> None:
    apply(world, tmp_path, LIVE)
    clock.advance(days=1)
    for name in ("ann", "bob", "sam"):  # the condition holds for Ann alone
        world.send(name, "brakes")
    world.drain()
    assert [set(world.live_goals(name)) for name in ("ann", "bob", "sam")] == [
        {("batteries", "service")},
        set(),
        set(),
    ]
    with world.hub.reading() as uow:
        source = uow.connection.execute(sa.select(goal_source)).one()
        assert (source.kind, source.source_key, source.version) == ("workflow", "refresh", "1")
        assert source.due_at == source.valid_from + days(30)
        (reason,) = read_reasons(uow, [source.goal_id])[source.goal_id]
        assert reason.title == "you know brakes, go on with batteries (workflow Refresh brakes, version 1)"
    world.drain()
    assert acted(world) == 1
    assert world.live_goals("ann", at=clock.now() + days(101)) == {}
    # Another version answers what comes then; what was given stays as it was.
    apply(world, tmp_path, LIVE.replace("days = 100", "days = 50"))
    clock.advance(days=1)
    world.send("ann", "brakes")
    world.drain()
    with world.hub.reading() as uow:
        versions = uow.connection.scalars(sa.select(workflow_action.c.version).order_by(workflow_action.c.id))
        assert sorted(versions) == [1, 2]


@pytest.mark.requirement("B34")
def test_whoever_is_known_to_begin_later_is_answered_by_a_workflow_that_goes_live(
    world: World, tmp_path: Path, clock: SettableClock
) -> None:
    world.add_person("zoe")
    world.appoint("zoe", "technician", "Riverside", brands=["A"], since=clock.now() + days(5))
    world.drain()
    file = tmp_path / "profiles.toml"
    file.write_text(LIVE)
    assert [(flow.key, flow.people) for flow in plan_profiles(world.hub, from_file(file)).workflows] == [
        ("hello", 1),
        ("refresh", 0),
    ]
    apply(world, tmp_path, LIVE)
    assert world.live_goals("zoe") == {}
    assert set(world.live_goals("zoe", at=clock.now() + days(6))) == {("welcome", "general")}


@pytest.mark.requirement("B34")
def test_what_happened_before_another_version_is_answered_by_the_one_that_was_live(
    world: World, tmp_path: Path, clock: SettableClock
) -> None:
    apply(world, tmp_path, LIVE)
    clock.advance(days=1)
    world.add_person("zoe")
    world.appoint("zoe", "technician", "Riverside", brands=["A"], since=clock.now())
    clock.advance(minutes=5)
    apply(world, tmp_path, LIVE.replace("due_days = 14", "due_days = 20"))
    with world.hub.reading() as uow:
        assert uow.connection.scalar(sa.select(workflow_action.c.version)) == 1
    # What was switched off does not answer what comes after.
    apply(world, tmp_path, PROFILE.replace('"live"', '"draft"'))
    clock.advance(days=1)
    world.appoint("sam", "technician", "Riverside", brands=["A"], since=clock.now())
    world.drain()
    assert acted(world) == 1


@pytest.mark.requirement("B34", "D2")
def test_a_workflow_is_tried_before_it_goes_live_and_switched_without_a_restart(
    world: World, tmp_path: Path, clock: SettableClock
) -> None:
    apply(world, tmp_path, PROFILE)
    clock.advance(days=1)
    for name in ("ann", "bob"):
        world.send(name, "brakes")
    world.drain()
    assert (acted(world), world.live_goals("ann")) == (0, {})
    with world.hub.reading() as uow:
        (tmp_path / "same.toml").write_text(export_profiles(uow))
    assert plan_profiles(world.hub, from_file(tmp_path / "same.toml")).profiles == ()
    (tmp_path / "live.toml").write_text(LIVE)
    plan = plan_profiles(world.hub, from_file(tmp_path / "live.toml"))
    assert [(w.key, w.version, w.events, w.people, w.samples) for w in plan.workflows] == [
        ("refresh", 1, 1, 1, (world.ids["ann"],))
    ]
    assert [(c.key, c.what) for c in plan.diff.changes] == [("workflow:refresh for technicians", "on")]
    assert acted(world) == 0
    make_profiles(world.hub, from_file(tmp_path / "live.toml"), plan.hash)
    world.drain()
    assert acted(world) == 0  # what was before it went live is none of its business
    clock.advance(days=1)
    world.send("ann", "brakes", at=clock.now())
    world.drain()
    assert set(world.live_goals("ann")) == {("batteries", "service")}
    clock.advance(days=1)
    make_profiles(world.hub, roll_back_profile("workshop", 1))
    world.drain()
    assert world.live_goals("ann") == {}


@pytest.mark.requirement("B34")
def test_whoever_joins_after_it_went_live_is_answered_whenever_they_begin(
    world: World, tmp_path: Path, clock: SettableClock
) -> None:
    clock.advance(days=1)
    apply(world, tmp_path, PROFILE)
    clock.advance(days=1)
    assert acted(world) == 0
    for name, begins in (("nia", clock.now()), ("zoe", clock.now() + days(30))):
        world.add_person(name)
        world.appoint(name, "technician", "Riverside", since=begins)
    world.drain()
    assert acted(world) == 2
    assert set(world.live_goals("nia")) == {("welcome", "general")}
    assert world.live_goals("zoe") == {}
    assert set(world.live_goals("zoe", at=clock.now() + days(30))) == {("welcome", "general")}


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_what_a_workflow_gave_goes_along_when_two_records_are_one(
    world: World, tmp_path: Path, clock: SettableClock
) -> None:
    clock.advance(days=1)
    apply(world, tmp_path, PROFILE)
    clock.advance(days=1)
    for name in ("nia", "double"):
        world.add_person(name)
    appointment = world.appoint("double", "technician", "Riverside", since=clock.now())
    world.drain()

    def given_through() -> list[tuple[str, str]]:
        with world.hub.reading() as uow:
            rows = uow.connection.execute(sa.select(tables.opinion)).all()
        return [(row.person_id, row.appointment_id) for row in rows]

    assert given_through() == [(world.ids["double"], appointment)]
    with world.hub.unit_of_work() as uow:
        merge = merge_people(uow, world.ids["double"], world.ids["nia"])
    world.drain()
    assert given_through() == [(world.ids["nia"], appointment)]
    assert (world.live_goals("double"), set(world.live_goals("nia"))) == ({}, {("welcome", "general")})
    with world.hub.unit_of_work() as uow:
        undo_merge(uow, merge)
    world.drain()
    assert given_through() == [(world.ids["double"], appointment)]
    assert (acted(world), set(world.live_goals("double"))) == (1, {("welcome", "general")})
    with world.hub.unit_of_work() as uow:
        ours = sa.select(change.c.body).where(change.c.kind == WORKFLOW_ACTED).order_by(change.c.position)
        bodies = uow.connection.scalars(ours).all()
        apply_acted(uow, bodies)
    assert [body["person_id"] for body in bodies] == [world.ids[name] for name in ("double", "nia", "double")]
    assert given_through() == [(world.ids["double"], appointment)]
