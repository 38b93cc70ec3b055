"""Row WB8: a provider says that somebody signed out, and what else claims to be such a message."""

import secrets
from collections.abc import Callable, Iterator

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.test import TestResponse

from hub.clock import SettableClock
from hub.config import Settings
from hub.network.systems.connections import set_connection_disabled
from hub.runtime import Hub
from hub.sso.oidc.id_token import LEEWAY
from hub.sso.oidc.logout_token import EVENT, MAX_SECONDS
from hub.sso.oidc.providers import read_provider
from hub.testing.idp import provider_of
from hub.testing.idp_logout import logout_claims, sign_logout_token
from hub.testing.keys import new_key
from tests.sso.rig import NAMESAKE, TESS, Browser, Idp, Record, add_person

Claims = dict[str, object]


@pytest.fixture
def other(settings: Settings, clock: SettableClock, hub: Hub) -> Iterator[Hub]:
    from hub.app import open_hub

    opened = open_hub(settings, clock=clock)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def foreign_key() -> RSAKey:
    return new_key()


def claims_of(idp: Idp, sub: str = TESS.sub, sid: str = "") -> Claims:
    return logout_claims(provider_of(idp.app), sub, sid)


def tell(browser: Browser, idp: Idp, claims: Claims, **header: object) -> TestResponse:
    return send(browser, idp, sign_logout_token(provider_of(idp.app), claims, **header))


def send(browser: Browser, idp: Idp, *tokens: str) -> TestResponse:
    path = f"/sso/oidc/{idp.slug}/backchannel-logout"
    return browser.client.post(path, base_url=browser.base_url, data={"logout_token": list(tokens)})


def sid_of(browser: Browser, idp: Idp) -> str:
    """The newest session at the provider."""
    return list(provider_of(idp.app).store._sessions)[-1]


def test_a_subject_is_signed_out_in_every_process(
    hub: Hub, other: Hub, browser: Browser, riverside: Idp, lakeside: Idp, tess: str
) -> None:
    namesake = add_person(hub, NAMESAKE, lakeside)  # the same sub at another provider
    elsewhere, foreign = Browser(other), Browser(hub)
    for one in (browser, elsewhere):
        one.sign_in(riverside)
        assert one.person() == tess
    foreign.sign_in(lakeside, NAMESAKE)
    record = Record(hub)
    answer = tell(Browser(other), riverside, claims_of(riverside))
    assert (answer.status_code, answer.text, answer.headers["Cache-Control"]) == (200, "", "no-store")
    assert browser.person() is elsewhere.person() is None
    assert foreign.person() == namesake
    assert record.audit_since() == [("backchannel_logout", "done", "")]


@pytest.mark.parametrize("with_sub", [False, True])
def test_one_session_of_the_provider_is_ended(
    hub: Hub, browser: Browser, lakeside: Idp, tess: str, with_sub: bool
) -> None:
    namesake = add_person(hub, NAMESAKE, lakeside)
    browser.sign_in(lakeside, NAMESAKE)
    sid = sid_of(browser, lakeside)
    second = Browser(hub)
    second.sign_in(lakeside, NAMESAKE)
    sub = NAMESAKE.sub if with_sub else ""
    assert tell(browser, lakeside, claims_of(lakeside, sub, sid)).status_code == 200
    assert browser.person() is None
    assert second.person() == namesake


def test_a_session_of_another_subject_stays(hub: Hub, browser: Browser, lakeside: Idp, tess: str) -> None:
    namesake = add_person(hub, NAMESAKE, lakeside)
    browser.sign_in(lakeside, NAMESAKE)
    claims = claims_of(lakeside, "sub-of-somebody-else", sid_of(browser, lakeside))
    assert tell(browser, lakeside, claims).status_code == 200
    assert browser.person() == namesake


def test_who_is_signed_out_already_is_no_error(hub: Hub, browser: Browser, riverside: Idp) -> None:
    assert tell(browser, riverside, claims_of(riverside)).status_code == 200


def test_no_session_wakes_up_when_the_connection_is_switched_on_again(
    hub: Hub, browser: Browser, riverside: Idp
) -> None:
    browser.sign_in(riverside)
    with hub.unit_of_work() as uow:
        connection_id = read_provider(uow, riverside.slug).connection.id
        set_connection_disabled(uow, connection_id, disabled=True)
    assert tell(browser, riverside, claims_of(riverside)).status_code == 200
    with hub.unit_of_work() as uow:
        set_connection_disabled(uow, connection_id, disabled=False)
    assert browser.person() is None


def assert_refused(
    browser: Browser, record: Record, answer: TestResponse, reason: str, signed_in: str | None
) -> None:
    assert answer.status_code == 400, answer.text
    assert answer.json == {"error": "invalid_request", "error_description": reason}
    assert answer.headers["Cache-Control"] == "no-store"
    assert browser.person() == signed_in
    assert record.changed_tables() == set()
    assert record.audit_since() == [("backchannel_logout", "refused", reason)]


