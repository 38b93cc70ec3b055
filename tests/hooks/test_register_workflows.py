"""register_workflows: plugins bring workflows, and profiles take them as they are at that time (B34)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub import hookspecs
from hub.api import Opinion, Workflow
from hub.audiences.profiles.export_profiles import export_profiles
from hub.audiences.profiles.plan_profiles import from_file, from_text, make_profiles, plan_profiles
from hub.audiences.profiles.plugin_workflows import registered_workflows
from hub.audiences.profiles.tables import workflow_action
from hub.audiences.rules.partner_switches import switch_for_partner
from hub.clock import SettableClock
from hub.errors import BadInput
from hub.hooks import Hooks, Plugin, hookimpl
from tests.hooks.conftest import MakeWorld
from tests.world import World

TAKES = """
[[profile]]
key = "workshop"
title = "Workshops"
audiences = ["technicians"]
[profile.plugins.greeter]
on = true
[[profile.workflow]]
key = "hello"
from = "greeter"
status = "live"
"""


class Greeter:
    """Gives the path welcome to whoever joins."""

    hub_api = "1.1"

    def __init__(self, *flows: Any, reason: str = "you are new") -> None:
        self.flows = flows or (Workflow("hello", "Hello", "joined", reason, give={"target": "path:welcome"}),)

    @hookimpl
    def register_workflows(self) -> Sequence[Workflow]:
        return self.flows

    @hookimpl
    def decide_assignments(self, candidates: Sequence[Any]) -> Sequence[Opinion]:
        return []


def acted(world: World) -> list[int]:
    with world.hub.reading() as uow:
        query = sa.select(workflow_action.c.version).order_by(workflow_action.c.at, workflow_action.c.id)
        return list(uow.connection.scalars(query))


def test_register_workflows_is_taken_by_profiles_and_follows_the_switch_of_its_plugin(
    world_with: MakeWorld, tmp_path: Path, clock: SettableClock
) -> None:
    world = world_with(greeter=Greeter())
    clock.advance(days=40)
    make_profiles(world.hub, from_text(TAKES))

    def join(world: World, name: str) -> None:
        clock.advance(days=1)
        world.drain()
        world.add_person(name)
        world.appoint(name, "technician", "Riverside", since=clock.now())
        world.drain()

    join(world, "nia")
    assert acted(world) == [1]
    assert ("welcome", "general") in world.live_goals("nia")
    # Without its plugin it goes on as it was, and the profile can be changed.
    off = world_with()
    join(off, "zoe")
    assert acted(off) == [1, 1]
    bare = TAKES.replace("[profile.plugins.greeter]\non = true\n", "")
    make_profiles(off.hub, from_text(bare.replace('"Workshops"', '"Our workshops"')))
    with pytest.raises(BadInput) as refused:
        make_profiles(off.hub, from_text(bare.replace('"hello"', '"bye"')))
    assert "no plugin greeter that is on brings this workflow" in str(refused.value.problems[0])
    # What the plugin says now is taken when the profile is applied again, with what it would have done.
    newer = world_with(greeter=Greeter(reason="you have begun"))
    with newer.hub.reading() as uow:
        (tmp_path / "same.toml").write_text(export_profiles(uow))
    plan = plan_profiles(newer.hub, from_file(tmp_path / "same.toml"))
    assert [(w.key, w.version, w.people) for w in plan.workflows] == [("hello", 2, 2)]
    # Where the plugin is off for the audiences, so is its workflow.
    make_profiles(newer.hub, from_text(TAKES.replace("on = true", "on = false")))
    join(newer, "kim")
    assert acted(newer) == [1, 1]
    assert newer.live_goals("nia") == {}


def test_workflow_answers_nothing_at_a_partner_for_which_its_plugin_is_off(
    world_with: MakeWorld, clock: SettableClock
) -> None:
    world = world_with(greeter=Greeter())
    clock.advance(days=40)
    make_profiles(world.hub, from_text(TAKES))

    def switch(on: bool) -> None:
        clock.advance(days=1)
        with world.hub.unit_of_work() as uow:
            assert switch_for_partner(uow, world.ids["partner"], "greeter", on=on)
        clock.advance(days=1)
        world.drain()

    def join(name: str, since: datetime) -> None:
        world.add_person(name)
        world.appoint(name, "technician", "Riverside", since=since)
        world.drain()

    join("nia", clock.now())
    assert acted(world) == [1]
    switch(on=False)
    join("zoe", clock.now())
    join("kim", clock.now() + timedelta(days=30))
    assert acted(world) == [1]
    assert ("welcome", "general") in world.live_goals("nia")  # it was given before
    switch(on=True)
    join("ben", clock.now())
    assert acted(world) == [1, 1, 1]  # Ben, and Kim who begins later
    assert world.live_goals("zoe") == {}


@pytest.mark.parametrize(
    ("flow", "words"),
    [
        ("hello", "no list of workflows"),
        (Workflow("hello", "Hello", "joined", "x"), "does one thing"),
        (Workflow("Hello!", "Hello", "joined", "x", tell={"words": "x"}), "key"),
    ],
)
def test_register_workflows_that_cannot_be_stop_the_start(flow: object, words: str) -> None:
    hooks = Hooks(hookspecs, [Plugin("greeter", "1", Greeter(flow))])
    with pytest.raises(BadInput, match=words):
        registered_workflows(hooks)


def test_two_workflows_of_one_key_stop_the_start() -> None:
    flow = Workflow("hello", "Hello", "joined", "x", tell={"words": "x"})
    with pytest.raises(BadInput, match="two workflows hello"):
        registered_workflows(Hooks(hookspecs, [Plugin("greeter", "1", Greeter(flow, flow))]))
