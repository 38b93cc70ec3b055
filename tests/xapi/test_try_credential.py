"""Trying a credential over real HTTP: each step says what happened, with the code that the audit trail has."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import flask
import pytest
import sqlalchemy as sa

from hub.app import create_app, open_hub
from hub.clock import SettableClock
from hub.config import Settings
from hub.exchange import Exchange
from hub.journal import tables as journal
from hub.network.systems.connections import create_connection, set_connection_disabled
from hub.runtime import Hub
from hub.testing.serve import free_port, serve
from hub.training.credit.views import count_waiting
from hub.xapi.callers.credential_views import CredentialLine, find_credential
from hub.xapi.callers.credentials import (
    ALL,
    ALL_READ,
    DEFINE,
    PROFILE,
    READ_MINE,
    STATE,
    WRITE,
    NewCredential,
    create_credential,
    revoke_credential,
)
from hub.xapi.callers.try_credential import try_credential
from hub.xapi.callers.wrong_secrets import WRONG_SECRETS
from hub.xapi.documents.tables import xapi_document
from tests.xapi.test_statements import audited


@pytest.fixture
def served(settings: Settings, clock: SettableClock) -> Iterator[Hub]:
    """A hub that answers at its public_url, which no list allows it to call."""
    hubs: list[Hub] = []

    def create(url: str) -> flask.Flask:
        here = settings.model_copy(update={"public_url": url, "outgoing_allow": []})
        hubs.append(open_hub(here, clock=clock))
        return create_app(hubs[0])

    with serve(create):
        yield hubs[0]
    hubs[0].close()


def make(hub: Hub, *scopes: str, slug: str = "south") -> tuple[CredentialLine, NewCredential]:
    """A credential of a new connection."""
    with hub.unit_of_work() as uow:
        new = create_credential(uow, create_connection(uow, slug, "lms", slug), scopes)
        return find_credential(uow, new.key), new


def outcomes(exchange: Exchange) -> dict[str, str]:
    """Outcome, or the code of what failed, by step."""
    return {step.title: step.code if step.outcome == "failed" else step.outcome for step in exchange.steps}


@pytest.mark.requirement("D13")
def test_all_that_a_credential_may_is_tried_and_nothing_stays(served: Hub) -> None:
    line, new = make(served, ALL)
    exchange = try_credential(served, line, f" {new.secret}\n")
    assert outcomes(exchange) == dict.fromkeys(
        [
            "Reach the record store",
            "Send a statement",
            "Void it again",
            "Read it back",
            "Read statements",
            "Keep a state document",
            "Read a state document",
            "Delete a state document",
            "Keep an activity profile",
            "Read an activity profile",
            "Delete an activity profile",
            "Get an access token (OAuth 2)",
            "Use the access token",
        ],
        "done",
    )
    assert exchange.failed == 0
    told = repr(exchange)
    assert new.secret not in told
    with served.reading() as uow:
        token_hashes = uow.connection.execute(sa.text("SELECT token_hash FROM xapi_token")).all()
        assert uow.connection.execute(sa.select(xapi_document)).all() == []
        assert count_waiting(uow) == 0
        assert find_credential(uow, line.key).last_used_at == uow.now
    assert len(token_hashes) == 1
    assert audited(served) == []


def test_trying_again_adds_nothing_to_the_record_until_the_next_month(
    served: Hub, clock: SettableClock
) -> None:
    line, new = make(served, WRITE)

    def statements() -> int:
        with served.reading() as uow:
            return uow.connection.scalar(sa.select(sa.func.count()).select_from(journal.statement)) or 0

    for days, expected in ((0, 2), (20, 2), (20, 4)):
        clock.advance(days=days)
        assert try_credential(served, line, new.secret).failed == 0
        assert statements() == expected


def test_a_second_connection_tries_with_statements_of_its_own(served: Hub) -> None:
    for slug in ("south", "north"):
        line, new = make(served, WRITE, READ_MINE, slug=slug)
        assert try_credential(served, line, new.secret).failed == 0


@pytest.mark.parametrize(
    ("scopes", "done"),
    [
        ((READ_MINE,), {"Read statements"}),
        ((STATE,), {"Keep a state document", "Read a state document", "Delete a state document"}),
        ((PROFILE,), {"Keep an activity profile", "Read an activity profile", "Delete an activity profile"}),
        ((ALL_READ,), {"Read statements", "Read state documents", "Read activity profiles"}),
        ((DEFINE,), set()),
    ],
    ids=["read", "state", "profile", "all-read", "define"],
)
def test_what_the_scopes_do_not_allow_is_not_tried_and_said(
    served: Hub, scopes: tuple[str, ...], done: set[str]
) -> None:
    line, new = make(served, *scopes)
    exchange = try_credential(served, line, new.secret)
    by_title = {step.title: step for step in exchange.steps}
    always = {"Reach the record store", "Get an access token (OAuth 2)"} | (
        {"Use the access token"} if done else set()
    )
    assert {title for title, step in by_title.items() if step.outcome == "done"} == done | always
    assert "statements/write" in by_title["Send a statement"].message
    assert audited(served) == []


REFUSALS = ("wrong_credentials", "credential_revoked", "connection_disabled", "credential_expired")


@pytest.mark.requirement("D13")
@pytest.mark.parametrize("reason", REFUSALS)
def test_a_refused_credential_is_told_why_and_what_to_change(
    served: Hub, clock: SettableClock, reason: str
) -> None:
    line, new = make(served, WRITE, READ_MINE)
    secret = new.secret
    with served.unit_of_work() as uow:
        if reason == "wrong_credentials":
            secret = "not-the-secret"
        elif reason == "credential_revoked":
            revoke_credential(uow, line.key)
        elif reason == "connection_disabled":
            set_connection_disabled(uow, line.connection_id, disabled=True)
        else:
            uow.connection.execute(
                sa.text("UPDATE xapi_credential SET expires_at = :at"),
                {"at": "2026-01-01T00:00:00.000000+00:00"},
            )
    exchange = try_credential(served, line, secret)
    reached, refused, *rest = exchange.steps
    assert reached.outcome == "done"
    assert (refused.outcome, refused.status, refused.code) == ("failed", 401, reason)
    assert refused.message
    assert refused.advice
    assert {step.outcome for step in rest} == {"skipped"}
    assert audited(served) == [("statement", reason)]
    assert secret not in repr(exchange)


def test_a_flood_of_wrong_secrets_is_told_as_such(served: Hub) -> None:
    line, _ = make(served, WRITE)
    for _ in range(WRONG_SECRETS.times):
        try_credential(served, line, "wrong")
    step = try_credential(served, line, "wrong").steps[1]
    assert (step.status, step.code) == (429, "too_many_requests")
    assert "Wait a minute" in step.advice


@contextmanager
def moved(hub: Hub, url: str) -> Iterator[Hub]:
    """The hub as if its public_url were another one."""
    yield replace(hub, settings=hub.settings.model_copy(update={"public_url": url}))


def test_a_public_url_that_leads_nowhere_is_told(served: Hub) -> None:
    line, new = make(served, WRITE)
    with moved(served, f"http://127.0.0.1:{free_port()}") as hub:
        [reached, *rest] = try_credential(hub, line, new.secret).steps
    assert (reached.outcome, reached.code) == ("failed", "unreachable")
    assert "public_url" in reached.advice
    assert {step.outcome for step in rest} == {"skipped"}


def test_something_else_at_public_url_is_told(served: Hub) -> None:
    line, new = make(served, WRITE)

    def create(_: str) -> flask.Flask:
        other = flask.Flask("somebody-else")
        other.add_url_rule("/xapi/about", view_func=lambda: "<h1>Welcome to nginx</h1>")
        return other

    with serve(create) as url, moved(served, url) as hub:
        [reached, *_] = try_credential(hub, line, new.secret).steps
    assert (reached.outcome, reached.code, reached.status) == ("failed", "not_a_store", 200)
    with serve(create) as url, moved(served, f"{url}/elsewhere") as hub:
        [reached, *_] = try_credential(hub, line, new.secret).steps
    assert (reached.outcome, reached.code, reached.status) == ("failed", "not_a_store", 404)
    assert "Not Found" in reached.received["Beginning"]
