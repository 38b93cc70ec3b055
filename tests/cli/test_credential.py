"""``hub credential``: making, finding, renewing, revoking and trying credentials from the command line."""

from collections.abc import Iterator
from pathlib import Path

import flask
import pytest

from hub.app import create_app, open_hub
from hub.config import load_settings
from hub.errors import HubError
from hub.runtime import Hub
from hub.testing.serve import serve
from hub.xapi.callers.authenticate import check_credential
from hub.xapi.callers.credentials import Credential
from tests.cli.conftest import Command
from tests.xapi.rig import basic


def words(output: str) -> dict[str, str]:
    """What stands behind the names of the indented lines."""
    lines = [line.split() for line in output.splitlines() if line.startswith("  ")]
    return {line[0]: line[1] for line in lines if len(line) == 2}


def known(hub: Hub, key: str, secret: str) -> Credential | str:
    """Whose key and secret these are, or why they are refused."""
    with hub.reading() as uow:
        try:
            return check_credential(uow, basic(key, secret))
        except HubError as refused:
            return refused.code


@pytest.fixture
def south(hub_command: Command) -> dict[str, str]:
    """The first credential of LMS South."""
    return words(hub_command("connect", "source", "lms-south", "--name", "LMS South").stdout)


def test_a_credential_is_made_with_what_it_may_do(
    hub_command: Command, inside: Hub, south: dict[str, str]
) -> None:
    scopes = ("--scope", "statements/read", "--scope", "state")
    done = hub_command("credential", "create", "lms-south", "--label", "Export", "--days", "30", *scopes)
    assert done.exit_code == 0, done.output
    shown = words(done.stdout)
    assert shown["endpoint"] == "http://127.0.0.1:8000/xapi/"
    assert shown["tokens"] == "http://127.0.0.1:8000/xapi/oauth/token"
    credential = known(inside, shown["key"], shown["secret"])
    assert isinstance(credential, Credential)
    assert credential.scopes == {"statements/read", "state"}
    assert credential.expires_at is not None
    listed = hub_command("credential", "list").stdout
    for part in ("Export", "statements/read state", "never", "until 20", south["key"], shown["key"]):
        assert part in listed
    assert shown["secret"] not in listed
    assert "Export" in hub_command("credential", "list", "export").stdout
    assert hub_command("credential", "list", "zzz").stdout == "There is no such credential.\n"


def test_what_cannot_be_made_is_told(hub_command: Command, south: dict[str, str]) -> None:
    none = hub_command("credential", "create", "lms-west")
    assert (none.exit_code, "no such connection" in none.stderr) == (1, True)
    bad = hub_command("credential", "create", "lms-south", "--scope", "everything", "--label", "x" * 101)
    assert bad.exit_code == 2
    assert "scopes: 'everything' is no scope" in bad.stderr
    assert "label: must be one line" in bad.stderr
    assert "statements/read/mine" in bad.stderr


def test_a_renewed_secret_replaces_the_old_one(
    hub_command: Command, inside: Hub, south: dict[str, str]
) -> None:
    shown = words(hub_command("credential", "rotate", south["key"]).stdout)
    assert isinstance(known(inside, shown["key"], shown["secret"]), Credential)
    assert known(inside, south["key"], south["secret"]) == "wrong_credentials"


def test_revoking_asks_first_and_is_for_good(
    hub_command: Command, inside: Hub, south: dict[str, str]
) -> None:
    stopped = hub_command("credential", "revoke", south["key"], input="n\n")
    assert stopped.exit_code == 1
    assert "LMS South" in stopped.output
    assert isinstance(known(inside, south["key"], south["secret"]), Credential)
    assert hub_command("credential", "revoke", south["key"], "--yes").exit_code == 0
    assert known(inside, south["key"], south["secret"]) == "credential_revoked"
    for command in ("rotate", "revoke"):
        again = hub_command("credential", command, south["key"], *(["--yes"] if command == "revoke" else []))
        assert (again.exit_code, "no credential with this key" in again.stderr) == (1, True)
    assert "no credentials yet" in hub_command("credential", "list").stdout
    assert "revoked" in hub_command("credential", "list", "--revoked").stdout


@pytest.fixture
def served(settings_file: Path) -> Iterator[None]:
    """The hub at its public_url."""
    hubs: list[Hub] = []

    def create(url: str) -> flask.Flask:
        settings_file.write_text(f'{settings_file.read_text()}public_url = "{url}"\n')
        hubs.append(open_hub(load_settings(settings_file)))
        return create_app(hubs[0])

    with serve(create):
        yield
    hubs[0].close()


def test_a_credential_is_tried_step_by_step(
    hub_command: Command, south: dict[str, str], served: None
) -> None:
    good = hub_command("credential", "test", south["key"], input=f"{south['secret']}\n")
    assert good.exit_code == 0, good.output
    assert "works   Send a statement" in good.stdout
    assert "-       Keep a state document: This credential is not meant for that" in good.stdout
    bad = hub_command("credential", "test", south["key"], "--secret", "wrong")
    assert bad.exit_code == 1
    assert "FAILED  Send a statement: The key and the secret do not belong together." in bad.stdout
    assert "answer  401 wrong_credentials" in bad.stdout
    assert south["secret"] not in good.output + bad.output
