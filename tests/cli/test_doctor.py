"""The doctor finds what is wrong, says what to do, and finds nothing where all is well."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub import hookspecs
from hub.app import open_hub, open_worker
from hub.audiences.assigning.unasked import note_unasked
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import Audience, set_audience, switch_plugin
from hub.hooks import Deprecated, Timing
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
from tests.packages import installed, write_plugin

AWAY = """
from hub.api import hookimpl


class Plugin:
    hub_api = "1.0"

    @hookimpl
    def decide_assignments(self, candidates):
        return []
"""


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


def test_a_plugin_that_could_not_be_asked_is_found_until_it_is_or_is_off(
    hub_command: Command, inside: Hub, tmp_path: Path
) -> None:
    with installed(write_plugin(tmp_path, "away", AWAY)):
        settings = inside.settings.model_copy(update={"plugins": ["away", *inside.settings.plugins]})
        with_it = open_hub(settings)
        with with_it.unit_of_work() as uow:
            set_audience(uow, Audience("all", "All", Conditions()))
            switch_plugin(uow, "all", "away", on=True)
    assert "plugin away" not in checks(hub_command)
    with inside.unit_of_work() as uow:
        note_unasked(uow, ["away"])
    found = checks(hub_command)
    state, words = found["plugin away"]
    assert state == "warning"
    assert "could not be asked about everybody: they keep what it last said" in words
    assert "as soon as it is on the list and not set aside; or switch it off" in words
    assert "plugin calls" not in found
    with with_it.unit_of_work() as uow:
        switch_plugin(uow, "all", "away", on=False)
    with_it.close()
    assert "plugin away" not in checks(hub_command)


def test_a_plugin_with_a_deprecated_hook_is_found(
    hub_command: Command, inside: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaving = replace(hookspecs.credit_granted.hub_contract, deprecated=Deprecated("1.1", "news_gathered"))  # type: ignore[attr-defined]
    monkeypatch.setattr(hookspecs.credit_granted, "hub_contract", leaving)
    with pytest.warns(DeprecationWarning, match="implements credit_granted"):
        found = checks(hub_command)
    assert found["plugin webhooks"] == (
        "warning",
        "implements credit_granted, which plugin API 1.2 refuses Its author has to implement news_gathered instead.",
    )
    with pytest.warns(DeprecationWarning, match="implements credit_granted"):
        shown = hub_command("plugins", "show", "webhooks").stdout
    assert "deprecated: plugin API 1.2 refuses it; news_gathered takes its place" in shown
    with pytest.warns(DeprecationWarning, match="implements credit_granted"):
        told = json.loads(hub_command("plugins", "show", "webhooks", "--json").stdout)
    assert [
        (hook["name"], hook["deprecated_for"], hook["gone_from_api"])
        for hook in told["hooks"]
        if hook["deprecated_for"]
    ] == [("credit_granted", "news_gathered", "1.2")]


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
