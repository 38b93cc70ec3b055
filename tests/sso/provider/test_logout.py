"""Signing out at a client's wish, row WB7, and telling the systems behind the hub that a session is over."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import flask
import pytest
from joserfc import jws
from werkzeug.test import TestResponse

from hub.app import create_app, open_worker
from hub.clock import SettableClock
from hub.config import Settings
from hub.network.systems.connections import find_connection, set_connection_disabled
from hub.network.tables import person
from hub.runtime import Hub
from hub.signing.keys import rotate_signing_key
from hub.sso.provider.clients import set_client_disabled, update_client
from hub.sso.provider.ended_sessions import EndedSessions
from hub.sso.provider.tell import tell_clients
from hub.sso.sessions import end_sessions_of
from hub.testing.serve import serve
from tests.apps import app_of
from tests.sso.provider.rig import AFTER, Downstream, connect_downstream, payload
from tests.sso.rig import BORIS, Browser, Idp, Record, add_person


@dataclass
class Receiver:
    """What a client's back-channel address got; it answers ``status``."""

    address: str = ""
    status: int = 200
    tokens: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def receiver_server() -> Iterator[Receiver]:
    receiver = Receiver()

    def create(base_url: str) -> flask.Flask:
        app = flask.Flask("receiver")

        @app.post("/backchannel")
        def take() -> tuple[str, int]:
            assert flask.request.mimetype == "application/x-www-form-urlencoded"
            receiver.tokens.append(flask.request.form["logout_token"])
            return "", receiver.status

        receiver.address = f"{base_url}/backchannel"
        return app

    with serve(create):
        yield receiver


@pytest.fixture
def receiver(receiver_server: Receiver) -> Receiver:
    receiver_server.tokens.clear()
    receiver_server.status = 200
    return receiver_server


@pytest.fixture
def settings(settings: Settings, receiver: Receiver) -> Settings:
    host = receiver.address.removeprefix("http://").partition("/")[0]
    return settings.model_copy(update={"outgoing_allow": [*settings.outgoing_allow, host]})


@pytest.fixture
def told(lms: Downstream, receiver: Receiver) -> Downstream:
    """The client, which really listens."""
    with lms.hub.unit_of_work() as uow:
        update_client(uow, lms.client_id, logout_url=receiver.address)
    return lms


def sign_out(lms: Downstream, **query: str) -> TestResponse:
    return lms.browser.get("/oauth/logout", query)


def test_a_client_signs_its_own_person_out_and_gets_the_browser_back(lms: Downstream) -> None:
    hint = lms.sign_in()["id_token"]
    answer = sign_out(lms, id_token_hint=hint, post_logout_redirect_uri=AFTER, state="a&b")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{AFTER}?state=a%26b")
    assert lms.browser.person() is None
    assert [body["client_id"] for body in lms.deliveries()] == [lms.client_id]
    assert lms.audited()[-1] == ("sign_out", "done", "")


def test_an_old_hint_will_do_also_when_its_key_is_retired(lms: Downstream, clock: SettableClock) -> None:
    hint = lms.sign_in()["id_token"]
    with lms.hub.unit_of_work() as uow:
        rotate_signing_key(uow, "oidc")
    clock.advance(hours=2)
    answer = sign_out(lms, id_token_hint=hint, post_logout_redirect_uri=AFTER)
    assert answer.headers["Location"] == AFTER


def test_without_a_page_to_go_back_to_the_hub_shows_its_own(lms: Downstream) -> None:
    answer = sign_out(lms, id_token_hint=lms.sign_in()["id_token"])
    assert answer.headers["Location"].startswith(("/sign-in?signed_out", "/signed-out"))
    assert lms.browser.person() is None


