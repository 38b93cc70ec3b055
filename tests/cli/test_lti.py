"""Learning systems that speak LTI, connected and looked after with commands."""

import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.journal.outbox import enqueue
from hub.journal.tables import outbox
from hub.lti.bridge.pass_back import AGS_SCORE
from hub.lti.deployments import list_deployments
from hub.lti.tool.platform_deployments import list_platform_deployments, note_unknown
from hub.lti.tools import read_tool
from hub.lti.vocabulary import SCORE_SCOPE
from hub.network.systems.connections import find_connection
from hub.runtime import Hub
from tests.cli.conftest import Command
from tests.cli.small_network import write_network
from tests.rows import every_row

NORTH = "https://north.example"
TOOL = (
    *("connect", "tool", "north", "--name", "LMS North"),
    *("--login-url", f"{NORTH}/login", "--launch-url", f"{NORTH}/launch", "--jwks-url", f"{NORTH}/jwks"),
)
WEST = "https://west.example"
PLATFORM = (
    *("connect", "platform", "west", "--name", "LMS West", "--issuer", WEST, "--client-id", "hub-1"),
    *("--authorize-url", f"{WEST}/auth", "--token-url", f"{WEST}/token", "--jwks-url", f"{WEST}/jwks"),
)

NO_PARKED = "There is no parked delivery with this id.\n"


def test_a_tool_with_scopes_and_a_place_to_choose_courses(hub_command: Command, inside: Hub) -> None:
    done = hub_command(*TOOL, "--scope", "score", "--deep-linking-url", f"{NORTH}/choose")
    assert done.exit_code == 0, done.output
    assert "/lti/authorize" in done.stdout
    with inside.reading() as uow:
        tool = read_tool(uow, find_connection(uow, "north").id)
    assert tool.scopes == (SCORE_SCOPE,)
    assert tool.deep_linking_url == f"{NORTH}/choose"
    assert "Missing option '--login-url'" in hub_command("connect", "tool", "x", "--name", "X").stderr


def test_a_registration_is_opened(hub_command: Command) -> None:
    address = f"{NORTH}/register"
    tool = hub_command("connect", "tool", "n", "--name", "N", "--registration-url", address)
    assert f"{address}?openid_configuration=" in tool.stdout
    platform = hub_command("connect", "platform", "w", "--name", "W", "--registration")
    assert "/lti/tool/register/" in platform.stdout


def test_a_platform_and_its_deployments(hub_command: Command, inside: Hub) -> None:
    done = hub_command(*PLATFORM, "--deployment", "d-1")
    assert done.exit_code == 0, done.output
    assert "/lti/tool/login" in done.stdout
    with inside.unit_of_work() as uow:
        west = find_connection(uow, "west").id
        note_unknown(uow, west, "d-2")
    assert "pending" in hub_command("lti", "deployments", "west").stdout
    decided = hub_command("lti", "deployments", "west", "--approve", "d-2", "--refuse", "d-1")
    assert decided.exit_code == 0, decided.output
    with inside.reading() as uow:
        states = {d.deployment_id: d.state for d in list_platform_deployments(uow, west)}
    assert states == {"d-1": "refused", "d-2": "approved"}
    assert "Missing option '--issuer'" in hub_command("connect", "platform", "x", "--name", "X").stderr


def test_a_tool_gets_a_deployment_for_one_partner(hub_command: Command, inside: Hub, tmp_path: Path) -> None:
    hub_command("network", "import", write_network(tmp_path / "net"))
    hub_command(*TOOL)
    with inside.reading() as uow:
        partner = uow.connection.scalar(sa.text("select name from partner order by name"))
    assert hub_command("lti", "deployments", "north", "--add", "d-2").exit_code == 2
    done = hub_command("lti", "deployments", "north", "--add", "d-2", "--partner", str(partner))
    assert done.exit_code == 0, done.output
    with inside.reading() as uow:
        assert len(list_deployments(uow, find_connection(uow, "north").id)) == 2


