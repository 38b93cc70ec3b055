"""The doctor finds what is wrong, says what to do, and finds nothing where all is well."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.app import open_worker
from hub.hooks import Timing
from hub.ids import new_id
from hub.journal import enqueue
from hub.journal.aside import set_plugin_aside
from hub.journal.outbox import PARKED
from hub.journal.tables import outbox, reader
from hub.journal.timings import save_timings
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from hub.training.tables import waiting_statement
from tests.cli.conftest import Command


def checks(command: Command) -> dict[str, tuple[str, str]]:
    """State and words of every check."""
    found = json.loads(command("doctor", "--json").stdout)
    return {
        check["check"]: (check["state"], check["found"] + " " + check["help"]) for check in found["checks"]
    }


def test_a_hub_at_work_is_healthy(hub_command: Command, inside: Hub) -> None:
    open_worker(inside).drain()
    result = hub_command("doctor")
    assert result.exit_code == 0, result.output
    assert "No problems, no warnings." in result.stdout
    assert "✗" not in result.stdout


def test_a_hub_that_has_never_worked_is_told(hub_command: Command) -> None:
    assert checks(hub_command)["readers"][0] == "warning"
    assert hub_command("doctor").exit_code == 0


def test_files_that_cannot_be_stored_are_found(
    hub_command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert checks(hub_command)["files"][0] == "ok"
    (tmp_path / "taken").write_text("not a folder")
    monkeypatch.setenv("HUB_STORAGE_URL", f"file:{tmp_path}/taken")
    state, words = checks(hub_command)["files"]
    assert state == "problem"
    assert "storage_url" in words
    assert hub_command("doctor").exit_code == 1


def test_missing_tables_end_the_look_at_the_database(hub_command: Command, inside: Hub) -> None:
    with inside.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    found = checks(hub_command)
    assert found["database"][0] == "problem"
    assert "hub migrate" in found["database"][1]
    assert "record" not in found
    assert hub_command("doctor").exit_code == 1


def test_a_dropped_trigger_is_found(hub_command: Command, inside: Hub) -> None:
    with inside.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER credit_ledger_no_delete")
        else:
            connection.exec_driver_sql("ALTER TABLE credit_ledger DISABLE TRIGGER credit_ledger_append_only")
    state, words = checks(hub_command)["record"]
    assert state == "problem"
    assert "credit_ledger" in words
    assert "statement" not in words


def test_a_reader_that_fails_or_stands_still_is_found(hub_command: Command, inside: Hub) -> None:
    open_worker(inside).drain()
    with inside.unit_of_work() as uow:
        uow.connection.execute(
            sa.update(reader)
            .where(reader.c.name == "publish")
            .values(failures=3, last_error="ValueError: no such hook")
        )
        create_connection(uow, "lms", "lms", "LMS")  # a change that nobody reads
    found = checks(hub_command)
    assert found["reader publish"][0] == "problem"
    assert "no such hook" in found["reader publish"][1]
    assert found["reader reassign"] == ("ok", "1 rows behind, the oldest waits 0 s ")


def test_what_is_parked_and_what_waits_is_found(hub_command: Command, inside: Hub) -> None:
    with inside.unit_of_work() as uow:
        enqueue(uow, "tell", "webhooks", "key", {"hook": "credit_granted"})
        uow.connection.execute(sa.update(outbox).values(state=PARKED))
        waiting = {"connection_id": new_id(), "form": "mbox", "subject": "mailto:x@y", "since": uow.now}
        uow.connection.execute(sa.insert(waiting_statement).values(statement_id=new_id(), **waiting))
    found = checks(hub_command)
    assert found["deliveries"] == (
        "warning",
        "1 are parked after many attempts, 0 wait The admin pages show why, and send them again.",
    )
    assert found["statements"][0] == "warning"
    assert "1 wait for their actor" in found["statements"][1]


def test_plugins_that_fail_or_are_set_aside_are_found(hub_command: Command, inside: Hub) -> None:
    assert checks(hub_command)["plugin calls"][0] == "ok"
    with inside.unit_of_work() as uow:
        failed = Timing(3, 2, 0.1, 0.1, "OutsideFailed: it answered 503")
        save_timings(uow, {("webhooks", "credit_granted"): failed})
        set_plugin_aside(uow, "csv_catalogue", "read_catalogue did not come back")
    found = checks(hub_command)
    assert found["plugin webhooks"][0] == "warning"
    assert "credit_granted 2 of 3, last OutsideFailed: it answered 503" in found["plugin webhooks"][1]
    assert found["plugin csv_catalogue"][0] == "warning"
    assert "hub plugins take-back csv_catalogue" in found["plugin csv_catalogue"][1]
    assert "plugin calls" not in found
    assert hub_command("doctor").exit_code == 0


def test_a_hub_without_plugins_is_warned_of_and_what_waits_is_no_fault(
    hub_command: Command, inside: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_worker(inside).drain()
    monkeypatch.setenv("HUB_PLUGINS", "none")
    found = checks(hub_command)
    assert found["plugins"][0] == "warning"
    assert "nothing is credited" in found["plugins"][1]
    assert "HUB_PLUGINS=none" in found["plugins"][1]
    assert {name for name, (state, words) in found.items() if "on purpose" in words} == {
        "reader recognize",
        "reader recognize_changes",
        "reader publish",
        "reader joinings",
    }
    assert hub_command("doctor").exit_code == 0


@pytest.mark.parametrize(
    ("setting", "check", "state", "words"),
    [
        ('plugins = ["webhooks"]', "completion", "problem", "standard_completion"),
        ('plugins = ["nothing"]', "plugins", "problem", "nothing"),
        ('secret_key = "change-me-change-me-change-me-change-me"', "secret_key", "warning", "random"),
        ('public_url = "http://127.0.0.1:9999"', "public_url", "warning", "different ports"),
        ('public_url = "https://hub.example.com"', "public_url", "warning", "trusted_proxies"),
        ('listen_host = "0.0.0.0"', "listen_host", "warning", "TLS"),
    ],
)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_settings_that_do_not_fit_are_found(
    hub_command: Command, settings_file: Path, setting: str, check: str, state: str, words: str
) -> None:
    name = setting.split(" = ", maxsplit=1)[0]
    lines = [line for line in settings_file.read_text().splitlines() if not line.startswith(name)]
    settings_file.write_text("\n".join([*lines, setting]))
    found = checks(hub_command)
    assert found[check][0] == state
    assert words in found[check][1]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_settings_that_others_can_read_are_found(hub_command: Command, settings_file: Path) -> None:
    settings_file.chmod(0o644)
    state, words = checks(hub_command)["settings"]
    assert state == "warning"
    assert f"chmod 600 {settings_file}" in words
