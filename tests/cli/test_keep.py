"""Keeping a hub: backup and restore, the hash of its state, and checking it against its journals."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from hub.app import open_worker
from hub.cli import main
from hub.network.tables import appointment
from hub.runtime import Hub
from tests.cli.conftest import SETTINGS, Command
from tests.cli.small_network import write_network
from tests.databases import Kind, create_database, drop_database


@pytest.fixture
def network(hub_command: Command, inside: Hub, tmp_path: Path) -> None:
    """A hub with the small network in it, and nothing left to do."""
    hub_command("network", "import", write_network(tmp_path / "net"))
    open_worker(inside).drain()


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("target", ["sqlite", "postgres"])
def test_a_backup_restored_elsewhere_has_the_same_hash(
    hub_command: Command, tmp_path: Path, target: Kind
) -> None:
    file = tmp_path / "hub.backup"
    written = hub_command("backup", file)
    assert written.exit_code == 0, written.output
    assert "rows of" in written.stdout
    assert hub_command("backup", file).exit_code == 1
    url = create_database(target)
    other = tmp_path / "other.toml"
    other.write_text(SETTINGS.format(url=url))
    for code, words in ((0, "Restored"), (1, "The database is not empty")):
        restored = CliRunner().invoke(
            main, ["--config", str(other), "restore", str(file)], catch_exceptions=False
        )
        assert restored.exit_code == code
        assert words in restored.output
        assert "another secret_key" not in restored.output
    hashed = CliRunner().invoke(main, ["--config", str(other), "state", "hash"], catch_exceptions=False)
    drop_database(url)
    assert hashed.stdout == hub_command("state", "hash").stdout
    assert hashed.stdout.splitlines()[-1].endswith("  all")


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_backup_says_where_files_are(
    hub_command: Command, inside: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside.blobs.put("attachments/a/1", b"x")
    assert "and 1 file to" in hub_command("backup", tmp_path / "with-files").stdout
    monkeypatch.setenv("HUB_STORAGE_URL", "s3://hub-files/here")
    written = hub_command("backup", tmp_path / "without")
    assert "in s3://hub-files/here are not in it" in written.stderr


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_backup_of_another_key_says_so(hub_command: Command, tmp_path: Path) -> None:
    hub_command("backup", tmp_path / "hub.backup")
    other = tmp_path / "other.toml"
    settings = SETTINGS.format(url=f"sqlite:///{tmp_path}/other.sqlite").replace(
        "k3YzP0vQ7mXw", "another-key-x"
    )
    other.write_text(settings)
    restore = ["--config", str(other), "restore", str(tmp_path / "hub.backup")]
    restored = CliRunner().invoke(main, restore, catch_exceptions=False)
    assert restored.exit_code == 0
    assert "secret_key_fallbacks" in restored.stderr


@pytest.mark.usefixtures("network")
def test_replay_tells_equal_from_different(hub_command: Command, inside: Hub) -> None:
    equal = hub_command("replay", "--verify")
    assert equal.exit_code == 0, equal.output
    assert "are what the journals say" in equal.stdout
    with inside.unit_of_work() as uow:
        uow.connection.execute(sa.update(appointment).values(audience_class="internal"))
    different = hub_command("replay", "--verify")
    assert different.exit_code == 1
    assert "appointment: 0 only live, 0 only rebuilt, 3 differ" in different.stdout
    assert "Nothing was changed." in different.stderr


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_replay_does_not_compare_while_work_waits(hub_command: Command, tmp_path: Path) -> None:
    hub_command("network", "import", write_network(tmp_path / "net"))
    refused = hub_command("replay", "--verify", "--wait", "0")
    assert refused.exit_code == 1
    assert "reader reassign" in refused.stderr
    assert hub_command("replay").exit_code == 2


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_hash_of_one_dimension_is_of_its_field_and_goals_alone(hub_command: Command) -> None:
    lines = hub_command("state", "hash", "--dimension", "service").stdout.splitlines()
    field = [
        "node",
        "location_node",
        "rep_assignment",
        "manager_relation",
        "position_superior",
        "goal_decision",
    ]
    field += ["node_parent", "node_closure"]
    of_goals = ["goal", "goal_source", "waived_source", "credit"]
    assert [line.split()[2] for line in lines] == [*field, *of_goals, "all"]
    assert hub_command("state", "hash", "--dimension", "nowhere").exit_code == 1


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_generated_files_are_the_same_for_the_same_seed(hub_command: Command, tmp_path: Path) -> None:
    options = ["generate", "network", "--size", "S", "--today", "2026-05-04"]
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        assert hub_command(*options, "--seed", seed, "--out", tmp_path / name).exit_code == 0
    first, second, other = ((tmp_path / name / "people.csv").read_bytes() for name in "abc")
    assert first == second != other
