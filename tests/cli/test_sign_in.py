"""``hub connect idp`` and ``hub sso`` for providers by OpenID Connect."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.ids import new_id
from hub.network import tables as network
from hub.network.systems.connections import find_connection
from hub.runtime import Hub
from hub.sso.oidc.providers import read_provider
from hub.sso.sessions import Proved, list_sessions, start_session
from hub.testing.faults import faults_of
from hub.testing.idp import IdpConfig, create_idp
from hub.testing.serve import serve
from tests.cli.test_configure import allow

Command = Callable[..., Any]


@pytest.fixture
def issuer(settings_file: Path) -> Iterator[str]:
    apps = []

    def create(url: str) -> Any:
        config = IdpConfig(base_url=url, client_id="hub", client_secret="s" * 20, redirect_uris=())
        apps.append(create_idp(config))
        return apps[0]

    with serve(create) as url:
        allow(settings_file, url)
        yield url
        faults_of(apps[0]).switch()


def connect(hub_command: Command, issuer: str, *more: str) -> Any:
    fixed = ("--name", "Riverside", "--client-id", "hub", "--client-secret", "s" * 20)
    return hub_command("connect", "idp", "riverside", "--issuer", issuer, *fixed, *more)


def test_what_is_required_of_a_provider_is_said_when_it_is_connected(
    hub_command: Command, inside: Hub, issuer: str
) -> None:
    refused = connect(hub_command, issuer, "--secret-expires-on", "soon")
    assert refused.exit_code == 2
    assert "secret_expires_on" in refused.stderr
    options = ("--scope", "groups", "--required-acr", "urn:mfa", "--secret-expires-on", "2031-03-31")
    done = connect(hub_command, issuer, *options, "--stay-signed-in")
    assert done.exit_code == 0, done.output
    with inside.reading() as uow:
        provider = read_provider(uow, "riverside")
    assert (provider.scopes, provider.required_acr) == ("openid groups", "urn:mfa")
    assert provider.secret_expires_at
    assert not provider.signs_out


def test_a_provider_is_asked_from_the_command_line(hub_command: Command, inside: Hub, issuer: str) -> None:
    connect(hub_command, issuer)
    shown = hub_command("sso", "try", "riverside")
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.count("works") == 3
    assert hub_command("sso", "try", "nobody").exit_code == 1


def test_somebody_is_signed_out_everywhere(hub_command: Command, inside: Hub, issuer: str) -> None:
    connect(hub_command, issuer)
    partner, person = new_id(), new_id()
    with inside.unit_of_work() as uow:
        connection_id = find_connection(uow, "riverside").id
        uow.insert(network.partner, id=partner, name="Riverside")
        uow.connection.execute(
            sa.insert(network.person).values(id=person, partner_id=partner, locale="en", disabled=False)
        )
        for _ in range(2):
            start_session(uow, person, Proved(connection_id, "sub", "s"))
    assert "Ended 2 sessions." in hub_command("sso", "sign-out", person).stdout
    with inside.reading() as uow:
        assert list_sessions(uow, person) == []
    assert "Ended 0 sessions." in hub_command("sso", "sign-out", person).stdout
    assert hub_command("sso", "sign-out", new_id()).exit_code == 1
