"""What is decided by commands can be seen before: switching a plugin, and reading a catalogue. Nothing is written meanwhile."""

from collections.abc import Iterator
from pathlib import Path

import flask
import pytest

from hub.audiences.rules.rule import switch_plugin
from hub.runtime import Hub
from hub.testing.serve import serve
from tests.cli.conftest import Command
from tests.rows import every_row
from tests.world import LONG_AGO, World

COURSES = "external_id,key,title,activity_id\n1,brakes,Brakes,https://lms.example/brakes\n"


@pytest.fixture
def lms(settings_file: Path) -> Iterator[str]:
    """The address of an LMS that publishes its courses; the hub may call it, and has first_90_days on."""
    app = flask.Flask("lms", static_folder=None)
    app.add_url_rule("/courses.csv", "courses", lambda: COURSES)
    with serve(app) as address:
        text = settings_file.read_text(encoding="utf-8").replace('"webhooks"', '"first_90_days"')
        allowed = address.removeprefix("http://")
        settings_file.write_text(f'{text}outgoing_allow = ["{allowed}"]\n', encoding="utf-8")
        yield address


@pytest.fixture
def world(lms: str, inside: Hub) -> World:
    world = World(inside).begin()
    world.add(positions=["salesperson"])
    world.add_location("Riverside")
    world.add_courses("south", "tour")
    world.add_path("welcome", "tour")
    world.add_audience("sales", positions=("salesperson",))
    for name, since in (("new", inside.clock.now()), ("old", LONG_AGO)):
        world.add_person(name)
        world.appoint(name, "salesperson", "Riverside", since=since)
    world.drain()
    return world


def test_switching_a_plugin_is_shown_before(hub_command: Command, world: World) -> None:
    before = every_row(world.hub)
    done = hub_command("plugins", "switch", "sales", "first_90_days", "on", "--dry-run")
    assert done.exit_code == 0, done.output
    assert "1 goal more for 1 people" in done.stdout
    assert every_row(world.hub) == before
    with world.hub.unit_of_work() as uow:
        switch_plugin(uow, "sales", "first_90_days", on=True)
    world.drain()
    before = every_row(world.hub)
    again = hub_command("plugins", "switch", "sales", "first_90_days", "on", "--dry-run")
    assert "Nothing to change" in again.stdout
    off = hub_command("plugins", "switch", "--dry-run", "--partner", "Riverside Auto", "first_90_days", "off")
    assert off.exit_code == 0, off.output
    assert "1 fewer for 1" in off.stdout
    assert every_row(world.hub) == before
    wrong = hub_command("plugins", "switch", "sales", "standard_completion", "on", "--dry-run")
    assert "No plugin standard_completion that can be switched" in wrong.stderr


def test_reading_a_catalogue_is_shown_before(hub_command: Command, world: World, lms: str) -> None:
    before = every_row(world.hub)
    done = hub_command("catalogue", "sync", "north", f"{lms}/courses.csv", "--dry-run")
    assert done.exit_code == 0, done.output
    assert "Would be: 1 added, 0 changed, 0 retired, 0 unchanged." in done.stdout
    assert "  + Brakes" in done.stdout
    assert every_row(world.hub) == before
    hub_command("catalogue", "sync", "north", f"{lms}/courses.csv")
    assert (
        "0 added, 0 changed, 0 retired, 1 unchanged"
        in hub_command("catalogue", "sync", "north", "--dry-run").stdout
    )
