"""ID tokens of the simulated OpenID provider, right ones and all the wrong ones."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass

from authlib.oidc.core.util import create_half_hash
from joserfc import jwt
from joserfc.jwk import RSAKey

from hub.testing.faults import Faults
from hub.testing.idp_store import TOKEN_SECONDS, Client, Code, Person
from hub.testing.keys import SigningKeys, public_pem

Claims = dict[str, object]

TOKEN_FAULTS: dict[str, str] = {
    "alg_none": "The ID token is unsigned, alg none.",
    "alg_hs256": "The ID token is signed with HS256 and the client secret.",
    "alg_hs256_public_key": "The ID token is signed with HS256 and the public key as secret.",
    "alg_ps256": "The ID token is signed with PS256 by the right key, and the JWKS names no algorithm.",
    "other_key": "The ID token is signed by another key under the published kid.",
    "unknown_kid": "The ID token names a kid that the JWKS does not have; signed by that other key.",
    "no_kid": "The ID token has no kid and is signed by another key.",
    "jwk_header": "The ID token brings its own key in the jwk header.",
    "jku_header": "The ID token points to its own key set in the jku header.",
    "x5u_header": "The ID token points to its own certificate in the x5u header.",
    "wrong_nonce": "The nonce in the ID token is another one.",
    "missing_nonce": "The ID token has no nonce.",
    "wrong_aud": "The audience is another client.",
    "aud_list_without_azp": "The audience lists another client and this one, without azp.",
    "wrong_azp": "The audience lists both clients and azp names the other.",
    "wrong_iss": "The issuer in the ID token is another one.",
    "missing_sub": "The ID token has no subject.",
    "expired": "The ID token expired an hour ago.",
    "missing_exp": "The ID token has no expiry.",
    "iat_future": "The ID token was issued a day from now.",
    "missing_iat": "The ID token has no issue time.",
    "wrong_at_hash": "The at_hash belongs to another access token.",
}

STRENGTH_FAULTS: dict[str, str] = {
    "weak_acr": "The person was authenticated by password, whatever was asked for.",
    "missing_acr": "The ID token does not say how the person was authenticated.",
    "old_auth_time": "The person signed in a day ago and was not asked again.",
    "missing_auth_time": "The ID token does not say when the person was authenticated.",
}
"""Right tokens that say too little for a client that wants people authenticated in a certain way."""

OTHER_CLIENT = "another-client"
DAY = 86_400

_CHANGES: dict[str, Callable[[Claims, int], object]] = {
    "wrong_nonce": lambda claims, now: claims.update(nonce="nonce-of-another-request"),
    "missing_nonce": lambda claims, now: claims.pop("nonce", None),
    "wrong_aud": lambda claims, now: claims.update(aud=OTHER_CLIENT),
    "aud_list_without_azp": lambda claims, now: claims.update(aud=[OTHER_CLIENT, claims["aud"]]),
    "wrong_azp": lambda claims, now: claims.update(aud=[OTHER_CLIENT, claims["aud"]], azp=OTHER_CLIENT),
    "wrong_iss": lambda claims, now: claims.update(iss="http://127.0.0.1/another-issuer"),
    "missing_sub": lambda claims, now: claims.pop("sub", None),
    "expired": lambda claims, now: claims.update(iat=now - 7200, exp=now - 3600),
    "missing_exp": lambda claims, now: claims.pop("exp", None),
    "iat_future": lambda claims, now: claims.update(iat=now + DAY, exp=now + DAY + 600),
    "missing_iat": lambda claims, now: claims.pop("iat", None),
    "weak_acr": lambda claims, now: claims.update(acr="password"),
    "missing_acr": lambda claims, now: claims.pop("acr", None),
    "old_auth_time": lambda claims, now: claims.update(auth_time=now - DAY),
    "missing_auth_time": lambda claims, now: claims.pop("auth_time", None),
    "wrong_at_hash": lambda claims, now: claims.update(at_hash=half_hash("another access token")),
}


@dataclass(frozen=True)
class Grant:
    """What one ID token is about: who signed in, with which code, for which client. `now` is in seconds since 1970."""

    issuer: str
    client: Client
    person: Person
    code: Code
    access_token: str
    now: int


def create_id_token(grant: Grant, keys: SigningKeys, faults: Faults) -> str:
    """The ID token for one sign-in (OpenID Connect Core section 2), damaged by the faults that are on."""
    claims: Claims = {
        "iss": grant.issuer,
        "aud": grant.client.client_id,
        "iat": grant.now,
        "exp": grant.now + TOKEN_SECONDS,
        "auth_time": grant.code.auth_time,
        "nonce": grant.code.nonce,
        "at_hash": half_hash(grant.access_token),
        **person_claims(grant.person, grant.code.scope),
        **({"acr": grant.code.acr} if grant.code.acr else {}),
        **({"sid": grant.code.sid} if grant.code.sid else {}),
    }
    for name, change in _CHANGES.items():
        if name in faults:
            change(claims, grant.now)
    return _sign(claims, grant, keys, faults)


def person_claims(person: Person, scope: str) -> Claims:
    """The claims about a person that `scope` allows (OpenID Connect Core section 5.4)."""
    claims: Claims = {"sub": person.sub, **person.claims}
    if "profile" in scope.split():
        claims |= {
            "name": person.name,
            "given_name": person.given_name,
            "family_name": person.family_name,
            "preferred_username": person.username,
        }
    if "email" in scope.split():
        claims |= {"email": person.email, "email_verified": True}
    return claims


def half_hash(access_token: str) -> str:
    """The at_hash of an access token under RS256 (OpenID Connect Core section 3.1.3.6)."""
    value: bytes = create_half_hash(access_token, "RS256")
    return value.decode("ascii")


def _sign(claims: Claims, grant: Grant, keys: SigningKeys, faults: Faults) -> str:
    header: dict[str, object] = {"alg": "RS256", "kid": keys.current.kid}
    if "alg_none" in faults:
        return _compact(header | {"alg": "none"}, claims, b"")
    if "alg_hs256" in faults:
        return _compact(header | {"alg": "HS256"}, claims, grant.client.client_secret.encode())
    if "alg_hs256_public_key" in faults:
        return _compact(header | {"alg": "HS256"}, claims, public_pem(keys.current).encode())
    if "alg_ps256" in faults:
        return jwt.encode(header | {"alg": "PS256"}, claims, _for_any_alg(keys.current), ["PS256"])
    rogue = _rogue_header(header, grant.issuer, keys, faults)
    if rogue is not None:
        return jwt.encode(rogue, claims, keys.rogue, ["RS256"])
    return jwt.encode(header, claims, keys.current, ["RS256"])


def _rogue_header(
    header: dict[str, object], issuer: str, keys: SigningKeys, faults: Faults
) -> dict[str, object] | None:
    """The header of a token signed by the rogue key, or None where no such fault is on."""
    if "other_key" in faults:
        return header
    if "unknown_kid" in faults:
        return header | {"kid": keys.rogue.kid}
    if "no_kid" in faults:
        return {"alg": "RS256"}
    if "jwk_header" in faults:
        return header | {"jwk": keys.rogue.as_dict(private=False)}
    if "jku_header" in faults:
        return header | {"jku": f"{issuer}/rogue/jwks"}
    if "x5u_header" in faults:
        return header | {"x5u": f"{issuer}/rogue/certificate"}
    return None


def _for_any_alg(key: RSAKey) -> RSAKey:
    """The same key without its `alg`, which joserfc would hold against PS256."""
    return RSAKey.import_key(key.as_pem(private=True))


def _compact(header: dict[str, object], claims: Claims, secret: bytes) -> str:
    """A compact JWS by hand, because a library rightly refuses to make these. No secret: no signature."""
    signed = f"{_encode(json.dumps(header).encode())}.{_encode(json.dumps(claims).encode())}"
    signature = hmac.new(secret, signed.encode(), hashlib.sha256).digest() if secret else b""
    return f"{signed}.{_encode(signature)}"


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
