"""What is decided by commands can be seen before: about plugins, and reading a catalogue. Nothing is written meanwhile."""

from collections.abc import Iterator
from pathlib import Path

import flask
import pytest

from hub.audiences.assigning.unasked import note_unasked
from hub.audiences.rules.rule import switch_plugin
from hub.journal.outbox import enqueue
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


def test_setting_a_plugin_aside_and_taking_it_back_are_shown_before(
    hub_command: Command, world: World
) -> None:
    with world.hub.unit_of_work() as uow:
        switch_plugin(uow, "sales", "first_90_days", on=True)
        enqueue(uow, "tell", "first_90_days", "told once", {})
        enqueue(uow, "tell", "another", "told another", {})
    before = every_row(world.hub)
    aside = hub_command("plugins", "set-aside", "first_90_days", "--dry-run")
    assert aside.stdout == (
        "It would not be asked about people any more: 2 of sales.\n1 delivery for it would wait.\n"
        "\nThis was a dry run: nothing was changed.\n"
    )
    assert every_row(world.hub) == before
    hub_command("plugins", "set-aside", "first_90_days", "--because", "it is slow")
    with world.hub.unit_of_work() as uow:
        note_unasked(uow, ["first_90_days"])
    before = every_row(world.hub)
    again = hub_command("plugins", "set-aside", "first_90_days", "--dry-run").stdout
    assert again.startswith("first_90_days is set aside already: it is slow.\n")
    back = hub_command("plugins", "take-back", "first_90_days", "--dry-run")
    assert back.stdout == (
        "1 delivery for it would go out now.\n"
        "It would be asked about those of whom something is new: 2 of sales.\n"
        "\nThis was a dry run: nothing was changed.\n"
    )
    assert every_row(world.hub) == before
    assert hub_command("plugins", "take-back", "first_90_days").exit_code == 0
    done, dry = (hub_command("plugins", "take-back", "first_90_days", *more) for more in ([], ["--dry-run"]))
    assert (dry.exit_code, dry.output) == (done.exit_code, done.output)
    assert dry.exit_code == 1


def test_the_end_of_a_remote_plugin_is_shown_before(hub_command: Command, world: World) -> None:
    hub_command("remote-plugin", "create", "academy", "https://academy.example/hub")
    with world.hub.unit_of_work() as uow:
        switch_plugin(uow, "sales", "remote:academy", on=True)
    world.drain()
    before = every_row(world.hub)
    shown = hub_command("remote-plugin", "end", "academy", "--dry-run")
    assert shown.exit_code == 0, shown.output
    assert shown.stdout == (
        "It would end. It is on for sales, and what it wanted stays until it is switched off.\n"
        "2 of the 2 people it was asked about are without an answer; 1 message to it would not be sent any more.\n"
        "\nThis was a dry run: nothing was changed.\n"
    )
    assert every_row(world.hub) == before
    assert hub_command("remote-plugin", "end", "academy", "--yes").stdout.startswith("Ended.")
    before = every_row(world.hub)
    assert "It has ended before." in hub_command("remote-plugin", "end", "academy", "--dry-run").stdout
    assert every_row(world.hub) == before
    done = hub_command("remote-plugin", "end", "nobody", "--yes")
    dry = hub_command("remote-plugin", "end", "nobody", "--dry-run")
    assert (dry.exit_code, dry.output) == (done.exit_code, done.output)
    assert dry.exit_code == 1


def test_dry_runs_refuse_what_the_real_ones_refuse(
    hub_command: Command, world: World, tmp_path: Path, lms: str
) -> None:
    nonsense, no_statement, nothing = tmp_path / "x.toml", tmp_path / "x.ndjson", tmp_path / "empty"
    nonsense.write_text("nonsense = 1\n")
    no_statement.write_text("{}\n")
    nothing.mkdir()
    store = ("forward", "add", "away", "--endpoint", "https://store.example/xapi", "--key", "k")
    before = every_row(world.hub)
    for wrong in (
        ("plugins", "switch", "nowhere", "first_90_days", "on"),
        ("plugins", "switch", "sales", "nothing", "on"),
        ("plugins", "switch", "--partner", "nobody", "first_90_days", "off"),
        ("plugins", "switch", "--partner", "Riverside Auto", "nothing", "off"),
        ("audiences", "apply", nonsense),
        ("audiences", "status", "nothing", "live"),
        ("audiences", "roll-back", "audience", "sales", "7"),
        ("profiles", "apply", nonsense),
        ("profiles", "remove", "nothing"),
        ("profiles", "roll-back", "nothing", "1"),
        ("erase", "nobody", "--yes"),
        ("erase", "mbox:nobody", "--yes"),
        ("import", "nowhere", no_statement),
        ("import", "north", no_statement),
        ("network", "import", nothing),
        (*store, "--secret", "env:NOT_THERE"),
        (*store, "--secret", "s", "--partner", "nobody"),
        ("catalogue", "sync", "nowhere", f"{lms}/courses.csv"),
        ("cmi5", "import", no_statement, "--connection", "north"),
    ):
        shown, done = (hub_command(*wrong, *more) for more in (["--dry-run"], []))
        assert (shown.exit_code, shown.stdout, shown.stderr) == (done.exit_code, done.stdout, done.stderr)
        assert shown.exit_code, wrong
    assert every_row(world.hub) == before
