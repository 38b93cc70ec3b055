"""Who is hired or moves while a plugin cannot be asked is asked about when it can: nothing is lost, and nothing is done twice."""

import dataclasses
from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from hub import hookspecs
from hub.api import AudienceJoined, Candidate, Opinion, hookimpl
from hub.app import open_worker
from hub.audiences.assigning.unasked import ASKED_AGAIN, list_unasked
from hub.audiences.rules.rule import switch_plugin
from hub.clock import SettableClock
from hub.hooks import Hooks, Plugin
from hub.journal.aside import set_plugin_aside, take_plugin_back
from hub.journal.outbox import MAX_ATTEMPTS
from hub.journal.tables import change, outbox
from hub.rebuild.apply_journal import apply_journal
from tests.hooks.conftest import MakeWorld, world_with
from tests.world import World

__all__ = ["world_with"]
BRAKES = ("brakes", "general")


class Wishes:
    """Wants one course for everybody it is asked about, and hears who is new."""

    hub_api = "1.1"

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.heard: list[str] = []

    @hookimpl
    def decide_assignments(self, candidates: Sequence[Candidate]) -> list[Opinion]:
        self.asked += [c.person_id for c in candidates]
        return [Opinion(c.appointment_id, "offering", "brakes", "all should", c.starts) for c in candidates]

    @hookimpl
    def audience_joined(self, event: AudienceJoined) -> None:
        self.heard.append(event.person_id)


def without(world: World, *, all_plugins: bool = True) -> World:
    """The same network while none of its plugins is on, or only this one is off the list."""
    left = () if all_plugins else [p for p in world.hub.hooks.plugins if p.name != "wishes"]
    hooks = Hooks(hookspecs, [Plugin(p.name, p.version, p.instance) for p in left])
    return dataclasses.replace(world, hub=dataclasses.replace(world.hub, hooks=hooks))


def hire(world: World, name: str) -> None:
    world.add_person(name)
    world.appoint(name, "technician", "Riverside", brands=["A"], since=world.hub.clock.now())
    world.link(name)


def begun(world_with: MakeWorld, wishes: Wishes) -> World:
    world = world_with(wishes=wishes)
    with world.hub.unit_of_work() as uow:
        switch_plugin(uow, "technicians", "wishes", on=True)
    world.drain()
    assert BRAKES in world.live_goals("ann")
    wishes.asked.clear()
    wishes.heard.clear()
    return world


def aside(world: World, on: bool) -> None:
    with world.hub.unit_of_work() as uow:
        if on:
            take_plugin_back(uow, "wishes")
        else:
            set_plugin_aside(uow, "wishes", "it hung")


def unasked(world: World) -> list[str]:
    with world.hub.reading() as uow:
        return list_unasked(uow)


@pytest.mark.parametrize("all_plugins", [True, False])
def test_who_is_hired_while_the_plugin_is_off_the_list_is_asked_about_when_it_is_back(
    world_with: MakeWorld, all_plugins: bool
) -> None:
    wishes = Wishes()
    bare = without(begun(world_with, wishes), all_plugins=all_plugins)
    hire(bare, "eve")
    bare.drain()
    assert (bare.live_goals("eve"), unasked(bare)) == ({}, ["wishes"])
    again = world_with(wishes=wishes)
    again.drain()
    assert list(again.live_goals("eve")) == [BRAKES]
    assert wishes.asked == [again.ids["eve"]]  # about the others nothing is new
    assert unasked(again) == []
    again.drain()
    assert wishes.asked == [again.ids["eve"]]
    with again.hub.unit_of_work() as uow:
        noted = uow.connection.execute(sa.select(change).where(change.c.kind == ASKED_AGAIN)).all()
        assert [row.subject_id for row in noted] == ["wishes"]
        apply_journal(uow, noted)  # a rebuild knows it


def test_who_joins_while_no_plugin_is_on_is_told_of_when_they_are(world_with: MakeWorld) -> None:
    wishes = Wishes()
    bare = without(begun(world_with, wishes))
    hire(bare, "eve")
    bare.drain()
    again = world_with(wishes=wishes)
    again.drain()
    assert wishes.heard == [again.ids["eve"]]


def test_who_is_hired_while_the_plugin_is_set_aside_is_asked_about_when_it_is_taken_back(
    world_with: MakeWorld,
) -> None:
    wishes = Wishes()
    world = begun(world_with, wishes)
    aside(world, on=False)
    world.drain()
    hire(world, "eve")
    world.drain()
    assert (world.live_goals("eve"), unasked(world)) == ({}, ["wishes"])
    aside(world, on=True)
    world.drain()
    assert list(world.live_goals("eve")) == [BRAKES]
    assert (wishes.asked, unasked(world)) == ([world.ids["eve"]], [])


def test_worker_that_has_not_heard_yet_that_a_plugin_is_back_asks_it(world_with: MakeWorld) -> None:
    wishes = Wishes()
    world = begun(world_with, wishes)
    aside(world, on=False)
    world.drain()
    aside(world, on=True)
    hire(world, "eve")
    worker = open_worker(world.hub)
    while worker.follow():
        pass
    assert (wishes.asked, unasked(world)) == ([world.ids["eve"]], [])


def test_nothing_is_noted_where_nobody_is_concerned(world_with: MakeWorld) -> None:
    world = begun(world_with, Wishes())
    aside(world, on=False)
    world.drain()
    world.add_person("sue")
    world.appoint("sue", "salesperson", "Riverside", brands=["A"])
    world.link("sue")
    world.drain()
    assert unasked(world) == []
    with world.hub.reading() as uow:
        again = sa.select(sa.func.count()).where(change.c.kind == ASKED_AGAIN)
        assert uow.connection.scalar(again) == 0


def test_what_a_plugin_would_be_told_waits_for_as_long_as_it_is_set_aside(
    world_with: MakeWorld, clock: SettableClock
) -> None:
    wishes = Wishes()
    world = begun(world_with, wishes)
    aside(world, on=False)
    hire(world, "eve")
    for _ in range(MAX_ATTEMPTS + 3):
        world.drain()
        clock.advance(hours=1)
    told = sa.select(outbox.c.state, outbox.c.attempts).where(outbox.c.receiver == "wishes")
    with world.hub.reading() as uow:
        rows = uow.connection.execute(told.where(outbox.c.state != "delivered")).all()
    assert [tuple(row) for row in rows] == [("waiting", 0)]
    aside(world, on=True)
    world.drain()
    assert wishes.heard == [world.ids["eve"]]


def test_a_plugin_that_is_switched_off_meanwhile_is_missed_no_more(world_with: MakeWorld) -> None:
    wishes = Wishes()
    bare = without(begun(world_with, wishes))
    hire(bare, "eve")
    bare.drain()
    with bare.hub.unit_of_work() as uow:
        switch_plugin(uow, "technicians", "wishes", on=False)
    assert unasked(bare) == []
    again = world_with(wishes=wishes)
    again.drain()
    assert (wishes.asked, again.live_goals("eve")) == ([], {})
