"""``hub trace``: what ran for a page, a statement or a worker's turn, and that nothing comes of it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from click.testing import Result

from hub.audiences.rules.rule import switch_plugin
from hub.clock import SystemClock
from hub.runtime import Hub
from tests.rows import count_rows
from tests.world import World

Command = Callable[..., Result]
PLUGINS = '["first_90_days", "standard_completion"]'


@pytest.fixture
def world(inside: Hub) -> World:
    """Ann, new at Riverside, in an audience for which first_90_days is on."""
    world = World(inside).begin()
    world.add(brands=["A"], positions=["technician"])
    world.add_location("Riverside", brands={"A": ["service"]})
    world.add_courses("south", "brakes")
    world.add_path("welcome", "brakes")
    world.add_audience("technicians", positions=("technician",))
    world.add_person("ann")
    since = SystemClock().now() - timedelta(days=3)
    world.appoint("ann", "technician", "Riverside", brands=["A"], since=since)
    world.link("ann")
    with inside.unit_of_work() as uow:
        switch_plugin(uow, "technicians", "first_90_days", on=True)
    world.drain()
    return world


@pytest.fixture(autouse=True)
def _plugins_are_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_PLUGINS", PLUGINS)


def test_a_page_is_traced_as_somebody_and_writes_nothing(world: World, hub_command: Command) -> None:
    before = count_rows(world.hub)
    done = hub_command("trace", "/my-training", "--as", world.ids["ann"])
    assert done.exit_code == 0, done.output
    assert "GET /my-training answers 200" in done.output
    assert "1. first_90_days" in done.output
    assert "plan_panels" in done.output
    assert "show, subject, box" in done.output
    assert "Your first days" in done.output
    assert count_rows(world.hub) == before


def test_a_page_that_is_closed_says_so(world: World, hub_command: Command) -> None:
    done = hub_command("trace", "/admin", "--as", world.ids["ann"])
    assert "GET /admin answers 403" in done.output
    assert "No hook ran." in done.output


def test_a_statement_is_recognized_once_more_and_credits_nobody(world: World, hub_command: Command) -> None:
    statement = world.send("ann", "brakes")
    before = count_rows(world.hub)
    done = hub_command("trace", statement)
    assert done.exit_code == 0, done.output
    assert "recognize_completion" in done.output
    assert "Completion(policy=" in done.output
    assert count_rows(world.hub) == before
    assert world.live_goals("ann").get(("brakes", "general")) is None


def test_a_workers_turn_is_traced_and_undone(world: World, hub_command: Command) -> None:
    world.send("ann", "brakes")
    before = count_rows(world.hub)
    done = hub_command("trace", "worker")
    assert done.exit_code == 0, done.output
    assert "A worker's turn (recognize 1" in done.output
    assert "standard_completion" in done.output
    assert count_rows(world.hub) == before
    world.drain()
    assert "A worker has nothing to do" in hub_command("trace", "worker").output


def test_what_cannot_be_traced_is_told(world: World, hub_command: Command) -> None:
    assert hub_command("trace", "/my-training").exit_code == 2
    assert "There is no statement" in hub_command("trace", "nothing").output
