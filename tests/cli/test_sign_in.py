"""``hub connect idp`` and ``hub sso`` for providers by OpenID Connect."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.ids import new_id
from hub.journal.tables import outbox
from hub.network import tables as network
from hub.network.systems.connections import create_connection, find_connection
from hub.runtime import Hub
from hub.sso.oidc.providers import read_provider
from hub.sso.provider.clients import add_client
from hub.sso.provider.tables import oidc_grant
from hub.sso.provider.tell import OIDC_LOGOUT
from hub.sso.sessions import Proved, list_sessions, start_session
from hub.sso.tables import web_session
from hub.store import UnitOfWork
from hub.testing.faults import faults_of
from hub.testing.idp import IdpConfig, create_idp
from hub.testing.serve import serve
from tests.cli.test_configure import allow
from tests.rows import every_row

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


def add_grant(uow: UnitOfWork, client_id: str, person_id: str, session_id: str) -> None:
    """As if somebody had signed in at a client during a session."""
    uow.insert(
        oidc_grant,
        id=new_id(),
        client_id=client_id,
        person_id=person_id,
        session_id=session_id,
        sid=new_id(),
        scopes=[],
        acr="",
        authenticated_at=uow.now,
        started_at=uow.now,
        session_ends_at=uow.now,
        expires_at=uow.now,
    )


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
        lms = create_connection(uow, "lms", "lms", "The LMS")
        redirect = ["https://lms.example/back"]
        for name, logout_url in (("told", "https://lms.example/logout"), ("not told", "")):
            client = add_client(uow, lms, name=name, redirect_uris=redirect, logout_url=logout_url)
            for session_id in uow.connection.scalars(sa.select(web_session.c.id)).all():
                add_grant(uow, client.client_id, person, session_id)
    before = every_row(inside)
    shown = hub_command("sso", "sign-out", person, "--dry-run")
    assert shown.exit_code == 0, shown.output
    assert shown.stdout == (
        "2 sessions would end.\n  The LMS would be told of 2 sessions\n"
        "\nThis was a dry run: nothing was changed.\n"
    )
    assert every_row(inside) == before
    assert "Ended 2 sessions." in hub_command("sso", "sign-out", person).stdout
    with inside.reading() as uow:
        assert list_sessions(uow, person) == []
        told = sa.select(outbox.c.receiver).where(outbox.c.kind == OIDC_LOGOUT)
        assert uow.connection.scalars(told).all() == [lms, lms]
    assert "0 sessions would end." in hub_command("sso", "sign-out", person, "--dry-run").stdout
    assert "Ended 0 sessions." in hub_command("sso", "sign-out", person).stdout
    nobody = new_id()
    done, dry = (hub_command("sso", "sign-out", nobody, *more) for more in ([], ["--dry-run"]))
    assert (dry.exit_code, dry.output) == (done.exit_code, done.output)
    assert dry.exit_code == 1
