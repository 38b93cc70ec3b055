"""What every command has in common: help, versions, and how failures are told."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from hub import __version__
from hub.cli import COMMANDS, main, python_name
from hub.cli.failures import Failure, tell_failures

FILES = Path(__file__).parents[2] / "hub" / "cli"


def test_it_tells_its_version() -> None:
    assert CliRunner().invoke(main, ["--version"]).output == f"hub, version {__version__}\n"


def test_help_names_every_command_with_a_sentence() -> None:
    listed = CliRunner().invoke(main, ["--help"]).output.split("Commands:\n")[1].splitlines()
    assert [line.split()[0] for line in listed if line[:3].strip()] == list(COMMANDS)
    assert all(len(line.split()) > 2 for line in listed)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_stands_in_the_file_of_its_name_and_has_help(name: str) -> None:
    assert (FILES / f"{python_name(name)}.py").is_file()
    shown = CliRunner().invoke(main, [name, "--help"])
    assert shown.exit_code == 0
    assert f"Usage: main {name}" in shown.output


def test_bad_settings_are_told_all_at_once_without_a_traceback(tmp_path: Path) -> None:
    file = tmp_path / "hub.toml"
    file.write_text('secret_key = "short"\nlisten_port = 99999\ncolor = "red"\n')
    result = CliRunner().invoke(main, ["--config", str(file), "migrate"])
    assert result.exit_code == 2
    assert all(name in result.stderr for name in ("secret_key", "listen_port", "color"))
    assert "Traceback" not in result.output


def test_a_settings_file_that_is_not_there_is_bad_input(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["--config", str(tmp_path / "none.toml"), "migrate"])
    assert result.exit_code == 2
    assert "There is no settings file" in result.stderr
    assert "`hub init`" in result.stderr


def test_a_database_that_does_not_answer_is_told_in_words(tmp_path: Path) -> None:
    file = tmp_path / "hub.toml"
    url = "postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=2"
    file.write_text(f'secret_key = "{"k" * 40}"\ndatabase_url = "{url}"\n')
    result = CliRunner().invoke(main, ["--config", str(file), "migrate"])
    assert result.exit_code == 1
    assert result.stderr.startswith("The database cannot be used: ")
    assert "database_url" in result.stderr


def test_a_database_without_tables_is_told(tmp_path: Path) -> None:
    file = tmp_path / "hub.toml"
    file.write_text(f'secret_key = "{"k" * 40}"\ndatabase_url = "sqlite:///{tmp_path}/new.sqlite"\n')
    result = CliRunner().invoke(main, ["--config", str(file), "plugins"])
    assert result.exit_code == 1
    assert "Run `hub migrate`." in result.stderr


def test_a_driver_that_is_not_installed_is_named_and_other_bugs_stay_bugs() -> None:
    with pytest.raises(Failure) as failed, tell_failures():
        raise ModuleNotFoundError("No module named 'psycopg'", name="psycopg")
    assert "partner-training-hub[postgres]" in failed.value.error.help
    with pytest.raises(ModuleNotFoundError), tell_failures():
        raise ModuleNotFoundError("No module named 'moon'", name="moon")
