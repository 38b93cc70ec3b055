"""The token endpoint: rows P6 and P7, and the keys it believes."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from joserfc.jwk import RSAKey
from werkzeug.test import TestResponse

from hub.lti.remote_keys import usable_keys
from hub.lti.tools import set_tool_disabled
from hub.lti.vocabulary import LINE_ITEM_SCOPE, RESULT_READ_SCOPE, SCORE_SCOPE
from hub.testing.keys import new_key, public_pem
from tests.lti.rig import BEARER, Rig

Make = Callable[[Rig, int], str]


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unsigned(rig: Rig, now: int) -> str:
    return _forged(rig, "none", lambda _: b"")


def _hmac_with_public_key(rig: Rig, now: int) -> str:
    secret = public_pem(rig.keys.private).encode()
    return _forged(rig, "HS256", lambda text: hmac.new(secret, text, hashlib.sha256).digest())


def _forged(rig: Rig, alg: str, sign: Callable[[bytes], bytes]) -> str:
    payload = rig.assertion().split(".")[1]
    header = _b64(json.dumps({"alg": alg, "kid": rig.keys.private.kid, "typ": "JWT"}).encode())
    text = f"{header}.{payload}"
    return f"{text}.{_b64(sign(text.encode()))}"


def _jwk_in_header(rig: Rig, now: int) -> str:
    """The attacker's key as the header's own, under the kid of a good one. A whole JWK is too long for joserfc's limit."""
    evil = new_key()
    short = {name: str(value)[:100] for name, value in evil.as_dict(private=False).items()}
    return rig.assertion({"jwk": short}, key=evil)


def _jku_in_header(rig: Rig, now: int) -> str:
    return rig.assertion({"jku": "http://127.0.0.1:9/evil", "x5u": "http://127.0.0.1:9/evil"}, key=new_key())


def _cut(rig: Rig, now: int) -> str:
    return rig.assertion().rpartition(".")[0] + "."


BAD_ASSERTIONS: dict[str, tuple[Make, str]] = {
    "bad signature": (lambda r, now: r.assertion(key=new_key()), "assertion_signature"),
    "no signature": (_cut, "assertion_signature"),
    "alg none": (_unsigned, "assertion_algorithm"),
    "HS256 with the public key": (_hmac_with_public_key, "assertion_algorithm"),
    "RS512": (
        lambda r, now: r.assertion({"alg": "RS512"}, RSAKey.import_key(r.keys.private.as_pem(private=True))),
        "assertion_algorithm",
    ),
    "PS256": (
        lambda r, now: r.assertion({"alg": "PS256"}, RSAKey.import_key(r.keys.private.as_pem(private=True))),
        "assertion_algorithm",
    ),
    "wrong kid": (lambda r, now: r.assertion({"kid": "other"}), "unknown_kid"),
    "kid with a path": (lambda r, now: r.assertion({"kid": "../../key"}), "unknown_kid"),
    "kid with NUL": (lambda r, now: r.assertion({"kid": "\0"}), "unknown_kid"),
    "no kid": (lambda r, now: r.assertion({"kid": None}), "assertion_kid"),
    "empty kid": (lambda r, now: r.assertion({"kid": ""}), "assertion_kid"),
    "own key in the header": (_jwk_in_header, "assertion_signature"),
    "own JWKS in the header": (_jku_in_header, "assertion_signature"),
    "wrong aud": (lambda r, now: r.assertion(aud="https://other.example/token"), "assertion_aud"),
    "aud with a slash too many": (lambda r, now: r.assertion(aud=r.base + "/"), "assertion_aud"),
    "no aud": (lambda r, now: r.assertion(drop="aud"), "assertion_claim_missing"),
    "iss != sub": (lambda r, now: r.assertion(sub=r.south.client_id), "assertion_issuer"),
    "no iss": (lambda r, now: r.assertion(drop="iss"), "assertion_issuer"),
    "no sub": (lambda r, now: r.assertion(drop="sub"), "assertion_issuer"),
    "iss is a list": (
        lambda r, now: r.assertion(iss=[r.north.client_id], sub=[r.north.client_id]),
        "assertion_issuer",
    ),
    "unknown client": (lambda r, now: r.assertion(iss="nobody", sub="nobody"), "unknown_client"),
    "client with NUL": (lambda r, now: r.assertion(iss="\0", sub="\0"), "unknown_client"),
    "expired": (lambda r, now: r.assertion(iat=now - 600, exp=now - 61), "assertion_expired"),
    "no exp": (lambda r, now: r.assertion(drop="exp"), "assertion_claim_missing"),
    "exp is text": (lambda r, now: r.assertion(exp="tomorrow"), "assertion_exp"),
    "exp > 1 h": (lambda r, now: r.assertion(exp=now + 3_600 + 61), "assertion_lifetime"),
    "exp far away": (lambda r, now: r.assertion(exp=1e300), "assertion_lifetime"),
    "no jti": (lambda r, now: r.assertion(drop="jti"), "assertion_claim_missing"),
    "empty jti": (lambda r, now: r.assertion(jti=""), "assertion_jti"),
    "jti is a number": (lambda r, now: r.assertion(jti=5), "assertion_jti"),
    "long jti": (lambda r, now: r.assertion(jti="x" * 301), "assertion_jti"),
    "iat future": (lambda r, now: r.assertion(iat=now + 61), "assertion_iat"),
    "no iat": (lambda r, now: r.assertion(drop="iat"), "assertion_claim_missing"),
    "nbf future": (lambda r, now: r.assertion(nbf=now + 61), "assertion_nbf"),
    "two parts": (lambda r, now: "a.b", "assertion_malformed"),
    "five parts": (lambda r, now: "a.b.c.d.e", "assertion_malformed"),
    "no base64": (lambda r, now: "ä.ö.ü", "assertion_malformed"),
    "payload is a list": (
        lambda r, now: ".".join([r.assertion().split(".")[0], _b64(b"[]"), "x"]),
        "assertion_malformed",
    ),
    "deep payload": (
        lambda r, now: ".".join([r.assertion().split(".")[0], _b64(b"[" * 5_000), "x"]),
        "assertion_malformed",
    ),
    "huge": (lambda r, now: r.assertion(padding="x" * 9_000), "assertion_malformed"),
}


