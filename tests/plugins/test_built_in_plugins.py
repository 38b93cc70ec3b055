"""Same rules for all: a built-in plugin could move to a package of its own without an edit, and answer as before."""

import ast
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import flask
import pytest

import hub.app
from hub.api import CatalogueSource, Completion, CreditGranted, Evidence, Offering, RosterRow
from hub.app import BUILT_IN_PLUGINS, open_hub
from hub.config import Settings
from hub.hooks import Answer
from hub.ids import new_id
from hub.runtime import Hub
from hub.testing.serve import serve
from tests.packages import installed

ROOT = Path(__file__).parents[2]
NAMES = [module.rpartition(".")[2] for module in BUILT_IN_PLUGINS]
NOW = datetime(2026, 5, 4, tzinfo=UTC)


@pytest.fixture
def outside() -> Iterator[tuple[str, list[str]]]:
    """Another system with a catalogue and a place to post to; its address, and what was posted."""
    app = flask.Flask("outside", static_folder=None)
    posted: list[str] = []

    def take() -> str:
        posted.append(flask.request.get_data(as_text=True))
        return ""

    rows = "external_id,key,title,activity_id\n7,brakes,Brakes,https://lms.example/brakes\n"
    app.add_url_rule("/catalogue.csv", "catalogue", lambda: rows)
    app.add_url_rule("/people.csv", "people", lambda: "person_id,subject\nP1,11\n")
    courses = [{"id": 7, "fullname": "Brakes"}]
    app.add_url_rule("/webservice/rest/server.php", "moodle", lambda: courses, methods=["POST"])
    app.add_url_rule("/hook", "hook", take, methods=["POST"])
    with serve(app) as address:
        yield address, posted


def ask_standard_completion(opened: Hub, outside: tuple[str, list[str]]) -> None:
    completed = "http://adlnet.gov/expapi/verbs/completed"
    evidence = Evidence(new_id(), completed, "https://lms.example/brakes", NOW, {}, {})
    offering = Offering(new_id(), "brakes", new_id(), "Brakes", "https://lms.example/brakes", "completed")
    answer = opened.hooks.ask_first("recognize_completion", statement=evidence, offering=offering)
    assert isinstance(answer, Answer)
    assert answer.value == Completion("completed", "1")


def ask_csv_catalogue(opened: Hub, outside: tuple[str, list[str]]) -> None:
    source = CatalogueSource("north", f"{outside[0]}/catalogue.csv")
    rows = opened.hooks.fetch("read_catalogue", "csv_catalogue", source=source, http=opened.http)
    assert [row.key for row in rows] == ["brakes"]


def ask_csv_roster(opened: Hub, outside: tuple[str, list[str]]) -> None:
    source = CatalogueSource("north", f"{outside[0]}/people.csv")
    rows = opened.hooks.fetch("read_roster", "csv_roster", source=source, http=opened.http)
    assert list(rows) == [RosterRow("P1", "11")]


def ask_moodle(opened: Hub, outside: tuple[str, list[str]]) -> None:
    rows = opened.hooks.fetch(
        "read_catalogue", "moodle", source=CatalogueSource("north", outside[0]), http=opened.http
    )
    assert [row.key for row in rows] == ["north-7"]


def ask_webhooks(opened: Hub, outside: tuple[str, list[str]]) -> None:
    event = CreditGranted(new_id(), new_id(), "offering", new_id(), "service", new_id(), NOW)
    opened.hooks.tell("credit_granted", "webhooks", event=event, http=opened.http)
    assert [json.loads(body)["goal"] for body in outside[1]] == [event.goal_id]


ASK: dict[str, Callable[[Hub, tuple[str, list[str]]], None]] = {
    "standard_completion": ask_standard_completion,
    "csv_catalogue": ask_csv_catalogue,
    "csv_roster": ask_csv_roster,
    "moodle": ask_moodle,
    "webhooks": ask_webhooks,
}


@pytest.mark.parametrize("moved", [False, True], ids=["built in", "moved"])
@pytest.mark.parametrize("name", NAMES)
def test_built_in_plugin_moves_to_a_package_of_its_own_without_an_edit_and_answers(
    name: str, moved: bool, outside: tuple[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(
        database_url=f"sqlite:///{tmp_path}/never-opened.sqlite",
        secret_key="only-for-tests-0123456789abcdefghij",
        outgoing_allow=[outside[0].removeprefix("http://")],
        plugins=[name],
        plugin={"webhooks": {"urls": [f"{outside[0]}/hook"]}} if name == "webhooks" else {},
    )
    project = tmp_path / name
    project.mkdir()
    shutil.copy(ROOT / "hub" / "plugins" / f"{name}.py", project)
    (project / "pyproject.toml").write_text(
        f'[project]\nname = "moved-{name}"\nversion = "9.9"\n'
        f'[project.entry-points."partner_training_hub.plugins"]\n{name} = "{name}:Plugin"\n',
        encoding="utf-8",
    )
    if moved:
        monkeypatch.setattr(
            hub.app, "BUILT_IN_PLUGINS", [m for m in BUILT_IN_PLUGINS if not m.endswith(f".{name}")]
        )
    with installed(project) if moved else nullcontext():
        opened = open_hub(settings)
    (plugin,) = opened.hooks.plugins
    assert (plugin.built_in, plugin.version == "9.9") == (not moved, moved)
    assert type(plugin.instance).__module__ == (name if moved else f"hub.plugins.{name}")
    ASK[name](opened, outside)
    opened.close()


def sources() -> list[Path]:
    """Every module of a plugin, without tests."""
    contributed = [path for path in (ROOT / "plugins_contrib").rglob("*.py") if "tests" not in path.parts]
    return sorted([*(ROOT / "hub" / "plugins").rglob("*.py"), *contributed])


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 or path.name == "__init__.py", f"{path} imports relatively"
            # `from hub import api` names a module, too
            yield from (f"hub.{a.name}" for a in node.names) if node.module == "hub" else [node.module or ""]


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_of_the_hub_plugins_import_only_the_api(path: Path) -> None:
    assert {name for name in imports(path) if name.partition(".")[0] == "hub"} <= {"hub.api"}


def test_every_built_in_plugin_is_listed() -> None:
    modules = {path.stem for path in (ROOT / "hub" / "plugins").glob("*.py")} - {"__init__"}
    assert modules == set(NAMES) == set(ASK)
