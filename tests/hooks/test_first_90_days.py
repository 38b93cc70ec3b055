"""The plugin of the story, installed from its own folder: one audience gets a path that ends by itself on day 91."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.app import open_hub
from hub.audiences.panels import PanelFailure, read_panels
from hub.audiences.rules.rule import switch_plugin
from hub.clock import SettableClock
from hub.config import Settings
from hub.runtime import Hub
from hub.training.tables import credit_ledger, goal_source
from tests.packages import installed
from tests.world import World, days

PROJECT = Path(__file__).parents[2] / "plugins_contrib" / "first_90_days"
PATH = ("welcome", "general")


@pytest.fixture
def hub(settings: Settings, clock: SettableClock) -> Iterator[Hub]:
    """A hub with the plugin on, in place of the usual one."""
    plugins = ["first_90_days", "standard_completion"]
    with installed(PROJECT):
        opened = open_hub(settings.model_copy(update={"plugins": plugins}), clock=clock)
        yield opened
        opened.close()


@pytest.fixture
def world(hub: Hub) -> World:
    """Nia joins as a technician today; so does Sam as a salesperson; Ann has been a technician for years."""
    world = World(hub).begin()
    world.add(positions=["technician", "salesperson"])
    world.add_location("Riverside")
    world.add_courses("south", "brakes", "batteries")
    world.add_path("welcome", "brakes", "batteries")
    world.add_audience("technicians", positions=("technician",))
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",))
    world.add_rule("battery-sales", "batteries", "sales", positions=("salesperson",))
    world.add_person("ann")
    world.appoint("ann", "technician", "Riverside")
    for name, position in (("nia", "technician"), ("sam", "salesperson")):
        world.add_person(name)
        world.appoint(name, position, "Riverside", since=hub.clock.now())
        world.link(name)
    world.drain()
    return world


def switch(world: World, *, on: bool) -> None:
    with world.hub.unit_of_work() as uow:
        switch_plugin(uow, "technicians", "first_90_days", on=on)
    world.drain()


def on_day(clock: SettableClock, start: float, day: int) -> None:
    """Move to noon of a day, counted from 1 on the day the appointment begins."""
    passed = (clock.now().timestamp() - start) / 86400
    clock.advance(days=day - 0.5 - passed)


def panel(world: World, person: str) -> str:
    with world.hub.reading() as uow:
        found = read_panels(uow, world.ids[person])
    assert not any(isinstance(p, PanelFailure) for p in found)
    return " ".join(p.text for p in found if not isinstance(p, PanelFailure))


def test_path_is_there_from_day_1_to_day_90_and_gone_on_day_91(world: World, clock: SettableClock) -> None:
    switch(world, on=True)
    start = clock.now().timestamp()
    seen = {}
    for day in (1, 90, 91):
        on_day(clock, start, day)
        without_any_work = PATH in world.live_goals("nia")
        world.drain()
        seen[day] = (without_any_work, PATH in world.live_goals("nia"), panel(world, "nia")[:15])
    assert seen == {
        1: (True, True, "Day 1 of 90. Yo"),
        90: (True, True, "Day 90 of 90. T"),
        91: (False, False, ""),
    }
    assert ("brakes", "service") in world.live_goals("nia")


def test_reason_is_shown_like_any_other(world: World) -> None:
    switch(world, on=True)
    with world.hub.reading() as uow:
        wanted = sa.select(goal_source.c.reason).where(goal_source.c.source_key == "first_90_days")
        reasons = {reason["text"] for reason in uow.connection.scalars(wanted)}
    assert reasons == {"you are in your first 90 days"}


def test_other_audiences_notice_nothing(world: World, clock: SettableClock) -> None:
    before = world.live_goals("sam")
    switch(world, on=True)
    assert world.live_goals("sam") == before == {("batteries", "sales"): None}
    assert panel(world, "sam") == ""
    assert PATH not in world.live_goals("ann")
    clock.advance(days=200)
    world.drain()
    assert world.live_goals("sam") == before


def test_switched_off_it_withdraws_the_path_and_credits_stay(world: World, clock: SettableClock) -> None:
    switch(world, on=True)
    clock.advance(days=10)
    world.send("nia", "brakes", at=clock.now() - days(1))
    statement = world.send("nia", "batteries")
    world.drain()
    assert world.live_goals("nia")[PATH] == statement
    earlier = clock.now()
    clock.advance(days=1)
    switch(world, on=False)
    assert PATH not in world.live_goals("nia")
    assert panel(world, "nia") == ""
    assert world.live_goals("nia", at=earlier)[PATH] == statement
    with world.hub.reading() as uow:
        kinds = set(uow.connection.scalars(sa.select(credit_ledger.c.kind)))
    assert kinds == {"credit"}
