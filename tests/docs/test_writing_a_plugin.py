"""docs/writing-a-plugin.md, followed from its first command to its last: files are written, commands run, and what they print compared."""

import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hub.app import open_hub, open_worker
from hub.cli import main
from hub.clock import SystemClock
from hub.config import Settings, load_settings
from hub.errors import BadInput
from hub.runtime import Hub
from hub.testing.recording_http import RecordingHttp
from hub.testing.small_hub.opening import with_http
from tests.docs.pages import Block, blocks, read
from tests.logs import logging_kept
from tests.packages import installed, run_tests
from tests.world import World

PAGE = read("writing-a-plugin.md")
CHAPTERS = re.split(r"^## \d+\. ", PAGE, flags=re.MULTILINE)[1:]
PROJECT = "many_brands"
on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@dataclass
class Reader:
    """Somebody who does what the page says, in a folder with a hub."""

    folder: Path
    stack: ExitStack
    ran: list[str] = field(default_factory=list)
    said: str = ""

    def do(self, block: Block) -> None:
        """Write a file, run commands, or look whether the lines are there that the last command is to have printed."""
        if block.file:
            path = self.folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif block.language == "sh":
            for line in block.text.splitlines():
                self.said = self.run(line)
        else:
            printed = without_times(self.said)
            missed = [x for x in block.text.splitlines() if without_times(x).rstrip() not in printed]
            assert missed == [], self.said

    def run(self, line: str) -> str:
        """What a command prints. It must not fail."""
        self.ran.append(line)
        match shlex.split(line):
            case ["hub", *arguments]:
                said = self._hub(arguments)
                self.work()
                return said
            case ["pip", "install", "-e", project]:
                self.stack.enter_context(installed(self.folder / project))
                return ""
            case ["pip", "uninstall", "--yes", package]:
                assert package in (self.folder / PROJECT / "pyproject.toml").read_text()
                self.stack.close()
                return ""
            case ["pytest", project, *options]:
                done = run_tests(self.folder, self.folder / project, arguments=[project, *options])
                assert done.returncode == 0, done.stdout + done.stderr
                return done.stdout
        raise AssertionError(f"nobody knows what to do with {line}")

    def _hub(self, arguments: list[str]) -> str:
        sys.modules.pop(PROJECT, None)  # it was edited since, and each command is a process of its own
        with logging_kept():
            done = CliRunner().invoke(main, arguments)
        assert done.exit_code == 0, f"{arguments}\n{done.output}"
        return done.output

    def work(self) -> None:
        """What a running hub does meanwhile."""
        hub = opened()
        open_worker(hub).drain()
        hub.close()


def opened() -> Hub:
    """The hub with the settings that the reader has written, on the machine's clock, with a way out that leads nowhere."""
    sys.modules.pop(PROJECT, None)
    hub = open_hub(load_settings(None))
    return with_http(hub, RecordingHttp(answers_all=True))


def without_times(text: str) -> str:
    """The text with every duration alike, and every date."""
    return re.sub(r"\d{4}-\d\d-\d\d", "DATE", re.sub(r"\d+(\.\d+)? ms", "# ms", text))


@pytest.fixture
def world(hub: Hub) -> World:
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


@pytest.fixture
def reader(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    folder = tmp_path / "hub-folder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HUB_DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("HUB_SECRET_KEY", settings.secret_key.get_secret_value())
    with ExitStack() as stack:
        yield Reader(folder, stack)


@on_sqlite
@pytest.mark.timeout(600)  # five runs of pytest and a check are in it
def test_whoever_follows_the_page_comes_to_its_end(reader: Reader, world: World) -> None:
    def goals(*names: str) -> list[list[tuple[str, str]]]:
        return [list(world.live_goals(name, SystemClock().now())) for name in names]

    goal = ("comparing-brands", "general")
    for number, chapter in enumerate(CHAPTERS, start=1):
        if number == 9:  # of what goes wrong there are tests of their own
            continue
        if number == 8:
            world.send("ann", "comparing-brands", at=SystemClock().now())
            reader.work()
        for block in blocks(chapter):
            reader.do(block)
        assert goals("ann", "bob", "tom") == [[goal] if number in {6, 7, 8} else [], [], []], number
    assert "many_brands" not in (reader.folder / "config" / "hub.toml").read_text()
    lines = [line for block in blocks(PAGE) if block.language == "sh" for line in block.text.splitlines()]
    assert reader.ran == lines


@on_sqlite
def test_messages_are_those_of_the_hub(reader: Reader, world: World) -> None:
    settings_message, plugin_message = [b.text.strip() for b in blocks(CHAPTERS[8])]
    reader.run("hub plugin new many_brands")
    for block in blocks(CHAPTERS[1]):
        reader.do(block)
    project = reader.folder / PROJECT
    url = f"sqlite:///{reader.folder}/never-opened.sqlite"
    database: dict[str, Any] = {"database_url": url, "secret_key": "x" * 40}
    with installed(project), pytest.raises(BadInput) as wrong_settings:
        open_hub(Settings(**database, plugins=[PROJECT], plugin={PROJECT: {"corse": "comparing-brands"}}))
    assert str(wrong_settings.value) == settings_message
    module = project / "many_brands.py"
    module.write_text(module.read_text().replace('@reads("brands"', '@reads("brand"'), encoding="utf-8")
    with installed(project), pytest.raises(BadInput) as wrong_plugin:
        open_hub(Settings(**database, plugins=[PROJECT]))
    assert str(wrong_plugin.value) == plugin_message


def test_chapters_are_numbered_and_every_fixture_is_named() -> None:
    numbers = [int(line[3:].partition(".")[0]) for line in PAGE.splitlines() if line.startswith("## ")]
    assert numbers == list(range(1, len(CHAPTERS) + 1))
    source = (Path(__file__).parents[2] / "hub" / "testing" / "pytest_plugin.py").read_text()
    fixtures = re.findall(r"@pytest\.fixture\ndef ([a-z]\w+)\(", source)
    assert len(fixtures) > 10
    assert [name for name in fixtures if not re.search(rf"`{name}\b", PAGE)] == []
