"""``hub plugins check``: what it prints, as words and as JSON, and how it ends."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub.cli import main
from tests.testing.plugin_check.mutants import Mutant, copy_plugin, line_of

RENAMED = Mutant(
    "renamed",
    "csv_roster",
    (
        (
            "self, source: CatalogueSource, http: OutgoingHttp",
            "self, origin: CatalogueSource, http: OutgoingHttp",
        ),
    ),
    "wrong-arguments",
)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["plugins", "check", *map(str, arguments)])


def test_a_good_plugin_ends_with_0(tmp_path: Path) -> None:
    answer = run(copy_plugin("csv_roster", tmp_path))
    assert (answer.exit_code, answer.output.splitlines()[-1]) == (0, "No errors.")


@pytest.fixture
def renamed(tmp_path: Path) -> Path:
    return RENAMED.make(tmp_path)


def test_a_finding_says_where_it_is_what_is_wrong_and_what_to_change(renamed: Path) -> None:
    answer = run(renamed)
    line = line_of(renamed, "def read_roster") - 1
    assert answer.exit_code == 1
    assert f"  wrong-arguments  csv_roster.py:{line} (read_roster)" in answer.output
    assert "    The hook has no origin" in answer.output
    assert "    Change: Write it as read_roster(self, source, http)." in answer.output
    assert "1 error; docs/checking-a-plugin.md says more about each." in answer.output


def test_programs_get_the_same_as_json(renamed: Path) -> None:
    answer = run(renamed, "--json")
    said = json.loads(answer.output)
    (finding,) = said["findings"]
    assert (answer.exit_code, said["plugin"], said["passed"]) == (1, "checked_csv_roster", False)
    assert (finding["code"], finding["level"]) == ("wrong-arguments", "error")
    assert (finding["path"], finding["hook"]) == ("csv_roster.py", "read_roster")
    assert finding["problem"].startswith("The hook has no origin")
    assert finding["mend"].startswith("Write it as")


@pytest.mark.parametrize("given", ["no_such_plugin", "."])
def test_nothing_to_check_ends_with_2(given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    answer = run(given)
    assert answer.exit_code == 2
    assert "Give the folder" in answer.output


def test_a_project_that_names_no_plugin_is_told_what_its_file_needs(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n', encoding="utf-8")
    answer = run(tmp_path)
    assert answer.exit_code == 2
    assert 'NAME = "MODULE:Plugin"' in answer.output