@pytest.mark.parametrize("name", BAD_ASSERTIONS)
def test_p6_bad_assertion(shared: Rig, name: str) -> None:
    make, reason = BAD_ASSERTIONS[name]
    assertion = make(shared, int(shared.hub.clock.now().timestamp()))
    _refused(shared, "invalid_client", reason, client_assertion=assertion)


def test_p6_replayed_jti(rig: Rig) -> None:
    assertion = rig.assertion()
    assert rig.ask_token(client_assertion=assertion).status_code == 200
    _refused(rig, "invalid_client", "assertion_replayed", client_assertion=assertion)
    jti = json.loads(base64.urlsafe_b64decode(assertion.split(".")[1] + "=="))["jti"]
    _refused(rig, "invalid_client", "assertion_replayed", client_assertion=rig.assertion(jti=jti))
    south = rig.assertion(jti=jti, iss=rig.south.client_id, sub=rig.south.client_id)
    assert rig.ask_token(client_assertion=south).status_code == 200, "another tool's jti is another"


@pytest.mark.parametrize("audience", ["token_url", "issuer", "list"])
def test_p6_good_assertions(rig: Rig, audience: str) -> None:
    aud: object = ["https://other.example", rig.north.token_url]
    aud = aud if audience == "list" else getattr(rig.north, audience)
    now = int(rig.hub.clock.now().timestamp())
    assertion = rig.assertion(aud=aud, iat=now + 30, exp=now + 3_600, nbf=now)
    answer = rig.ask_token(client_assertion=assertion, scope=" ".join(rig.north.scopes))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json
    assert body is not None
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 3_600
    assert set(body["scope"].split()) == set(rig.north.scopes)


@pytest.mark.parametrize(
    ("changes", "error", "reason"),
    [
        ({"grant_type": "authorization_code"}, "unsupported_grant_type", "bad_grant_type"),
        ({"grant_type": "password"}, "unsupported_grant_type", "bad_grant_type"),
        ({"grant_type": None}, "invalid_request", "no_grant_type"),
        ({"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"}, "invalid_client", "bad_assertion_type"),
        ({"client_assertion_type": None}, "invalid_client", "bad_assertion_type"),
        ({"client_assertion_type": [BEARER, BEARER]}, "invalid_request", "repeated_parameter"),
        ({"client_assertion": None}, "invalid_client", "no_assertion"),
        ({"client_assertion": None, "client_id": "x", "client_secret": "y"}, "invalid_client", "no_assertion"),
        ({"scope": None}, "invalid_scope", "scope_missing"),
        ({"scope": " "}, "invalid_scope", "scope_missing"),
        ({"scope": "openid profile"}, "invalid_scope", "scope_unknown"),
        ({"padding": "x" * 40_000}, "invalid_request", "too_large"),
    ],
    ids=lambda value: str(value)[:60],
)  # fmt: skip
def test_p7_bad_token_request(shared: Rig, changes: dict[str, Any], error: str, reason: str) -> None:
    _refused(shared, error, reason, **changes)


def test_p7_scope_not_granted_to_the_client(rig: Rig) -> None:
    registration = _score_only(rig)
    assertion = rig.assertion(iss=registration, sub=registration)
    _refused(rig, "invalid_scope", "scope_not_granted", client_assertion=assertion, scope=LINE_ITEM_SCOPE)


