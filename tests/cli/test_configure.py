"""Configuring a hub from nothing with commands: network, systems, courses, who gets what, operators, plugins."""

import base64
import tomllib
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from hub.app import open_worker
from hub.config import load_settings
from hub.network.importing.roster_keys import find_id
from hub.network.systems.connections import find_connection
from hub.network.tables import role_grant
from hub.runtime import Hub
from hub.sso.tables import oidc_provider
from hub.testing.idp import IdpConfig, create_idp
from hub.testing.serve import serve
from hub.training.tables import goal
from hub.xapi.callers.authenticate import check_credential
from tests.cli.conftest import Command
from tests.cli.small_network import write_network

AUDIENCES = """
[[audience]]
key = "workshop"
name = "Workshop"
conditions = { positions = ["technician"] }
plugins = ["first_90_days"]

[[rule]]
key = "brakes"
title = "Brakes"
dimension = "service"
kind = "brand"
target = "offering:brake-systems"
conditions = { positions = ["technician"], brands = ["borealis"], activity = "service", nodes = ["service:all"] }
"""
CATALOGUE = """external_id,key,title,activity_id,description,minutes,completion_policy,launch
1,brake-systems,Brake systems,https://lms.example/brakes,,25,,
"""


def test_network_files_are_checked_imported_and_nothing_happens_twice(
    hub_command: Command, tmp_path: Path
) -> None:
    folder = write_network(
        tmp_path / "bad", people="person_id,partner_id,given_name,family_name,email,locale\nP1,NO,A,B,a@b,en"
    )
    refused = hub_command("network", "import", folder)
    assert refused.exit_code == 2
    assert "people.csv" in refused.stderr
    assert "partner_id" in refused.stderr
    folder = write_network(tmp_path / "good")
    for arguments, words in (
        (["--dry-run"], "This was a dry run"),
        ([], "The worker brings everybody's goals up to date."),
        ([], "Nothing to change."),
    ):
        done = hub_command("network", "import", folder, *arguments)
        assert done.exit_code == 0, done.output
        assert words in done.stdout


def test_a_role_is_granted_once_and_only_to_people_there_are(
    hub_command: Command, inside: Hub, tmp_path: Path
) -> None:
    hub_command("network", "import", write_network(tmp_path / "net"))
    assert hub_command("grant", "P1", "operator").stdout == "Lena Ortiz now is operator.\n"
    assert hub_command("grant", "P1", "operator").stdout == "Lena Ortiz already is operator.\n"
    with inside.reading() as uow:
        lena = find_id(uow, "person", "P1")
        assert uow.connection.execute(sa.select(role_grant)).all() == [(lena, "operator")]
    assert hub_command("grant", lena, "operator").exit_code == 0
    assert hub_command("grant", "P9", "operator").exit_code == 1
    assert hub_command("grant", "P1", "queen").exit_code == 2


def test_a_source_of_statements_gets_a_key_that_works(hub_command: Command, inside: Hub) -> None:
    assert "--name" in hub_command("connect", "source", "south").stderr
    shown = hub_command("connect", "source", "south", "--name", "LMS South").stdout
    words = dict(line.split() for line in shown.splitlines() if line.startswith("  "))
    assert words["endpoint"] == "http://127.0.0.1:8000/xapi/"
    header = "Basic " + base64.b64encode(f"{words['key']}:{words['secret']}".encode()).decode()
    with inside.reading() as uow:
        assert check_credential(uow, header).connection_id == find_connection(uow, "south").id


def test_a_tool_is_connected_and_told_what_it_must_know(hub_command: Command, inside: Hub) -> None:
    urls = [
        "--login-url",
        "https://n/login",
        "--launch-url",
        "https://n/launch",
        "--jwks-url",
        "https://n/jwks",
    ]
    shown = hub_command("connect", "tool", "north", "--name", "LMS North", *urls)
    assert shown.exit_code == 0, shown.output
    assert "http://127.0.0.1:8000/lti/authorize" in shown.stdout
    again = hub_command("connect", "tool", "north", "--name", "LMS North", *urls)
    assert again.exit_code == 1
    urls[1] = "http://n/login"
    bad = hub_command("connect", "tool", "other", "--name", "Other", *urls)
    assert bad.exit_code == 2
    assert "must use https" in bad.stderr
    with inside.reading() as uow:
        assert find_connection(uow, "north").name == "LMS North"