def test_wb7_foreign_id_token_hint(lms: Downstream, browser: Browser) -> None:
    hint = lms.sign_in()["id_token"]
    other = connect_downstream(lms.hub, browser, "other")
    header, claims, signature = hint.split(".")
    record = Record(lms.hub)
    forged = {
        "x.y.z",
        f"{header}.{claims}.{signature[::-1]}",
        f"eyJhbGciOiJub25lIn0.{claims}.",
        "x" * 9000,
    }
    for token in sorted(forged):
        answer = sign_out(lms, id_token_hint=token, post_logout_redirect_uri=AFTER, client_id=lms.client_id)
        assert (answer.status_code, (answer.json or {})["code"]) == (400, "foreign_hint")
    answer = sign_out(lms, id_token_hint=hint, post_logout_redirect_uri=AFTER, client_id=other.client_id)
    assert (answer.status_code, (answer.json or {})["code"]) == (400, "hint_of_another_client")
    assert lms.browser.person() is not None
    assert record.changed_tables() == set()
    assert len(record.audit_since()) == 5


@pytest.mark.parametrize("back", [AFTER + "/", AFTER + "?a=1", "https://evil.example/", "//evil.example"])
def test_wb7_unregistered_post_logout_redirect_uri(lms: Downstream, back: str) -> None:
    hint = lms.sign_in()["id_token"]
    record = Record(lms.hub)
    answer = sign_out(lms, id_token_hint=hint, post_logout_redirect_uri=back)
    assert (answer.status_code, (answer.json or {})["code"]) == (400, "unregistered_redirect_uri")
    assert lms.browser.person() is not None
    assert record.changed_tables() == set()
    assert record.audit_since() == [("client_sign_out", "refused", "unregistered_redirect_uri")]


def test_wb7_an_address_without_a_client_and_a_client_that_is_none(lms: Downstream) -> None:
    answer = sign_out(lms, post_logout_redirect_uri=AFTER)
    assert (answer.json or {})["code"] == "unregistered_redirect_uri"
    answer = sign_out(lms, post_logout_redirect_uri=AFTER, client_id="nobody")
    assert (answer.json or {})["code"] == "unknown_client"


def test_a_hint_of_another_session_ends_nothing_before_the_person_agrees(
    lms: Downstream, riverside: Idp, hub: Hub
) -> None:
    app = app_of(hub, create_app)
    hint = lms.sign_in()["id_token"]
    add_person(hub, BORIS, riverside)
    lms.browser.sign_in(riverside, BORIS)
    asked = sign_out(lms, id_token_hint=hint, post_logout_redirect_uri=AFTER)
    page_address, _, query = asked.headers["Location"].partition("?")
    assert page_address == "/oauth/sign-out"
    assert dict(parse_qsl(query)) == {"id_token_hint": hint, "post_logout_redirect_uri": AFTER}
    assert lms.browser.person() is not None
    whole = app.test_client()
    whole.set_cookie("hub_session", lms.browser.cookie("hub_session") or "", domain="127.0.0.1")
    lms.browser.client = whole
    page = lms.browser.get(asked.headers["Location"])
    assert (page.status_code, "Sign out everywhere?" in page.text) == (200, True)
    form_token = page.text.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
    assert lms.browser.post(asked.headers["Location"]).status_code == 400, "row WB5"
    left = lms.browser.post(asked.headers["Location"], csrf_token=form_token)
    assert (left.status_code, left.headers["Location"]) == (303, AFTER)
    assert whole.get("/my-training", base_url=lms.browser.base_url).status_code == 303