def test_p7_known_and_ungranted_scopes_are_narrowed(rig: Rig) -> None:
    client_id = _score_only(rig)
    assertion = rig.assertion(iss=client_id, sub=client_id)
    scope = f"{SCORE_SCOPE} {RESULT_READ_SCOPE} openid"
    answer = rig.ask_token(client_assertion=assertion, scope=scope)
    assert answer.json is not None
    assert answer.json["scope"] == SCORE_SCOPE


def test_p15_token_for_a_deactivated_tool(rig: Rig) -> None:
    with rig.hub.unit_of_work() as uow:
        set_tool_disabled(uow, rig.north.connection_id, disabled=True)
    _refused(rig, "invalid_client", "tool_disabled")
    assert rig.keys.calls == 0


def test_keys_of_the_tool_are_fetched_once(rig: Rig) -> None:
    for _ in range(3):
        rig.token()
    assert rig.keys.calls == 1


def test_a_new_key_of_the_tool_costs_one_fetch(rig: Rig) -> None:
    rig.token()
    rig.hub.clock.advance(seconds=11)  # type: ignore[attr-defined]
    rig.keys.private, old = new_key(), rig.keys.private
    rig.keys.publish(rig.keys.private)
    try:
        assert rig.token()
        assert rig.keys.calls == 2
        rig.hub.clock.advance(seconds=11)  # type: ignore[attr-defined]
        with_old = rig.assertion({"kid": old.kid}, key=old)
        _refused(rig, "invalid_client", "unknown_kid", client_assertion=with_old)
    finally:
        rig.keys.private = old


def test_unknown_kids_cost_one_fetch_in_ten_seconds(rig: Rig) -> None:
    rig.token()
    rig.hub.clock.advance(seconds=11)  # type: ignore[attr-defined]
    for attempt in range(5):
        _refused(
            rig,
            "invalid_client",
            "unknown_kid",
            client_assertion=rig.assertion({"kid": f"made-up-{attempt}"}),
        )
    assert rig.keys.calls == 2
    assert rig.token(), "the known key still works"


def test_a_key_taken_out_of_the_jwks_is_refused_within_the_hour(rig: Rig) -> None:
    rig.token()
    rig.keys.publish(new_key())
    rig.hub.clock.advance(minutes=59)  # type: ignore[attr-defined]
    assert rig.token()
    rig.hub.clock.advance(minutes=1)  # type: ignore[attr-defined]
    _refused(rig, "invalid_client", "unknown_kid")


def test_known_keys_serve_for_a_day_while_the_jwks_is_down(rig: Rig) -> None:
    rig.token()
    rig.keys.status = 500
    rig.hub.clock.advance(hours=23)  # type: ignore[attr-defined]
    assert rig.token()
    rig.hub.clock.advance(hours=1)  # type: ignore[attr-defined]
    _refused(rig, "invalid_client", "jwks_unreachable")


def test_a_jwks_that_cannot_be_fetched_is_said(rig: Rig) -> None:
    rig.keys.status = 500
    answer = _refused(rig, "invalid_client", "jwks_unreachable")
    assert f"{rig.keys.address}/jwks" in str(answer.json and answer.json["error_description"])


def test_only_public_rsa_signing_keys_of_2048_bits_with_a_kid_of_their_own_are_kept() -> None:
    good, twin = new_key(), new_key()
    public = dict(good.as_dict(private=False))
    usable = usable_keys(
        [
            good.as_dict(private=True),
            public | {"kid": "encrypts", "use": "enc"},
            public | {"kid": "other-alg", "alg": "RS512"},
            public | {"kid": ""},
            public | {"kid": "no-number", "n": "!"},
            {name: value for name, value in public.items() if name != "kid"},
            dict(twin.as_dict(private=False)) | {"kid": "twice"},
            public | {"kid": "twice"},
            public | {"kid": "weak", "n": _b64(b"\xff" * 128)},
            {"kty": "oct", "k": "AAAA", "kid": "secret"},
            {"kty": "EC", "kid": "curve"},
            "no key",
            None,
        ]
    )
    assert usable == [{name: public[name] for name in ("kty", "kid", "n", "e")}]


def _score_only(rig: Rig) -> str:
    """The client_id of a third tool that may only send scores."""
    from hub.lti.tools import connect_tool

    url = "http://127.0.0.1:9/west"
    with rig.hub.unit_of_work() as uow:
        registration = connect_tool(
            uow,
            "west",
            "LMS West",
            login_url=url,
            launch_url=url,
            jwks_url=f"{rig.keys.address}/jwks",
            scopes=[SCORE_SCOPE],
        )
    return registration.client_id


def _refused(rig: Rig, error: str, reason: str, **form: Any) -> TestResponse:
    record = rig.record()
    answer = rig.ask_token(**form)
    assert answer.status_code == 400, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json is not None
    assert answer.json["error"] == error
    assert answer.json["error_description"]
    record.assert_refused("lti_token", reason)
    return answer
