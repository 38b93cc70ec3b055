"""A SCIM client connected with a command, and its tokens."""

import re

import sqlalchemy as sa

from hub.ids import new_id
from hub.network import tables as network
from hub.runtime import Hub
from hub.sso.scim.tokens import check_token
from tests.cli.conftest import Command


def test_a_client_gets_tokens_and_loses_them(hub_command: Command, inside: Hub) -> None:
    partner_id = new_id()
    with inside.unit_of_work() as uow:
        uow.insert(network.partner, id=partner_id, name="Harbor")
        uow.insert(network.roster_key, kind="partner", external_id="P-1", id=partner_id, content_hash="")
    made = hub_command(
        "connect", "scim", "add", "harbor-scim", "--name", "Harbor Entra", "--partner", "P-1", "--days", "90"
    )
    assert made.exit_code == 0, made.output
    assert "address: http://127.0.0.1:8000/scim/v2" in made.stdout
    found = re.search(r"token: +([\w-]{43})$", made.stdout, re.MULTILINE)
    assert found, made.stdout
    with inside.reading() as uow:
        caller = check_token(uow, f"Bearer {found[1]}")
    assert caller.partner_id == partner_id
    assert hub_command("connect", "scim", "token", "harbor-scim", "--label", "second").exit_code == 0
    listed = hub_command("connect", "scim", "list", "harbor-scim").stdout
    assert "second" in listed
    assert found[1] not in listed
    asked = hub_command("connect", "scim", "revoke", "harbor-scim", caller.token_id, input="n\n")
    assert asked.exit_code != 0
    assert hub_command("connect", "scim", "revoke", "harbor-scim", caller.token_id, "--yes").exit_code == 0
    assert "revoked" in hub_command("connect", "scim", "list", "harbor-scim").stdout
    with inside.reading() as uow:
        assert uow.connection.scalar(sa.select(sa.func.count()).select_from(network.connection)) == 1
    assert hub_command("connect", "scim", "token", "nobody").exit_code != 0
