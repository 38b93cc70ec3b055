"""Keys that a tool's administrator pastes: what is taken, and what is refused."""

import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.jwk import ECKey
from joserfc.util import urlsafe_b64encode

from hub.lti.refusals import Refused
from hub.lti.registration.public_key import read_public_key
from hub.lti.tools import connect_tool, read_tool, update_tool
from hub.testing.keys import new_key
from tests.lti.registration.desk import TOOL, Desk

KEY = new_key()
SMALL = rsa.generate_private_key(65537, 1024).public_key()
SMALL_PEM = SMALL.public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
).decode()
SMALL_N = urlsafe_b64encode(SMALL.public_numbers().n.to_bytes(128)).decode()
PUBLIC = dict(KEY.as_dict(private=False))


@pytest.mark.parametrize(
    "text",
    [
        KEY.as_pem(private=False).decode(),
        "\n  " + KEY.as_pem(private=False).decode() + "\n",
        json.dumps(PUBLIC),
        json.dumps({"keys": [PUBLIC]}),
    ],
    ids=["pem", "pem with spaces", "jwk", "jwks"],
)
def test_public_key_is_read(text: str) -> None:
    key = read_public_key(text)
    assert key["n"] == PUBLIC["n"]
    assert key["kid"]
    assert set(key) == {"kty", "kid", "n", "e", "use", "alg"}
    if text.startswith("{"):
        assert key["kid"] == PUBLIC["kid"]


_REFUSED: dict[str, tuple[str, str]] = {
    "private pem": (KEY.as_pem(private=True).decode(), "private_key"),
    "private jwk": (json.dumps(KEY.as_dict(private=True)), "private_key"),
    "private jwk in a set": (json.dumps({"keys": [KEY.as_dict(private=True)]}), "private_key"),
    "encrypted private pem": (
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII=\n-----END ENCRYPTED PRIVATE KEY-----",
        "private_key",
    ),
    "private key beside a public one": (
        KEY.as_pem(private=False).decode() + KEY.as_pem(private=True).decode(),
        "private_key",
    ),
    "symmetric": (json.dumps({"kty": "oct", "k": "c2VjcmV0"}), "private_key"),
    "1024 bits pem": (SMALL_PEM, "weak_key"),
    "1024 bits jwk": (json.dumps({"kty": "RSA", "n": SMALL_N, "e": "AQAB"}), "weak_key"),
    "nothing": ("", "not_a_key"),
    "garbage": ("garbage", "not_a_key"),
    "broken pem": ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "not_a_key"),
    "broken json": ("{", "not_a_key"),
    "empty object": ("{}", "not_a_key"),
    "no modulus": (json.dumps({"kty": "RSA", "e": "AQAB"}), "not_a_key"),
    "modulus is a number": (json.dumps({"kty": "RSA", "n": 7, "e": "AQAB"}), "not_a_key"),
    "not base64": (json.dumps({"kty": "RSA", "n": "!!", "e": "AQAB"}), "not_a_key"),
    "elliptic": (json.dumps(ECKey.generate_key("P-256").as_dict(private=False)), "not_a_key"),
    "elliptic pem": (ECKey.generate_key("P-256").as_pem(private=False).decode(), "not_a_key"),
    "for encryption": (json.dumps({**PUBLIC, "use": "enc"}), "not_a_key"),
    "other algorithm": (json.dumps({**PUBLIC, "alg": "PS256"}), "not_a_key"),
    "two keys": (json.dumps({"keys": [PUBLIC, PUBLIC]}), "not_a_key"),
    "keys are no list": (json.dumps({"keys": "x"}), "not_a_key"),
    "kid is a number": (json.dumps({**PUBLIC, "kid": 7}), "not_a_key"),
    "kid with NUL": (json.dumps({**PUBLIC, "kid": "a\0b"}), "not_a_key"),
    "very long": ("x" * 20_001, "not_a_key"),
}


@pytest.mark.requirement("R6")
@pytest.mark.parametrize(("text", "reason"), _REFUSED.values(), ids=_REFUSED.keys())
def test_r6_key_that_is_refused(text: str, reason: str) -> None:
    with pytest.raises(Refused) as refusal:
        read_public_key(text)
    assert refusal.value.code == reason
    assert not text or text not in str(refusal.value)


def test_pasted_key_verifies_what_the_tool_signs(desk: Desk) -> None:
    connection_id = _tool(desk)
    key = read_public_key(KEY.as_pem(private=False).decode())
    kid = key["kid"]
    with desk.hub.unit_of_work() as uow:
        update_tool(uow, connection_id, public_jwks=[key])
        tool = read_tool(uow, connection_id)
    assert [key["kid"] for key in tool.public_jwks] == [kid]
    now = int(desk.hub.clock.now().timestamp())
    claims = {
        "iss": tool.client_id,
        "sub": tool.client_id,
        "aud": f"{desk.base}/lti/token",
        "iat": now,
        "exp": now + 60,
        "jti": "1",
    }
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode({"alg": "RS256", "kid": kid}, claims, KEY, algorithms=["RS256"]),
        "scope": tool.scopes[0],
    }
    answer = desk.client.post("/lti/token", data=form, base_url=desk.base)
    assert answer.status_code == 200, answer.text


def _tool(desk: Desk) -> str:
    with desk.hub.unit_of_work() as uow:
        return connect_tool(
            uow,
            "west",
            "West",
            desk.partners["riverside"],
            login_url=f"{TOOL}/login",
            launch_url=f"{TOOL}/launch",
            jwks_url=f"{TOOL}/jwks",
        ).connection_id
