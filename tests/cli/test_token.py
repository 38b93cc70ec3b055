"""Tokens of the REST interface, made with a command."""

import re

from hub.access.api_tokens import check_api_token
from hub.ids import new_id
from hub.network import tables as network
from hub.runtime import Hub
from tests.cli.conftest import Command


def test_a_token_is_made_listed_and_revoked(hub_command: Command, inside: Hub) -> None:
    partner_id = new_id()
    with inside.unit_of_work() as uow:
        uow.insert(network.partner, id=partner_id, name="Harbor")
        uow.insert(network.roster_key, kind="partner", external_id="P-1", id=partner_id, content_hash="")
    assert "no tokens" in hub_command("token", "list").stdout
    made = hub_command(
        "token", "create", "--partner", "P-1", "--scope", "people/read", "--label", "nightly", "--days", "90"
    )
    assert made.exit_code == 0, made.output
    found = re.search(r"token: +(hub_[\w-]{43})$", made.stdout, re.MULTILINE)
    assert found, made.stdout
    with inside.reading() as uow:
        caller = check_api_token(uow, f"Bearer {found[1]}")
    assert (caller.reach.partner_id, caller.scopes) == (partner_id, frozenset({"people/read"}))
    listed = hub_command("token", "list").stdout
    assert "nightly" in listed
    assert found[1] not in listed
    assert hub_command("token", "revoke", caller.token_id, input="n\n").exit_code != 0
    assert hub_command("token", "revoke", caller.token_id, "--yes").exit_code == 0
    assert "revoked" in hub_command("token", "list").stdout
    both = hub_command("token", "create", "--partner", "P-1", "--person", "E-1", "--scope", "people/read")
    assert both.exit_code != 0
