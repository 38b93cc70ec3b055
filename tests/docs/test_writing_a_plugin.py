"""docs/writing-a-plugin.md, followed step by step: every file it shows is written, every command it names is run."""

import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import flask
import pytest
from click.testing import CliRunner

from hub.app import open_hub
from hub.cli import main
from hub.config import Settings
from hub.errors import BadInput
from hub.runtime import Hub
from hub.testing.serve import serve
from tests.docs.pages import blocks, read
from tests.logs import logging_kept
from tests.packages import installed
from tests.world import World

PAGE = read("writing-a-plugin.md")
CHAPTERS = [int(line[3]) for line in PAGE.splitlines() if line.startswith("## ")]
on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
SCREEN = "https://screen.example/goals"


def follow(folder: Path, last_chapter: int) -> Path:
    """Write what the page shows up to the end of a chapter; the folder of the plugin."""
    text = PAGE.partition(f"\n## {last_chapter + 1}. ")[0]
    for block in blocks(text):
        if block.file:
            path = folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
    return folder / "many_brands"


def written_settings(folder: Path) -> dict[str, Any]:
    """The settings that the page shows last."""
    return tomllib.loads((folder / "config" / "hub.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("chapter", [3, 8])
def test_tests_of_the_plugin_pass(tmp_path: Path, chapter: int) -> None:
    project = follow(tmp_path, chapter)
    options = [
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
        "-p",
        "no:hypothesispytest",
        "--rootdir",
        ".",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "tests"],
        cwd=project,
        env={"PYTHONPATH": f"{project}:{Path(__file__).parents[2]}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


@pytest.fixture
def screen() -> Iterator[tuple[str, list[str]]]:
    """The screen in the sales office: its address, and the numbers it was told."""
    app = flask.Flask("screen", static_folder=None)
    numbers: list[str] = []

    def count() -> tuple[str, int]:
        numbers.append(flask.request.form["number"])
        return "", 204

    app.add_url_rule("/goals", "count", count, methods=["POST"])
    with serve(app) as address:
        yield address, numbers


@pytest.fixture
def start(
    tmp_path: Path, settings: Settings, screen: tuple[str, list[str]]
) -> Iterator[Callable[[int], Hub]]:
    """Follows the page up to a chapter and opens a hub with the settings it has come to."""
    opened: list[Hub] = []

    def follow_and_open(chapter: int) -> Hub:
        follow(tmp_path, chapter)
        written = written_settings(tmp_path)
        for table in written.get("plugin", {}).values():
            if "screen" in table:
                assert table["screen"] == SCREEN
                table["screen"] = f"{screen[0]}/goals"
        allowed = [screen[0].removeprefix("http://")]
        opened.append(open_hub(settings.model_copy(update={**written, "outgoing_allow": allowed})))
        return opened[-1]

    with installed(follow(tmp_path, 1)):
        yield follow_and_open
    for hub in opened:
        hub.close()


def network(hub: Hub) -> World:
    """Ann sells two brands, Bob one; Tom repairs two."""
    world = World(hub).begin()
    world.add(brands=["A", "B"], positions=["salesperson", "technician"])
    world.add_location("Riverside", brands={"A": ["sell", "service"], "B": ["sell", "service"]})
    world.add_courses("south", "comparing-brands")
    for name, position, brands in (
        ("ann", "salesperson", ["A", "B"]),
        ("bob", "salesperson", ["A"]),
        ("tom", "technician", ["A", "B"]),
    ):
        world.add_person(name)
        world.appoint(name, position, "Riverside", brands=brands)
        world.link(name)
    return world


def run_commands(folder: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run every hub command of the page, in order; what they printed."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HUB_DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("HUB_SECRET_KEY", settings.secret_key.get_secret_value())
    lines = [line for block in blocks(PAGE) if block.language == "sh" for line in block.text.splitlines()]
    commands = [line for line in lines if line.startswith("hub ")]
    assert set(lines) - set(commands) == {"pip install -e many_brands", "pytest many_brands"}
    printed = ""
    for command in commands:
        with logging_kept():
            done = CliRunner().invoke(main, shlex.split(command)[1:])
        assert done.exit_code == 0, f"{command}\n{done.output}"
        printed += done.output
    return printed


@on_sqlite
@pytest.mark.parametrize("chapter", [4, 5, 6])
def test_plugin_of_each_chapter_does_what_the_page_says(
    start: Callable[[int], Hub],
    chapter: int,
    tmp_path: Path,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = network(start(chapter))
    printed = run_commands(tmp_path, settings, monkeypatch)
    assert "no audience" in printed
    assert "many_brands is now on for salespeople" in printed
    world.drain()
    goal = ("comparing-brands", "general")
    assert [list(world.live_goals(name)) for name in ("ann", "bob", "tom")] == [[goal], [], []]


@on_sqlite
def test_screen_hears_of_a_goal_once(
    start: Callable[[int], Hub],
    screen: tuple[str, list[str]],
    tmp_path: Path,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = network(start(6))
    run_commands(tmp_path, settings, monkeypatch)
    statement = world.send("ann", "comparing-brands")
    world.drain()
    (number,) = screen[1]
    assert number.endswith(f":{statement}")


def messages() -> list[str]:
    """What the page says the hub says."""
    return [block.text.strip() for block in blocks(PAGE) if block.language == "text"]


@on_sqlite
def test_messages_are_those_of_the_hub(start: Callable[[int], Hub], tmp_path: Path) -> None:
    settings_message, plugin_message = messages()
    start(5)
    hub_toml = tmp_path / "config" / "hub.toml"
    module = tmp_path / "many_brands" / "many_brands.py"
    misspelled = tomllib.loads(hub_toml.read_text(encoding="utf-8").replace("course =", "corse ="))
    database = f"sqlite:///{tmp_path}/never-opened.sqlite"
    with pytest.raises(BadInput) as wrong_settings:
        open_hub(Settings(database_url=database, secret_key="x" * 40, **misspelled))
    assert str(wrong_settings.value) == settings_message
    module.write_text(
        module.read_text(encoding="utf-8").replace('@reads("brands"', '@reads("brand"'), encoding="utf-8"
    )
    with installed(tmp_path / "many_brands"), pytest.raises(BadInput) as wrong_plugin:
        open_hub(Settings(database_url=database, secret_key="x" * 40, plugins=["many_brands"]))
    assert str(wrong_plugin.value) == plugin_message


def test_chapters_are_numbered_and_every_file_of_the_page_is_named() -> None:
    assert list(range(1, len(CHAPTERS) + 1)) == CHAPTERS
    unnamed = {block.language for block in blocks(PAGE) if not block.file}
    assert unnamed == {"sh", "text"}
