"""`hub plugin new`: a project for every hook is made, installed, tested as its author would, and started."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.app import open_hub
from hub.cli import main
from hub.config import Settings
from hub.hooks import API_VERSION
from hub.testing.plugin_template.generate import CONTRACTS, files_of, make_plugin
from tests.packages import ROOT, installed, run_tests

HOOKS = list(CONTRACTS)


def make_all(folder: Path) -> dict[str, Path]:
    """A project for every hook of the catalogue."""
    return {hook: make_plugin(f"our_{hook}", hook, folder) for hook in HOOKS}


@pytest.mark.timeout(600)  # those of all of them, in a process of their own
def test_tests_of_a_new_plugin_pass_whichever_hook_it_has(tmp_path: Path) -> None:
    made = make_all(tmp_path)
    tests = sum(file.read_text().count("def test_") for file in tmp_path.rglob("test_*.py"))
    done = run_tests(tmp_path, *made.values())
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{tests} passed" in done.stdout
    assert tests >= len(HOOKS)


def test_hub_starts_with_all_of_them(tmp_path: Path) -> None:
    made = make_all(tmp_path)
    names = [project.name for project in made.values()]
    settings = Settings(
        database_url=f"sqlite:///{tmp_path}/never-opened.sqlite", secret_key="x" * 40, plugins=names
    )
    with installed(*made.values()):
        hub = open_hub(settings)
    for hook, project in made.items():
        assert project.name in hub.hooks.implementers(hook)
        assert project.name in hub.hooks.implementers("register_settings")
    assert {plugin.instance.hub_api for plugin in hub.hooks.plugins} == {API_VERSION}
    hub.close()


def test_it_is_clean_code(tmp_path: Path) -> None:
    make_all(tmp_path)
    ruff = [sys.executable, "-m", "ruff"]
    config = ["--no-cache", "--config", str(ROOT / "pyproject.toml"), "--config", "exclude=[]"]
    checked = subprocess.run(
        [*ruff, "check", *config, "--ignore", "D1,S101,S106", str(tmp_path)], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout
    formatted = subprocess.run(
        [*ruff, "format", "--diff", *config, str(tmp_path)], capture_output=True, text=True
    )
    assert formatted.returncode == 0, formatted.stdout


@pytest.mark.parametrize("hook", HOOKS)
def test_project_says_what_it_is(hook: str) -> None:
    files = files_of("our_plugin", hook)
    project = tomllib.loads(files["pyproject.toml"])["project"]
    assert project["dependencies"] == ["partner-training-hub"]
    assert project["entry-points"]["partner_training_hub.plugins"] == {"our_plugin": "our_plugin:Plugin"}
    assert set(files) >= {"README.md", ".gitignore", "our_plugin.py", "tests/test_our_plugin.py"}
    assert f"def {hook}(" in files["our_plugin.py"]


def test_command_says_the_next_three(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["plugin", "new", "fresh", "--folder", str(tmp_path)])
    assert done.exit_code == 0, done.output
    made = tmp_path / "fresh"
    assert [line.strip() for line in done.output.splitlines()[1:]] == [
        f"pip install -e {made}",
        f"pytest {made}",
        f"hub plugins check {made}",
    ]
    assert "def decide_assignments" in (made / "fresh.py").read_text()


@pytest.mark.parametrize(
    ("name", "hook", "said"),
    [
        ("Fresh-One", "nothing", ["lower case letters", "there is no hook nothing"]),
        ("class", "decide_assignments", ["Python or the hub has for something else"]),
        ("json", "plan_panels", ["Python or the hub has for something else"]),
        ("webhooks", "plan_panels", ["comes with the hub"]),
        ("first_90_days", "plan_panels", ["installed already"]),
    ],
)
def test_what_cannot_be_is_refused_with_all_problems_at_once(
    tmp_path: Path, name: str, hook: str, said: list[str]
) -> None:
    done = CliRunner().invoke(main, ["plugin", "new", name, "--hook", hook, "--folder", str(tmp_path)])
    assert done.exit_code == 2
    assert [words for words in said if words not in done.output] == []
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_already_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "fresh").mkdir()
    done = CliRunner().invoke(main, ["plugin", "new", "fresh", "--folder", str(tmp_path)])
    assert done.exit_code == 2
    assert "is there already" in done.output
    assert list((tmp_path / "fresh").iterdir()) == []
    missing = CliRunner().invoke(main, ["plugin", "new", "fresh", "--folder", str(tmp_path / "gone")])
    assert "there is no folder" in missing.output
