"""A new hub begins with settings nobody else can read, and a database."""

import stat
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.cli import main
from hub.cli.settings_text import example_settings
from hub.config import Settings, load_settings

ROOT = Path(__file__).parents[2]


@pytest.fixture
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("_elsewhere")
def test_it_writes_settings_with_a_fresh_key_and_prepares_the_database(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["init"], catch_exceptions=False)
    assert result.exit_code == 0
    file = tmp_path / "config" / "hub.toml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(load_settings(file).secret_keys[0]) >= 60
    assert (tmp_path / "var" / "hub.sqlite").is_file()
    assert "hub run" in result.output
    assert "already has schema" in CliRunner().invoke(main, ["migrate"]).output


@pytest.mark.usefixtures("_elsewhere")
def test_another_folder_gets_another_key_and_its_own_database(tmp_path: Path) -> None:
    keys = set()
    for name in ("one", "two"):
        result = CliRunner().invoke(main, ["init", "--directory", name], catch_exceptions=False)
        assert f"cd {name}" in result.output
        keys.add(load_settings(tmp_path / name / "config" / "hub.toml").secret_keys[0])
        assert (tmp_path / name / "var" / "hub.sqlite").is_file()
    assert len(keys) == 2


@pytest.mark.usefixtures("_elsewhere")
def test_it_overwrites_nothing(tmp_path: Path) -> None:
    CliRunner().invoke(main, ["init"], catch_exceptions=False)
    before = (tmp_path / "config" / "hub.toml").read_text()
    again = CliRunner().invoke(main, ["init"])
    assert again.exit_code == 1
    assert "is there already" in again.stderr
    assert (tmp_path / "config" / "hub.toml").read_text() == before


def test_the_example_in_the_repository_is_what_the_settings_say() -> None:
    shown = CliRunner().invoke(main, ["config", "example"], catch_exceptions=False).output
    assert shown == example_settings()
    assert (ROOT / "config" / "hub.example.toml").read_text(encoding="utf-8") == shown


def test_the_example_is_toml_whose_values_are_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUB_STORAGE_URL")  # each test has a folder of its own
    lines = [
        line for line in example_settings().splitlines() if " = " in line and "[" not in line.split(" = ")[0]
    ]
    values = tomllib.loads("\n".join(line.removeprefix("# ") for line in lines))
    made = Settings(**{**values, "secret_key": "k" * 40})
    assert made == Settings(secret_key="k" * 40)
    assert set(values) == set(Settings.model_fields) - {"plugin"}
