"""``hub catalogue``: courses and accounts of a learning system are read again and again, from where was said once."""

from collections.abc import Iterator
from pathlib import Path

import flask
import pytest
import sqlalchemy as sa

from hub.network.importing.roster_keys import find_id
from hub.network.people.identities import LTI_SUBJECT, find_people, link_identity
from hub.network.systems.connections import create_connection, find_connection
from hub.runtime import Hub
from hub.testing.serve import serve
from hub.training.tables import catalogue_source
from tests.cli.conftest import Command
from tests.cli.small_network import write_network
from tests.rows import every_row

COURSES = "external_id,key,title,activity_id\n1,brakes,Brakes,https://lms.example/brakes\n"
EVERYBODY = "person_id,subject\nP1,11\nP2,22\nP3,33\nP9,99\n"


@pytest.fixture
def lms(settings_file: Path) -> Iterator[str]:
    """The address of an LMS that publishes its courses and, for who knows a key, its accounts."""
    app = flask.Flask("lms", static_folder=None)
    app.add_url_rule("/courses.csv", "courses", lambda: COURSES)

    def people() -> tuple[str, int]:
        known = flask.request.headers.get("Authorization") == "Bearer k-only-for-tests"
        return ("person_id,subject\nP1,11\nP9,99\n", 200) if known else ("", 401)

    app.add_url_rule("/people.csv", "people", people)
    app.add_url_rule("/all.csv", "all", lambda: EVERYBODY)
    with serve(app) as address:
        text = settings_file.read_text(encoding="utf-8").replace('"webhooks"', '"csv_roster", "moodle"')
        text += f'outgoing_allow = ["{address.removeprefix("http://")}"]\n'
        settings_file.write_text(text, encoding="utf-8")
        yield address


@pytest.fixture
def connected(lms: str, inside: Hub, hub_command: Command, tmp_path: Path) -> str:
    """The same, once the network is there and the LMS is connected as north."""
    assert hub_command("network", "import", write_network(tmp_path / "net")).exit_code == 0
    with inside.unit_of_work() as uow:
        create_connection(uow, "north", "lms", "LMS North")
    return lms


def test_a_catalogue_is_named_once_and_read_again_by_the_slug(hub_command: Command, connected: str) -> None:
    missing = hub_command("catalogue", "sync", "north")
    assert missing.exit_code == 1
    assert "hub catalogue sync north ADDRESS" in missing.stderr
    first = hub_command("catalogue", "sync", "north", f"{connected}/courses.csv")
    assert first.stdout == "1 added, 0 changed, 0 retired, 0 unchanged.\n"
    again = hub_command("catalogue", "sync", "north")
    assert again.stdout == "0 added, 0 changed, 0 retired, 1 unchanged.\n"


def test_a_roster_links_accounts_and_names_what_does_not_fit(
    hub_command: Command, connected: str, inside: Hub, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_text("k-only-for-tests\n")
    done = hub_command("catalogue", "roster", "north", f"{connected}/people.csv", "--secret", f"file:{key}")
    assert done.exit_code == 0, done.output
    assert done.stdout == (
        "1 linked, 0 unchanged, 1 strangers, 0 conflicts.\n  the network files name no person P9\n"
    )
    assert hub_command("catalogue", "roster", "north").stdout.startswith("0 linked, 1 unchanged")
    with inside.reading() as uow:
        north = find_connection(uow, "north").id
        assert find_people(uow, north, LTI_SUBJECT, ["11"]) == {"11": find_id(uow, "person", "P1")}
        assert "k-only" not in str(uow.connection.execute(sa.select(catalogue_source)).all())


def test_a_roster_is_shown_before_it_is_linked(
    hub_command: Command, connected: str, inside: Hub, tmp_path: Path
) -> None:
    with inside.unit_of_work() as uow:
        north, third = find_connection(uow, "north").id, find_id(uow, "person", "P3")
        for subject in ("22", "33"):
            link_identity(uow, north, LTI_SUBJECT, subject, third, "roster")
    before = every_row(inside)
    shown = hub_command("catalogue", "roster", "north", f"{connected}/all.csv", "--dry-run")
    assert shown.exit_code == 0, shown.output
    assert shown.stdout == (
        "Would be: 1 linked, 1 unchanged, 1 strangers, 1 conflicts. Nothing was written.\n"
        "  + P1 (lti)\n"
        "  the network files name no person P9\n"
        "  an account of P2 already belongs to somebody else\n"
    )
    assert every_row(inside) == before
    done = hub_command("catalogue", "roster", "north", f"{connected}/all.csv")
    assert done.stdout.startswith("1 linked, 1 unchanged, 1 strangers, 1 conflicts.\n")
    before = every_row(inside)
    again = hub_command("catalogue", "roster", "north", "--dry-run")
    assert again.stdout.startswith("Would be: 0 linked, 2 unchanged, 1 strangers, 1 conflicts.")
    assert every_row(inside) == before
    with inside.reading() as uow:
        assert find_people(uow, north, LTI_SUBJECT, ["11"]) == {"11": find_id(uow, "person", "P1")}


def test_a_dry_run_refuses_what_the_real_one_refuses(
    hub_command: Command, connected: str, inside: Hub
) -> None:
    before = every_row(inside)
    for wrong in (
        ("roster", "north"),
        ("roster", "north", "--secret", "x"),
        ("sync", "north", "--secret", "x"),
        ("roster", "west", f"{connected}/all.csv"),
        ("roster", "north", f"{connected}/all.csv", "--plugin", "csv_catalogue"),
        ("roster", "north", f"{connected}/all.csv", "--secret", "env:NOT_THERE"),
    ):
        shown, done = (hub_command("catalogue", *wrong, *more) for more in (["--dry-run"], []))
        assert (shown.exit_code, shown.stderr) == (done.exit_code, done.stderr)
        assert shown.exit_code
    assert every_row(inside) == before
    refused = hub_command("catalogue", "roster", "north", f"{connected}/people.csv", "--dry-run")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "answered 401" in refused.stderr
    assert every_row(inside) == before


def test_sources_are_listed_with_how_the_last_run_went(hub_command: Command, connected: str) -> None:
    hub_command("catalogue", "sync", "north", f"{connected}/courses.csv?key=secret")
    refused = hub_command("catalogue", "roster", "north", f"{connected}/people.csv")
    assert refused.exit_code == 1
    assert "answered 401" in refused.stderr
    listed = hub_command("catalogue", "sources").stdout
    assert "1 added" in listed
    assert "answered 401" in listed
    assert "secret" not in listed


def test_what_cannot_be_laid_down_is_refused(hub_command: Command, connected: str) -> None:
    address = f"{connected}/courses.csv"
    wrong = hub_command("catalogue", "sync", "north", address, "--plugin", "csv_roster")
    assert wrong.exit_code == 2
    assert "csv_catalogue, moodle" in wrong.stderr
    alone = hub_command("catalogue", "roster", "north", "--secret", "x")
    assert alone.exit_code == 2
    assert "name the ADDRESS" in alone.stderr
    assert hub_command("catalogue", "sync", "west", address).exit_code == 1
