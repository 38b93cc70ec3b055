"""Setup links, domains and what expires, at the command line."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.network.systems.connections import connections_for_email, create_connection
from hub.network.systems.setup_links import list_setup_links
from hub.network.tables import roster_key
from hub.runtime import Hub
from hub.sso.oidc.providers import add_provider, save_settings
from hub.testing.dns import serve_names
from tests.cli.conftest import Command


def test_a_link_for_a_new_partner(hub_command: Command, inside: Hub) -> None:
    made = hub_command("connect", "setup-link", "Harbor Auto", "--new", "--external-id", "HAR")
    assert re.search(r"/setup/[\w-]{43}\n", made.stdout), made.output
    with inside.reading() as uow:
        [link] = list_setup_links(uow)
        assert (link.parts, link.name) == (("sign_in", "provisioning"), "Sign-in of Harbor Auto")
        assert (
            uow.connection.scalar(sa.select(roster_key.c.id).filter_by(external_id="HAR")) == link.partner_id
        )
    again = hub_command("connect", "setup-link", "harbor auto", "--new")
    assert (again.exit_code, "already a partner" in again.stderr) == (1, True)
    more = hub_command("connect", "setup-link", "Harbor Auto", "--part", "tool", "--name", "LMS")
    assert more.exit_code == 0
    assert hub_command("connect", "setup-link", "Nobody").exit_code == 1
    assert hub_command("connect", "setup-link", "Harbor Auto", "--external-id", "X").exit_code == 2


def test_domains(hub_command: Command, inside: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    with inside.unit_of_work() as uow:
        create_connection(uow, "idp", "oidc", "Harbor")
    with serve_names() as names:
        monkeypatch.setenv("HUB_DNS_RESOLVER", names.address)
        asked = hub_command("sso", "domain", "idp", "harbor.example").stdout
        assert "_hub-challenge.harbor.example" in asked
        assert "Not proved yet (no_record)" in asked
        value = re.search(r"value +(\S+)", asked)
        assert value
        names.texts["_hub-challenge.harbor.example"] = [value[1]]
        assert "Proved" in hub_command("sso", "domain", "idp", "harbor.example").stdout
    assert hub_command("sso", "domain", "idp", "harbor.example", "--remove").exit_code == 0
    for option, ways in (("--vouch", 1), ("--remove", 0)):
        assert hub_command("sso", "domain", "idp", "harbor.example", option).exit_code == 0
        with inside.reading() as uow:
            assert len(connections_for_email(uow, "a@harbor.example")) == ways
    assert hub_command("sso", "domain", "idp", "gmail.com").exit_code == 2


def test_what_expires_is_listed_and_found_by_the_doctor(hub_command: Command, inside: Hub) -> None:
    assert "Nothing ends within 30 days." in hub_command("sso", "expiring").stdout
    assert "nothing expires within 30 days" in hub_command("doctor").stdout
    with inside.unit_of_work() as uow:
        id = create_connection(uow, "idp", "oidc", "Harbor")
        add_provider(uow, id, "https://idp.example", "hub", "sealed")
        save_settings(uow, id, secret_expires_at=uow.now + timedelta(days=5))
    listed = hub_command("sso", "expiring").stdout
    assert re.search("idp .*client secret of the OpenID provider", listed)
    assert "idp: client secret of the OpenID provider (until" in hub_command("doctor").stdout
