"""The plugin crm_export, installed from its own folder: a CRM that follows who is certified, through a whole hub."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flask
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from hub.app import open_hub
from hub.cli import main
from hub.clock import SettableClock
from hub.config import Settings
from hub.exports.tables import export_row
from hub.exports.views import find_export, list_exports, write_csv
from hub.testing.serve import serve
from tests.packages import installed
from tests.rows import every_row
from tests.world import World, days

PROJECT = Path(__file__).parents[2] / "plugins_contrib" / "crm_export"


class Crm:
    """Upserts records by an external id, as sObject Collections do; ``down`` is how often it answers 503 first."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Any]] = {}
        self.requests = 0
        self.down = 0

    def upsert(self) -> flask.Response:
        self.requests += 1
        if self.down:
            self.down -= 1
            return flask.Response(status=503)
        body = flask.request.get_json()
        for record in body["records"]:
            self.records[record["Hub_Id__c"]] = self.records.get(record["Hub_Id__c"], {}) | record
        return flask.jsonify([{"success": True, "errors": []} for _ in body["records"]])

    def active(self) -> list[tuple[str, str]]:
        return sorted(
            (record["First__c"], record["Until__c"] or "")
            for record in self.records.values()
            if record["Active__c"] == "true"
        )


@pytest.fixture
def crm() -> Iterator[tuple[str, Crm]]:
    app, made = flask.Flask("crm", static_folder=None), Crm()
    app.add_url_rule("/upsert", "upsert", made.upsert, methods=["PATCH"])
    with serve(app) as address:
        yield address, made


@pytest.fixture
def world(settings: Settings, clock: SettableClock, crm: tuple[str, Crm]) -> Iterator[World]:
    """Thirty technicians, of whom four have reached what they should."""
    address, _ = crm
    fields = {"id": "Hub_Id__c", "active": "Active__c", "given_name": "First__c", "until": "Until__c"}
    dealers = {"url": f"{address}/upsert", "form": "records", "object": "Certification__c", "fields": fields}
    said = {
        "plugins": ["standard_completion", "crm_export"],
        "plugin": {"crm_export": {"lists": {"dealers": {**dealers, "targets": ["offering:brakes"]}}}},
        "outgoing_allow": [address.removeprefix("http://")],
    }
    with installed(PROJECT):
        opened = open_hub(settings.model_copy(update=said), clock=clock)
        made = World(opened).begin()
        made.add(positions=["technician"])
        made.add_location("Riverside")
        made.add_courses("south", "brakes")
        for number in range(30):
            made.add_person(f"p{number}")
            until = clock.now() + days(10) if number == 3 else None
            made.ids[f"a{number}"] = made.appoint(f"p{number}", "technician", "Riverside", until=until)
        made.add_rule("brake-safety", "brakes", "service", positions=("technician",))
        for number in range(4):
            made.link(f"p{number}")
            made.ids[f"s{number}"] = made.send(f"p{number}", "brakes")
        yield made
        opened.close()


def test_crm_follows_who_is_certified_who_left_and_whose_credit_was_taken_back(
    world: World, clock: SettableClock, crm: tuple[str, Crm]
) -> None:
    _, made = crm
    made.down = 1
    world.drain()
    assert made.records == {}
    clock.advance(seconds=2)
    world.drain()
    assert made.active() == [("p0", ""), ("p1", ""), ("p2", ""), ("p3", "2026-05-14")]
    assert made.requests == 2
    world.send("p0", world.ids["s0"], verb="voided")
    world.end_appointment("p1", world.ids["a1"], clock.now())
    clock.advance(minutes=1)
    world.drain()
    assert made.active() == [("p2", ""), ("p3", "2026-05-14")]
    clock.advance(days=11)
    world.drain()
    assert made.active() == [("p2", "")]
    assert len(made.records) == 4
    before = made.requests
    clock.advance(days=1)
    world.drain()
    assert made.requests == before


def test_list_can_be_seen_and_written_as_a_file(world: World, tmp_path: Path) -> None:
    world.drain()
    with world.hub.reading() as uow:
        (seen,) = list_exports(uow)
        count = write_csv(uow, find_export(world.hub.hooks, "crm_export", "dealers"), tmp_path / "list.csv")
    assert (seen.plugin, seen.export, seen.rows, seen.refused, seen.waiting) == (
        "crm_export",
        "dealers",
        4,
        0,
        0,
    )
    with (tmp_path / "list.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert count == len(rows) == 4
    assert {row["given_name"] for row in rows} == {"p0", "p1", "p2", "p3"}
    assert (tmp_path / "list.csv").stat().st_mode & 0o777 == 0o600


def test_commands_show_write_and_compare(
    world: World, crm: tuple[str, Crm], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.drain()
    settings = tmp_path / "hub.toml"
    settings.write_text(
        f'database_url = "{world.hub.settings.database_url.get_secret_value()}"\n'
        f'secret_key = "{world.hub.settings.secret_keys[0]}"\n'
        'plugins = ["standard_completion", "crm_export"]\n'
        "[plugin.crm_export.lists.dealers]\n"
        f'url = "{crm[0]}/upsert"\nsecret = "s"\ntargets = ["offering:brakes"]\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("HUB_CONFIG", str(settings))
    run = CliRunner().invoke
    shown = run(main, ["certified", "list"])
    assert shown.exit_code == 0, shown.output
    assert "dealers" in shown.output
    written = run(main, ["certified", "csv", "crm_export", "dealers", str(tmp_path / "all.csv")])
    assert "3 rows written" in written.output  # by the real clock the fourth has left
    with world.hub.unit_of_work() as uow:  # as if the CRM had lost one of the three
        lost = export_row.c.person_id == world.ids["p0"]
        uow.connection.execute(sa.delete(export_row).where(lost))
    before, requests = every_row(world.hub), crm[1].requests
    dry = run(main, ["certified", "compare", "crm_export", "dealers", "--dry-run"])
    assert dry.exit_code == 0, dry.output
    assert dry.stdout.startswith(
        "4 people would be compared. Rows: 1 new, 0 changed, 0 refused before and offered again, 1 taken away.\n"
    )
    assert dry.stdout.count("\n  + ") == 1
    assert dry.stdout.count("\n  - ") == 1
    assert dry.stdout.endswith("This was a dry run: nothing was changed.\n")
    assert (every_row(world.hub), crm[1].requests) == (before, requests)
    assert run(main, ["certified", "compare", "crm_export", "dealers"]).exit_code == 0
    assert "4" in run(main, ["certified", "list"]).output
    unknown = run(main, ["certified", "csv", "crm_export", "others", str(tmp_path / "no.csv")])
    assert unknown.exit_code != 0
    assert "There is no list others" in unknown.output
    for more in ([], ["--dry-run"]):
        refused = run(main, ["certified", "compare", "crm_export", "others", *more])
        assert (refused.exit_code, refused.output) == (unknown.exit_code, unknown.output)
