"""What an ID token must be, without providers or databases."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
import pytest
from authlib.oidc.core.util import create_half_hash
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from hub.errors import NotAllowed, OutsideFailed
from hub.sso.oidc.id_token import LEEWAY, Expected, read_header, verify_id_token
from hub.sso.oidc.keys import PublicKey, UnknownKid, find_key, read_key_set

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
EXPECTED = Expected("https://idp.example", "hub", "nonce-1", "access-1")
CLAIMS = {
    "iss": "https://idp.example",
    "aud": "hub",
    "sub": "sub-1",
    "nonce": "nonce-1",
    "iat": SECONDS,
    "exp": SECONDS + 300,
}
EC = ECKey.generate_key("P-256", auto_kid=True)
EC384 = ECKey.generate_key("P-384", auto_kid=True)
RSA = RSAKey.generate_key(2048, auto_kid=True)


def public(key: RSAKey | ECKey, **changes: object) -> PublicKey:
    return read_key_set(json.dumps({"keys": [{**key.as_dict(private=False), **changes}]}).encode())[0]


def sign(
    claims: object,
    key: RSAKey | ECKey = EC,
    alg: str = "ES256",
    more_header: Mapping[str, object] | None = None,
) -> str:
    registry = jws.JWSRegistry(algorithms=[alg], strict_check_header=False)
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    return jws.serialize_compact(
        {"alg": alg, "kid": key.kid, **(more_header or {})}, payload, key, registry=registry
    )


def verify(token: str, key: RSAKey | ECKey = EC, expected: Expected = EXPECTED) -> str:
    return verify_id_token(token, read_header(token), public(key), expected, NOW).subject


def refusal(token: str, key: RSAKey | ECKey = EC, expected: Expected = EXPECTED) -> str:
    with pytest.raises(NotAllowed) as refused:
        verify(token, key, expected)
    return refused.value.code


@pytest.mark.parametrize("key, alg", [(EC, "ES256"), (RSA, "RS256"), (RSA, "PS256")])
def test_the_three_algorithms_work(key: RSAKey | ECKey, alg: str) -> None:
    at_hash = create_half_hash("access-1", alg).decode()
    assert verify(sign(CLAIMS | {"at_hash": at_hash}, key, alg), key) == "sub-1"


@pytest.mark.parametrize("key, alg", [(RSA, "RS384"), (RSA, "RS512"), (RSA, "PS512"), (EC384, "ES384")])
def test_oi6_other_algorithms_do_not(key: RSAKey | ECKey, alg: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        read_header(sign(CLAIMS, key, alg))
    assert refused.value.code == "algorithm_not_allowed"


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", "HS256", "HS512", "", "ES256K", "EdDSA"])
def test_oi6_algorithms_by_name(name: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        read_header(compact({"alg": name, "kid": "x"}))
    assert refused.value.code == "algorithm_not_allowed"


def compact(header: object, claims: object = CLAIMS, signature: str = "") -> str:
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims)
    ]
    return ".".join([*parts, signature])


@pytest.mark.parametrize(
    "token",
    [
        "",
        "..",
        "a.b",
        "a.b.c",
        "a.b.c.d.e",
        "é.é.é",
        compact([]),
        compact("alg"),
        compact({}),
        compact({"alg": ["RS256"]}),
        compact({"alg": None}),
        compact({"alg": "RS256", "kid": 7}),
        compact({"alg": "RS256"}) + "x" * 200_000,
        f"{base64.urlsafe_b64encode(b'[' * 60_000).rstrip(b'=').decode()}.a.b",
    ],
    ids=range(14),
)
def test_what_is_no_token(token: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        read_header(token)
    assert refused.value.code == "malformed_id_token"


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u"])
def test_oi8_a_key_in_the_header_is_refused_even_with_a_right_signature(name: str) -> None:
    value: object = EC.as_dict(private=False) if name == "jwk" else "https://idp.example/keys"
    assert refusal(sign(CLAIMS, more_header={name: value})) == "key_in_header"


def test_critical_headers_are_not_understood() -> None:
    assert (
        refusal(compact({"alg": "ES256", "kid": EC.kid, "crit": ["b64"], "b64": False})) == "critical_header"
    )


def test_unknown_headers_are_ignored() -> None:
    assert verify(sign(CLAIMS, more_header={"x5t": "abc", "extra": "x"})) == "sub-1"


@pytest.mark.parametrize(
    "change, reason",
    [
        ({"exp": SECONDS - LEEWAY}, "expired"),
        ({"exp": float("-1e300")}, "expired"),
        ({"iat": SECONDS + LEEWAY + 1}, "issued_in_future"),
        ({"nbf": SECONDS + LEEWAY + 1}, "issued_in_future"),
        ({"exp": None}, "missing_exp"),
        ({"iat": None}, "missing_iat"),
        ({"exp": str(SECONDS + 300)}, "malformed_id_token"),
        ({"exp": True}, "malformed_id_token"),
        ({"exp": float("inf")}, "malformed_id_token"),
        ({"iss": "https://idp.example/"}, "wrong_issuer"),
        ({"iss": "https://IDP.example"}, "wrong_issuer"),
        ({"iss": None}, "wrong_issuer"),
        ({"aud": None}, "wrong_audience"),
        ({"aud": []}, "wrong_audience"),
        ({"aud": "HUB"}, "wrong_audience"),
        ({"aud": [["hub"]]}, "malformed_id_token"),
        ({"aud": ["other", "hub"]}, "missing_azp"),
        ({"aud": ["other", "hub"], "azp": "other"}, "wrong_azp"),
        ({"azp": "other"}, "wrong_azp"),
        ({"nonce": None}, "missing_nonce"),
        ({"nonce": ""}, "wrong_nonce"),
        ({"nonce": "nonce-1 "}, "wrong_nonce"),
        ({"nonce": "nonce-é"}, "wrong_nonce"),
        ({"nonce": 1}, "malformed_id_token"),
        ({"sub": None}, "bad_subject"),
        ({"sub": ""}, "bad_subject"),
        ({"sub": "a\0b"}, "bad_subject"),
        ({"sub": "é"}, "bad_subject"),
        ({"sub": "\ud800"}, "malformed_id_token"),
        ({"sub": "s" * 256}, "bad_subject"),
        ({"sub": 42}, "malformed_id_token"),
        ({"sub": ["sub-1"]}, "malformed_id_token"),
        ({"at_hash": ""}, "wrong_at_hash"),
        ({"at_hash": "é"}, "wrong_at_hash"),
    ],
    ids=str,
)
def test_oi9_claims_that_are_refused(change: dict[str, object], reason: str) -> None:
    assert refusal(sign(CLAIMS | change)) == reason


@pytest.mark.parametrize(
    "change",
    [
        {"exp": SECONDS - LEEWAY + 1},
        {"exp": SECONDS + 0.5},
        {"iat": SECONDS + LEEWAY},
        {"nbf": SECONDS + LEEWAY},
        {"iat": SECONDS - 86_400},
        {"aud": ["hub"]},
        {"aud": ["other", "hub"], "azp": "hub"},
        {"azp": "hub"},
        {"email": "somebody@else.example", "email_verified": True},
        {"more": {"deep": [[[]]]}},
    ],
    ids=str,
)
def test_oi9_claims_that_are_accepted(change: dict[str, object]) -> None:
    assert verify(sign(CLAIMS | change)) == "sub-1"


def test_oi9_at_hash_without_an_access_token() -> None:
    at_hash = create_half_hash("", "ES256").decode()
    without = Expected(EXPECTED.issuer, EXPECTED.client_id, EXPECTED.nonce, None)
    assert refusal(sign(CLAIMS | {"at_hash": at_hash}), expected=without) == "wrong_at_hash"


def test_a_payload_that_is_no_object() -> None:
    for payload in (b"[]", b"null", b"x", b"\xff", b"[" * 90_000, b'{"a":' * 9_000):
        assert refusal(sign(payload)) == "malformed_id_token"


@pytest.mark.parametrize("change", ["x", "", "AA"])
def test_a_changed_signature(change: str) -> None:
    head, _, _ = sign(CLAIMS).rpartition(".")
    assert refusal(f"{head}.{change}") == "bad_signature"


def test_a_changed_payload() -> None:
    head, payload, signature = sign(CLAIMS).split(".")
    other = compact({}, CLAIMS | {"sub": "sub-2"}).split(".")[1]
    assert payload != other
    assert refusal(f"{head}.{other}.{signature}") == "bad_signature"


# --- keys ------------------------------------------------------------------------------------------------------


def test_a_key_set_keeps_what_can_verify_and_no_private_part() -> None:
    weak = {"kty": "RSA", "kid": "weak", "n": "A" * 171, "e": "AQAB"}
    entries = [
        EC.as_dict(private=True),
        RSA.as_dict(private=True) | {"x5c": ["..."]},
        EC384.as_dict(private=False),
        {"kty": "oct", "kid": "secret", "k": "AAAA"},
        EC.as_dict(private=False) | {"use": "enc"},
        EC.as_dict(private=False) | {"kid": "nul\0"},
        EC.as_dict(private=False) | {"kid": 7},
        weak,
        "nonsense",
        None,
    ]
    keys = read_key_set(json.dumps({"keys": entries}).encode())
    assert [key.kid for key in keys] == [EC.kid, RSA.kid]
    assert "d" not in json.dumps(msgspec.to_builtins(keys)).split('"')


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"keys": 7}', b'{"keys": null}', b"[" * 100_000, b"\xff"]
)
def test_what_is_no_key_set(body: bytes) -> None:
    with pytest.raises(OutsideFailed) as failed:
        read_key_set(body)
    assert failed.value.code == "bad_keys"


def test_which_key_a_header_means() -> None:
    one, other = public(EC, kid="one"), public(EC, kid="other")
    assert find_key([one, other], "other", "ES256") is other
    assert find_key([one, public(RSA)], None, "ES256") is one
    with pytest.raises(UnknownKid):
        find_key([one, other], "third", "ES256")
    for keys, kid, algorithm, reason in (
        ([one, other], None, "ES256", "missing_kid"),
        ([], None, "ES256", "missing_kid"),
        ([one, public(RSA, kid="one")], "one", "ES256", "ambiguous_kid"),
        ([one], "one", "RS256", "wrong_key"),
        ([public(RSA, kid="one", alg="RS256")], "one", "PS256", "wrong_key"),
    ):
        with pytest.raises(NotAllowed) as refused:
            find_key(keys, kid, algorithm)
        assert refused.value.code == reason


@pytest.mark.parametrize(
    "members", [{"x": "AAAA"}, {"x": "!"}, {"y": ""}], ids=["off the curve", "no base64", "empty"]
)
def test_numbers_that_make_no_key(members: dict[str, object]) -> None:
    token = sign(CLAIMS)
    key = public(EC, **members)
    with pytest.raises(NotAllowed) as refused:
        verify_id_token(token, read_header(token), key, EXPECTED, NOW)
    assert refused.value.code == "bad_signature"
