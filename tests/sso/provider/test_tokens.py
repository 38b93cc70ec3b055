"""Tokens of clients: once, for whom they were given, and no longer than the session; row WB6 for codes."""

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from joserfc import jwt
from joserfc.jwk import RSAKey

from hub.app import open_hub, open_worker
from hub.clock import SettableClock
from hub.errors import HubError
from hub.ids import new_id
from hub.journal.tables import audit
from hub.network.tables import partner as partner_table
from hub.network.tables import person as person_table
from hub.runtime import Hub
from hub.sso.provider.clients import find_client, rotate_client_secret, set_client_disabled, update_client
from hub.sso.provider.grants import redeem_code
from hub.sso.provider.tokens import grant_tokens
from hub.sso.tables import web_session
from tests.sso.provider.rig import BACK, VERIFIER, Downstream, connect_downstream
from tests.sso.rig import Browser, Idp, Record


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["error"]


def test_wb6_second_use_of_a_code_revokes_what_it_gave(lms: Downstream) -> None:
    code = lms.code()
    first = lms.exchange(code).json or {}
    assert lms.userinfo(first["access_token"]).status_code == 200
    assert refused(lms.exchange(code)) == (400, "invalid_grant")
    assert lms.audited()[-1] == ("client_token", "refused", "code_reused")
    assert lms.userinfo(first["access_token"]).status_code == 401
    assert refused(lms.refresh(first["refresh_token"])) == (400, "invalid_grant")
    assert lms.deliveries() == [], "the client's own session goes on"


def test_wb6_a_code_with_another_verifier_or_address_or_client_is_refused_and_not_used_up(
    lms: Downstream, browser: Browser
) -> None:
    code = lms.code()
    other = connect_downstream(lms.hub, browser, "other")
    record = Record(lms.hub)
    assert refused(lms.exchange(code, code_verifier="w" * 43)) == (400, "invalid_grant")
    assert refused(lms.exchange(code, code_verifier="v" * 42)) == (400, "invalid_grant")
    assert refused(lms.exchange(code, redirect_uri=BACK + "x")) == (400, "invalid_grant")
    assert refused(other.exchange(code)) == (400, "invalid_grant")
    assert refused(lms.token(grant_type="authorization_code", code=code, redirect_uri=BACK)) == (
        400,
        "invalid_request",
    )
    assert record.changed_tables() == set()
    assert [reason for _, _, reason in record.audit_since()] == [
        "wrong_verifier",
        "wrong_verifier",
        "other_redirect_uri",
        "code_not_given",
        "no_code_verifier",
    ]
    assert lms.exchange(code).status_code == 200


def test_wb6_a_code_is_good_for_a_minute(lms: Downstream, clock: SettableClock) -> None:
    code = lms.code()
    clock.advance(seconds=60)
    record = Record(lms.hub)
    assert refused(lms.exchange(code)) == (400, "invalid_grant")
    assert record.changed_tables() == set()