def test_keys_are_listed_and_rotated(hub_command: Command) -> None:
    assert "no key yet" in hub_command("lti", "keys").stdout
    kids = [hub_command("lti", "rotate-key").stdout.split()[0] for _ in range(2)]
    listed = hub_command("lti", "keys").stdout
    assert re.search(f"{re.escape(kids[1])}.*signs", listed)
    assert re.search(f"{re.escape(kids[0])}.*published until", listed)


def test_a_setup_link_is_printed_once(hub_command: Command, inside: Hub, tmp_path: Path) -> None:
    hub_command("network", "import", write_network(tmp_path / "net"))
    with inside.reading() as uow:
        partner = uow.connection.scalar(sa.text("select name from partner order by name"))
    made = hub_command("lti", "setup-link", str(partner), "--name", "Their LMS")
    assert re.search(r"/setup/[\w-]{43}\n", made.stdout)
    assert hub_command("lti", "setup-link", "Nobody", "--name", "Their LMS").exit_code == 1


@pytest.mark.parametrize("arguments", [TOOL, PLATFORM])
def test_a_trial_tells_what_failed(hub_command: Command, arguments: tuple[str, ...]) -> None:
    hub_command(*arguments)
    tried = hub_command("lti", "try", arguments[2])
    assert tried.exit_code == 1
    assert "FAILED" in tried.stdout
    assert "change" in tried.stdout


def test_a_trial_of_what_is_no_lti(hub_command: Command) -> None:
    hub_command("connect", "source", "plain", "--name", "Plain")
    assert "neither" in hub_command("lti", "try", "plain").stderr


def test_scores_are_listed_sent_again_and_let_be(hub_command: Command, inside: Hub) -> None:
    hub_command(*TOOL)
    assert "no such score" in hub_command("lti", "passback", "list").stdout
    body = {
        "placement_id": "p",
        "target_kind": "offering",
        "target_id": "t",
        "statement_id": "s",
        "given": "7",
        "maximum": "10",
        "progress": "Completed",
    }
    with inside.unit_of_work() as uow:
        enqueue(uow, AGS_SCORE, find_connection(uow, "north").id, "ags:1", body)
        reason = {"code": "refused_404", "status": 404, "last_error": "no such line item"}
        values = {"state": "parked", "attempts": 2, **reason}
        uow.connection.execute(sa.update(outbox).values(**values))
        id = str(uow.connection.scalar(sa.select(outbox.c.id)))
    listed = hub_command("lti", "passback", "list", "--state", "parked", "--connection", "north").stdout
    assert id in listed
    assert "refused_404" in listed
    before = every_row(inside)
    shown = hub_command("lti", "passback", "resend", id, "--dry-run")
    assert shown.exit_code == 0, shown.output
    assert shown.stdout == (
        "7/10, to LMS North, parked after 2 attempts: refused_404 no such line item\n"
        "It would be sent again now.\n\nThis was a dry run: nothing was changed.\n"
    )
    let_be = hub_command("lti", "passback", "resend", id, "--dismiss", "--dry-run").stdout
    assert "It would not be sent." in let_be
    assert every_row(inside) == before
    assert hub_command("lti", "passback", "resend", id).stdout == "It will be sent again now.\n"
    assert id in hub_command("lti", "passback", "list", "--state", "waiting").stdout
    with inside.unit_of_work() as uow:
        uow.connection.execute(sa.update(outbox).values(**values))
    assert hub_command("lti", "passback", "resend", id, "--dismiss").exit_code == 0
    assert id in hub_command("lti", "passback", "list", "--state", "dismissed").stdout
    with inside.unit_of_work() as uow:
        enqueue(uow, "tell", "webhooks", "tell:1", {})
        of_news = sa.select(outbox.c.id).where(outbox.c.kind == "tell")
        other = str(uow.connection.scalar(of_news))
        uow.connection.execute(sa.update(outbox).where(outbox.c.id == other).values(state="parked"))
    for wrong in (id, "nonsense", other):  # settled, no id, no score
        for more in ([], ["--dismiss"]):
            done = hub_command("lti", "passback", "resend", wrong, *more)
            shown = hub_command("lti", "passback", "resend", wrong, *more, "--dry-run")
            assert (shown.exit_code, shown.stderr) == (done.exit_code, done.stderr) == (1, NO_PARKED)