def test_each_client_is_told_once_by_its_own_name_of_the_session(
    told: Downstream, receiver: Receiver, browser: Browser, tess: str
) -> None:
    hub = told.hub
    quiet = connect_downstream(hub, browser, "quiet", logout_url="")
    other = connect_downstream(hub, browser, "other", logout_url=receiver.address)
    tokens = [one.sign_in() for one in (told, told, quiet, other)]
    with hub.unit_of_work() as uow:
        end_sessions_of(uow, tess)
        end_sessions_of(uow, tess)
    assert told.userinfo(tokens[0]["access_token"]).status_code == 401, "at once"
    worker = open_worker(hub)
    assert worker.send()
    assert not worker.send()
    received = {token["aud"]: token for token in map(told.claims, receiver.tokens)}
    assert received.keys() == {told.client_id, other.client_id}
    assert len(receiver.tokens) == 2
    first = received[told.client_id]
    known = told.claims(tokens[0]["id_token"])
    assert (first["sid"], first["sub"], first["iss"]) == (known["sid"], known["sub"], hub.settings.public_url)
    assert first["sid"] != received[other.client_id]["sid"], "two clients cannot compare sessions"
    assert first["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert "nonce" not in first
    assert first["exp"] - first["iat"] == 120
    assert jws.extract_compact(receiver.tokens[0].encode()).headers()["typ"] == "logout+jwt"


def test_a_client_that_does_not_answer_is_told_again_and_one_that_refuses_is_not(
    told: Downstream, receiver: Receiver, clock: SettableClock, tess: str
) -> None:
    told.sign_in()
    receiver.status = 503
    with told.hub.unit_of_work() as uow:
        end_sessions_of(uow, tess)
    worker = open_worker(told.hub)
    worker.send()
    clock.advance(minutes=10)
    receiver.status = 400
    worker.send()
    clock.advance(minutes=10)
    assert not worker.send()
    first, second = map(payload, receiver.tokens)
    assert second["iat"] - first["iat"] == 600, "signed when it leaves"
    assert first["sid"] == second["sid"]


def test_a_client_that_is_switched_off_meanwhile_is_told_nothing(
    told: Downstream, receiver: Receiver, tess: str
) -> None:
    told.sign_in()
    with told.hub.unit_of_work() as uow:
        end_sessions_of(uow, tess)
        set_client_disabled(uow, told.client_id, disabled=True)
    open_worker(told.hub).send()
    assert receiver.tokens == []


def test_sessions_that_end_by_themselves_are_told_too(lms: Downstream, clock: SettableClock) -> None:
    lms.sign_in()
    errand = EndedSessions(lms.hub)
    assert not errand.turn()
    clock.advance(hours=12)
    assert errand.turn()
    assert not errand.turn()
    assert len(lms.deliveries()) == 1


def test_sessions_that_the_hub_takes_for_over_are_told_and_their_tokens_refused(
    lms: Downstream, riverside: Idp
) -> None:
    tokens = lms.sign_in()
    with lms.hub.unit_of_work() as uow:
        set_connection_disabled(uow, find_connection(uow, riverside.slug).id, disabled=True)
    assert lms.userinfo(tokens["access_token"]).status_code == 401
    assert lms.refresh(tokens["refresh_token"]).status_code == 400
    errand = EndedSessions(lms.hub)
    assert errand.turn()
    assert not errand.turn()
    assert len(lms.deliveries()) == 1


def test_ln5_a_person_whom_the_roster_switched_off_is_signed_out_downstream(lms: Downstream) -> None:
    lms.sign_in()
    with lms.hub.unit_of_work() as uow:
        uow.connection.execute(person.update().values(disabled=True))
    assert EndedSessions(lms.hub).turn()
    assert len(lms.deliveries()) == 1


def test_ln5_a_person_who_is_switched_off_is_signed_out_downstream(
    lms: Downstream, browser: Browser, riverside: Idp
) -> None:
    lms.sign_in()
    with lms.hub.unit_of_work() as uow:
        uow.connection.execute(person.update().values(disabled=True))
    answer = browser.sign_in(riverside)
    assert (answer.status_code, (answer.json or {})["code"]) == (403, "person_disabled")
    assert len(lms.deliveries()) == 1


def test_when_somebody_else_signs_in_the_one_before_is_signed_out_downstream(
    lms: Downstream, browser: Browser, riverside: Idp
) -> None:
    lms.sign_in()
    browser.sign_in(riverside)
    assert lms.deliveries() == [], "the same person goes on"
    add_person(lms.hub, BORIS, riverside)
    browser.sign_in(riverside, BORIS)
    assert len(lms.deliveries()) == 1


def test_nothing_to_tell_is_told_in_no_statement(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        assert tell_clients(uow, []) == 0