def test_of_many_that_use_a_code_at_once_one_succeeds_also_in_another_process(lms: Downstream) -> None:
    code, second = lms.code(), open_hub(lms.hub.settings, clock=lms.hub.clock)
    outcomes: list[bool] = []
    ready = threading.Barrier(6)

    def use(hub: Hub) -> None:
        ready.wait()
        with hub.unit_of_work() as uow:
            client = find_client(uow, lms.client_id)
            assert client is not None
            outcomes.append(redeem_code(uow, client, code, BACK, VERIFIER) is not None)

    threads = [threading.Thread(target=use, args=(hub,)) for hub in (lms.hub, second) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    second.close()
    assert sorted(outcomes) == [False] * 5 + [True]


def test_refresh_tokens_rotate_and_a_second_use_revokes_the_family(lms: Downstream) -> None:
    first = lms.sign_in()
    second = lms.refresh(first["refresh_token"]).json or {}
    assert second["refresh_token"] != first["refresh_token"]
    claims = lms.claims(second["id_token"])
    assert "nonce" not in claims
    assert claims["sub"] == lms.claims(first["id_token"])["sub"]
    assert claims["sid"] == lms.claims(first["id_token"])["sid"]
    narrowed = lms.refresh(second["refresh_token"], scope="openid").json or {}
    assert narrowed["scope"] == "openid"
    assert refused(lms.refresh(narrowed["refresh_token"], scope="openid admin")) == (400, "invalid_scope")
    whole = lms.refresh(narrowed["refresh_token"]).json or {}
    assert whole["scope"] == "openid profile email", "what was narrowed once can be asked for again"
    assert refused(lms.refresh(first["refresh_token"])) == (400, "invalid_grant")
    assert lms.audited()[-1] == ("client_token", "refused", "refresh_reused")
    assert refused(lms.refresh(whole["refresh_token"])) == (400, "invalid_grant")
    assert lms.userinfo(whole["access_token"]).status_code == 401


def test_of_many_that_use_a_refresh_token_at_once_one_succeeds(lms: Downstream) -> None:
    token, second = lms.sign_in()["refresh_token"], open_hub(lms.hub.settings, clock=lms.hub.clock)
    outcomes: list[str] = []
    ready = threading.Barrier(4)

    def use(hub: Hub) -> None:
        with hub.reading() as uow:
            client = find_client(uow, lms.client_id)
        assert client is not None
        ready.wait()
        try:
            grant_tokens(hub, client, {"grant_type": "refresh_token", "refresh_token": token})
            outcomes.append("granted")
        except HubError as refused:
            outcomes.append(refused.code)

    threads = [threading.Thread(target=use, args=(hub,)) for hub in (lms.hub, second) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    second.close()
    assert sorted(outcomes) == ["granted"] + ["refresh_reused"] * 3


def test_a_client_without_refresh_gets_no_refresh_token(lms: Downstream, browser: Browser) -> None:
    tokens = lms.sign_in()
    with lms.hub.unit_of_work() as uow:
        update_client(uow, lms.client_id, refreshes=False)
    assert refused(lms.refresh(tokens["refresh_token"])) == (400, "unauthorized_client")
    assert "refresh_token" not in lms.sign_in()


def test_another_clients_refresh_token_is_refused(lms: Downstream, browser: Browser) -> None:
    other = connect_downstream(lms.hub, browser, "other")
    token = lms.sign_in()["refresh_token"]
    assert refused(other.refresh(token)) == (400, "invalid_grant")
    assert lms.refresh(token).status_code == 200


def test_a_clients_name_is_no_part_of_the_header_of_a_refusal(lms: Downstream) -> None:
    token, other = lms.sign_in()["access_token"], new_id()
    with lms.hub.unit_of_work() as uow:
        uow.insert(partner_table, id=other, name="Lakeside")
        update_client(uow, lms.client_id, name='Портал "LMS"', partner_ids=[other])
    answer = lms.userinfo(token)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == (
        'Bearer error="invalid_token", error_description="The access token is not accepted."'
    )
    with lms.hub.reading() as uow:
        reason = sa.select(audit.c.reason).order_by(audit.c.position.desc()).limit(1)
        assert uow.connection.scalar(reason) == "not_of_partners"


def test_what_is_switched_off_is_refused_at_once(lms: Downstream, tess: str) -> None:
    tokens = lms.sign_in()
    with lms.hub.unit_of_work() as uow:
        uow.connection.execute(sa.update(person_table).values(disabled=True))
    assert lms.userinfo(tokens["access_token"]).status_code == 401
    assert refused(lms.refresh(tokens["refresh_token"])) == (400, "invalid_grant")
    with lms.hub.unit_of_work() as uow:
        uow.connection.execute(sa.update(person_table).values(disabled=False))
        set_client_disabled(uow, lms.client_id, disabled=True)
    assert refused(lms.refresh(tokens["refresh_token"])) == (401, "invalid_client")
    assert lms.userinfo(tokens["access_token"]).status_code == 401
    with lms.hub.unit_of_work() as uow:
        set_client_disabled(uow, lms.client_id, disabled=False)
    assert lms.userinfo(tokens["access_token"]).status_code == 401, "it comes not back to life"


def test_tokens_end_with_their_time(lms: Downstream, clock: SettableClock) -> None:
    tokens = lms.sign_in()
    clock.advance(minutes=15)
    answer = lms.userinfo(tokens["access_token"])
    assert (answer.status_code, answer.headers["WWW-Authenticate"][:27]) == (
        401,
        'Bearer error="invalid_token',
    )
    tokens = lms.refresh(tokens["refresh_token"]).json or {}
    clock.advance(hours=12)
    assert refused(lms.refresh(tokens["refresh_token"])) == (400, "invalid_grant")


@pytest.mark.parametrize("header", ["", "Bearer x", "Basic abc", "Bearer " + "a" * 43])
def test_userinfo_without_a_good_token(lms: Downstream, header: str) -> None:
    record = Record(lms.hub)
    answer = lms.machine().get("/oauth/userinfo", headers={"Authorization": header} if header else {})
    assert refused(answer) == (401, "invalid_token")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert record.changed_tables() == set()
    assert len(record.audit_since()) == 1


def test_revoked_is_what_the_client_names_and_nothing_of_others(lms: Downstream, browser: Browser) -> None:
    other = connect_downstream(lms.hub, browser, "other")
    tokens = lms.sign_in()
    assert refused(other.post("/oauth/revoke", token=tokens["access_token"])) == (400, "unauthorized_client")
    assert lms.userinfo(tokens["access_token"]).status_code == 200
    assert lms.post("/oauth/revoke", token="never given out").status_code == 200
    assert lms.post("/oauth/revoke", token=tokens["access_token"]).status_code == 200
    assert lms.userinfo(tokens["access_token"]).status_code == 401
    tokens = lms.refresh(tokens["refresh_token"]).json or {}
    assert lms.post("/oauth/revoke", token=tokens["refresh_token"]).status_code == 200
    assert lms.userinfo(tokens["access_token"]).status_code == 401
    assert refused(lms.post("/oauth/revoke")) == (400, "invalid_request")


def test_secrets_and_tokens_are_kept_as_hashes_and_told_to_nobody(lms: Downstream) -> None:
    tokens = lms.sign_in()
    with lms.hub.reading() as uow:
        rows = [
            str(dict(row._mapping))
            for table in ("oidc_client", "oidc_grant", "oidc_code", "oidc_token", "change", "audit")
            for row in uow.connection.execute(sa.text(f'SELECT * FROM "{table}"'))
        ]
    for secret in (lms.secret, tokens["access_token"], tokens["refresh_token"], tokens["id_token"]):
        assert not any(secret in row for row in rows)


def test_a_client_shows_who_it_is_as_it_is_registered(lms: Downstream, browser: Browser) -> None:
    code = lms.code()
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    record = Record(lms.hub)
    assert refused(lms.token({}, client_id=lms.client_id, client_secret=lms.secret, **form)) == (
        401,
        "invalid_client",
    )
    assert refused(lms.token({}, client_id=lms.client_id, **form)) == (401, "invalid_client")
    wrong = lms.token(lms.basic("wrong"), **form)
    assert refused(wrong) == (401, "invalid_client")
    assert wrong.headers["WWW-Authenticate"].startswith("Basic")
    assert refused(lms.token({}, client_id="nobody", **form)) == (401, "invalid_client")
    assert refused(lms.token(grant_type="password")) == (400, "unsupported_grant_type")
    assert refused(lms.token()) == (400, "invalid_request")
    assert record.changed_tables() == set()
    assert [reason for _, _, reason in record.audit_since()] == [
        "wrong_method",
        "wrong_method",
        "wrong_secret",
        "unknown_client",
        "bad_grant_type",
        "no_grant_type",
    ]
    public = connect_downstream(lms.hub, browser, "public", auth_method="none")
    form["code"] = public.code()
    assert public.secret == ""
    assert public.token({}, client_id=public.client_id, **form).status_code == 200


def test_a_new_secret_and_the_old_one_for_as_long_as_they_overlap(
    lms: Downstream, clock: SettableClock
) -> None:
    with lms.hub.unit_of_work() as uow:
        new = rotate_client_secret(uow, lms.client_id, timedelta(hours=1)).secret
    assert refused(lms.token()) == (400, "invalid_request"), "the old one still opens"
    assert refused(lms.token(lms.basic(new))) == (400, "invalid_request")
    clock.advance(hours=1)
    assert refused(lms.token()) == (401, "invalid_client")
    with lms.hub.unit_of_work() as uow:
        rotate_client_secret(uow, lms.client_id)
    assert refused(lms.token(lms.basic(new))) == (401, "invalid_client")


@pytest.fixture
def signer(lms: Downstream, client_key: RSAKey) -> Downstream:
    """The client, which signs who it is."""
    keys = json.dumps({"keys": [client_key.as_dict(private=False)]})
    with lms.hub.unit_of_work() as uow:
        update_client(uow, lms.client_id, auth_method="private_key_jwt", public_jwks=keys)
    return lms


def test_private_key_jwt_once_and_only_as_it_should_be(signer: Downstream, client_key: RSAKey) -> None:
    now = int(signer.hub.clock.now().timestamp())
    issuer = signer.hub.settings.public_url

    def send(header: dict[str, str] | None = None, key: Any = client_key, **claims: Any) -> tuple[int, str]:
        whole = {
            "iss": signer.client_id,
            "sub": signer.client_id,
            "aud": issuer + "/oauth/token",
            "exp": now + 60,
            "jti": "one",
            **claims,
        }
        assertion = jwt.encode(
            header or {"alg": "RS256", "kid": str(client_key.kid)},
            {name: value for name, value in whole.items() if value is not None},
            key,
            algorithms=["RS256", "PS256", "HS256"],
        )
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        return refused(signer.token({}, client_assertion_type=kind, client_assertion=assertion))

    good = (400, "invalid_request")  # no grant_type, so the client is believed
    assert send() == good
    no = (401, "invalid_client")
    assert send() == no, "used before"
    assert send(jti="two", aud=issuer) == good
    assert send(jti="three", header={"alg": "PS256", "kid": str(client_key.kid)}) == good
    for name, value in (
        ("aud", "https://evil.example/oauth/token"),
        ("aud", None),
        ("exp", now - 61),
        ("exp", None),
        ("exp", "soon"),
        ("exp", now + 3700),
        ("iat", now + 120),
        ("nbf", now + 120),
        ("jti", None),
        ("jti", "j" * 301),
        ("sub", "somebody else"),
        ("iss", None),
    ):
        changed: dict[str, Any] = {"jti": "four", name: value}
        assert send(**changed) == no, (name, value)
    other = RSAKey.generate_key(2048, private=True)
    assert send(jti="five", key=other) == no
    assert send(jti="five", header={"alg": "RS256", "kid": "unknown"}) == no
    assert send(jti="five", header={"alg": "RS256", "kid": "unknown", "jku": "https://evil"}) == no
    assert send(jti="five") == good


def test_what_has_served_its_time_is_forgotten(lms: Downstream, riverside: Idp, clock: SettableClock) -> None:
    token = lms.sign_in()["refresh_token"]
    with lms.hub.unit_of_work() as uow:  # as if the person had signed in anew for a week
        ends = uow.now + timedelta(days=8)
        uow.connection.execute(sa.update(web_session).values(expires_at=ends))
    lms.browser.sign_in(riverside)
    assert lms.refresh(token).status_code == 200
    worker = open_worker(lms.hub)
    clock.advance(days=8)
    worker.remove_expired()
    clock.advance(days=20)
    worker.remove_expired()
    with lms.hub.reading() as uow:
        for table in ("oidc_grant", "oidc_code", "oidc_token", "oidc_request"):
            assert uow.connection.scalar(sa.text(f"SELECT count(*) FROM {table}")) == 0
