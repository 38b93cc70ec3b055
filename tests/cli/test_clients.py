"""Systems in which people sign in with the hub, added with a command, and the keys that sign who they are."""

import re

from hub.network.systems.connections import find_connection
from hub.runtime import Hub
from hub.signing.keys import list_signing_keys
from hub.sso.provider.clients import list_clients
from hub.sso.tokens import token_hash
from tests.cli.conftest import Command

CLIENT = ("connect", "client", "wiki", "--redirect-uri", "https://wiki.example/back")


def test_a_client_for_a_new_system_and_then_another_one(hub_command: Command, inside: Hub) -> None:
    refused = hub_command(*CLIENT)
    assert refused.exit_code == 2
    assert "--name" in refused.output
    added = hub_command(*CLIENT, "--name", "Wiki", "--refresh", "--logout-url", "https://wiki.example/out")
    assert added.exit_code == 0, added.output
    assert "/.well-known/openid-configuration" in added.stdout
    found = re.search(r"client id +(\S+)\n +secret +(\S+)", added.stdout)
    assert found
    with inside.reading() as uow:
        (client,) = list_clients(uow, find_connection(uow, "wiki").id)
    assert (client.client_id, client.secret_hash) == (found[1], token_hash(found[2]))
    assert (client.refreshes, client.logout_url) == (True, "https://wiki.example/out")
    public = hub_command(*CLIENT, "--auth-method", "none", "--anonymous")
    assert re.search(r"secret +none", public.stdout)
    renewed = hub_command("sso", "rotate-secret", client.client_id, "--overlap", "0")
    secret = re.search(r"\n +secret +(\S+)", renewed.stdout)
    assert secret
    with inside.reading() as uow:
        hashes = {one.secret_hash for one in list_clients(uow, find_connection(uow, "wiki").id)}
    assert hashes == {"", token_hash(secret[1])}


def test_what_is_wrong_with_a_client_is_told(hub_command: Command, inside: Hub) -> None:
    wrong = hub_command(
        "connect", "client", "wiki", "--name", "Wiki", "--redirect-uri", "http://wiki.example"
    )
    assert wrong.exit_code == 2
    assert "redirect_uris" in wrong.output


def test_keys_for_signing_in_elsewhere_are_their_own(hub_command: Command, inside: Hub) -> None:
    assert "no key yet" in hub_command("sso", "keys").stdout
    assert "signs from now on" in hub_command("sso", "rotate-key").stdout
    assert "signs" in hub_command("sso", "keys").stdout
    with inside.reading() as uow:
        assert len(list_signing_keys(uow, "oidc")) == 1
        assert list_signing_keys(uow, "lti") == []