def test_an_identity_provider_is_asked_before_it_is_connected(
    hub_command: Command, inside: Hub, settings_file: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("only-for-tests\n")
    options = [
        "--name",
        "Riverside",
        "--client-id",
        "hub",
        "--client-secret",
        f"file:{secret}",
        "--domain",
        "riverside.example",
    ]
    client = {"client_id": "hub", "client_secret": "only-for-tests", "redirect_uris": ()}
    with serve(lambda url: create_idp(IdpConfig(base_url=url, **client))) as idp:  # type: ignore[arg-type]
        allow(settings_file, idp)
        refused = hub_command("connect", "idp", "riverside", "--issuer", idp + "/other", *options)
        assert refused.exit_code == 1
        shown = hub_command("connect", "idp", "riverside", "--issuer", idp, *options)
    assert shown.exit_code == 0, shown.output
    assert "http://127.0.0.1:8000/sso/oidc/riverside/callback" in shown.stdout
    with inside.reading() as uow:
        [stored] = uow.connection.scalars(sa.select(oidc_provider.c.client_secret))
    assert "only-for-tests" not in stored
    assert inside.sealer.open(stored) == "only-for-tests"
    missing = hub_command("connect", "idp", "x", "--issuer", idp, *[*options[:5], "file:/none", *options[6:]])
    assert missing.exit_code == 2
    assert "there is no file /none" in missing.stderr


def test_courses_rules_and_goals_from_files_alone(
    hub_command: Command, inside: Hub, settings_file: Path, tmp_path: Path
) -> None:
    hub_command("network", "import", write_network(tmp_path / "net"))
    hub_command("connect", "source", "north", "--name", "LMS North")
    lms = Flask("lms")
    lms.add_url_rule("/catalogue.csv", view_func=lambda: CATALOGUE)
    with serve(lms) as address:
        allow(settings_file, address)
        synced = hub_command("catalogue", "sync", "north", f"{address}/catalogue.csv")
        assert synced.stdout == "1 added, 0 changed, 0 retired, 0 unchanged.\n", synced.output
        assert hub_command("catalogue", "sync", "north", f"{address}/none.csv").exit_code == 1
    file = tmp_path / "who.toml"
    file.write_text(AUDIENCES)
    refused = hub_command("audiences", "apply", file)
    assert refused.exit_code == 2
    assert "who.toml:2 audience workshop: plugins: no plugin first_90_days" in refused.stderr
    file.write_text(AUDIENCES.replace('"first_90_days"', ""))
    planned = hub_command("audiences", "apply", file, "--dry-run")
    assert planned.exit_code == 0, planned.output
    assert "2 people in all" in planned.stdout
    assert "Applied 2 changes." in hub_command("audiences", "apply", file).stdout
    assert "Nothing to change: 2 items as in the file." in hub_command("audiences", "apply", file).stdout
    open_worker(inside).drain()
    with inside.reading() as uow:
        lena = find_id(uow, "person", "P1")
        assert uow.connection.scalars(sa.select(goal.c.person_id)).all() == [lena]
    exported = tmp_path / "export.toml"
    exported.write_text(hub_command("audiences", "export").stdout)
    assert tomllib.loads(exported.read_text())["rule"][0]["conditions"]["nodes"] == ["service:all"]
    assert "Nothing to change" in hub_command("audiences", "apply", exported).stdout


def test_plugins_are_listed_and_only_those_that_can_be_are_switched(hub_command: Command) -> None:
    shown = hub_command("plugins")
    assert shown.exit_code == 0, shown.output
    assert [line.split()[1] for line in shown.stdout.splitlines() if line[:1].isdigit()] == [
        "standard_completion",
        "csv_catalogue",
        "webhooks",
    ]
    assert "recognize_completion" in shown.stdout
    refused = hub_command("plugins", "switch", "workshop", "webhooks", "on")
    assert refused.exit_code == 2
    assert "webhooks" in refused.stderr


def allow(settings_file: Path, address: str) -> None:
    """Let the hub call a server of this test."""
    allowed = f'outgoing_allow = ["{address.removeprefix("http://")}"]\n'
    settings_file.write_text(settings_file.read_text() + allowed)
    load_settings(settings_file)