WRONG: dict[str, tuple[Callable[[Claims], object], str]] = {
    "nonce": (lambda c: c.update(nonce="n"), "nonce_in_logout_token"),
    "empty nonce": (lambda c: c.update(nonce=None), "nonce_in_logout_token"),
    "no events": (lambda c: c.pop("events"), "no_logout_event"),
    "events is a list": (lambda c: c.update(events=[EVENT]), "no_logout_event"),
    "another event": (lambda c: c.update(events={"http://x.example/event": {}}), "no_logout_event"),
    "event is no object": (lambda c: c.update(events={EVENT: True}), "no_logout_event"),
    "wrong aud": (lambda c: c.update(aud="another client"), "wrong_audience"),
    "no aud": (lambda c: c.pop("aud"), "wrong_audience"),
    "wrong iss": (lambda c: c.update(iss="https://other.example"), "wrong_issuer"),
    "no iss": (lambda c: c.pop("iss"), "wrong_issuer"),
    "no jti": (lambda c: c.pop("jti"), "missing_jti"),
    "no iat": (lambda c: c.pop("iat"), "missing_iat"),
    "no exp": (lambda c: c.pop("exp"), "missing_exp"),
    "expired": (lambda c: c.update(iat=1000, exp=2000), "expired"),
    "from the future": (lambda c: c.update(iat=2**33, exp=2**34), "issued_in_future"),
    "valid for years": (lambda c: c.update(exp=2**34), "valid_too_long"),
    "valid for ever": (lambda c: c.update(exp=1e300), "valid_too_long"),
    "nobody": (lambda c: c.pop("sub"), "no_sub_and_no_sid"),
    "sid is no text": (lambda c: (c.pop("sub"), c.update(sid=7)), "no_sub_and_no_sid"),
    "sub is no text": (lambda c: c.update(sub=7), "malformed_id_token"),
    "sub that cannot be": (lambda c: c.update(sub="\0"), "bad_subject"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wb8_wrong_claims(
    hub: Hub, browser: Browser, riverside: Idp, tess: str, name: str, database_kind: str
) -> None:
    browser.sign_in(riverside)
    record, claims = Record(hub), claims_of(riverside)
    change, reason = WRONG[name]
    change(claims)
    assert_refused(browser, record, tell(browser, riverside, claims), reason, tess)


def test_wb8_a_token_of_another_provider(
    hub: Hub, browser: Browser, riverside: Idp, lakeside: Idp, tess: str, record: Record
) -> None:
    answer = tell(browser, riverside, claims_of(lakeside))
    assert_refused(browser, record, answer, "wrong_issuer", None)


def test_wb8_an_id_token_is_no_logout_token(
    hub: Hub, browser: Browser, riverside: Idp, record: Record
) -> None:
    claims = claims_of(riverside)
    del claims["events"]
    answer = tell(browser, riverside, claims | {"nonce": "n"}, typ="JWT")
    assert_refused(browser, record, answer, "nonce_in_logout_token", None)


def test_wb8_another_type_of_token(hub: Hub, browser: Browser, riverside: Idp, record: Record) -> None:
    answer = tell(browser, riverside, claims_of(riverside), typ="at+jwt")
    assert_refused(browser, record, answer, "not_a_logout_token", None)


def test_wb8_without_a_type(hub: Hub, browser: Browser, riverside: Idp) -> None:
    provider = provider_of(riverside.app)
    header = {"alg": "RS256", "kid": provider.keys.current.kid}
    token = jwt.encode(header, claims_of(riverside), provider.keys.current, ["RS256"])
    assert send(browser, riverside, token).status_code == 200


@pytest.mark.parametrize("kid", ["published", "unknown"])
def test_wb8_signed_by_another_key(
    hub: Hub, browser: Browser, riverside: Idp, record: Record, foreign_key: RSAKey, kid: str
) -> None:
    published = provider_of(riverside.app).keys.current.kid
    header = {"alg": "RS256", "kid": published if kid == "published" else "of nobody"}
    token = jwt.encode(header, claims_of(riverside), foreign_key, ["RS256"])
    before = riverside.calls("/jwks")
    reason = "bad_signature" if kid == "published" else "unknown_kid"
    assert_refused(browser, record, send(browser, riverside, token), reason, None)
    send(browser, riverside, token)
    assert riverside.calls("/jwks") - before == (kid == "unknown")  # fetched once more, not for every forgery


def test_wb8_unsigned(hub: Hub, browser: Browser, riverside: Idp, record: Record) -> None:
    import base64
    import json

    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in ({"alg": "none", "typ": "logout+jwt"}, claims_of(riverside))
    ]
    answer = send(browser, riverside, ".".join([*parts, ""]))
    assert_refused(browser, record, answer, "algorithm_not_allowed", None)


@pytest.mark.parametrize("tokens", [(), ("",), ("one", "two"), ("no token",)], ids=range(4))
def test_wb8_no_token(
    hub: Hub, browser: Browser, riverside: Idp, record: Record, tokens: tuple[str, ...]
) -> None:
    reason = "malformed_id_token" if tokens == ("no token",) else "missing_logout_token"
    assert_refused(browser, record, send(browser, riverside, *tokens), reason, None)


def test_wb8_replayed_in_another_process(
    hub: Hub, other: Hub, browser: Browser, riverside: Idp, tess: str, clock: SettableClock
) -> None:
    claims = claims_of(riverside) | {"exp": int(clock.now().timestamp()) + MAX_SECONDS - 10}
    assert tell(browser, riverside, claims).status_code == 200
    browser.sign_in(riverside)
    clock.advance(hours=1)
    record = Record(hub)
    answer = tell(Browser(other), riverside, claims)
    assert_refused(browser, record, answer, "replayed_jti", tess)


def test_wb8_replayed_after_it_was_forgotten(
    hub: Hub, browser: Browser, riverside: Idp, clock: SettableClock
) -> None:
    claims = claims_of(riverside) | {"exp": int(clock.now().timestamp()) + 120}
    assert tell(browser, riverside, claims).status_code == 200
    clock.advance(seconds=120 + LEEWAY)
    answer = tell(browser, riverside, claims)
    assert answer.json == {"error": "invalid_request", "error_description": "expired"}


def test_an_unknown_connection_is_not_found(hub: Hub, browser: Browser) -> None:
    answer = browser.post(f"/sso/oidc/{secrets.token_hex(4)}/backchannel-logout", logout_token="x")
    assert answer.status_code == 404
