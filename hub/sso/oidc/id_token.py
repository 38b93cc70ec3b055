"""Deciding whether an ID token proves who signed in (OpenID Connect Core 1.0, section 3.1.3.7), more strictly than asked.

Authlib would take the allowed algorithms from the provider's metadata; here they are the hub's own.
"""

import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TypeGuard, TypeVar

import msgspec
from authlib.oidc.core.util import create_half_hash
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.util import urlsafe_b64decode

from hub.sso.oidc.keys import ALLOWED_ALGORITHMS, PublicKey
from hub.sso.refusals import not_verified

LEEWAY = 60
"""Seconds by which the provider's clock and the hub's may differ."""

MAX_CHARACTERS = 100_000
MAX_SUBJECT = 255


class Header(msgspec.Struct, frozen=True):
    """The protected header. ``jwk``, ``jku`` and ``x5u`` would let the sender choose the key; ``crit`` asks for more."""

    alg: str
    kid: str | None = None
    jwk: object = None
    jku: object = None
    x5u: object = None
    crit: object = None


class Claims(msgspec.Struct, frozen=True):
    """The claims that decide. Times are seconds since 1970. Those of type object are left out where they make no sense."""

    iss: str | None = None
    sub: str | None = None
    aud: str | list[str] | None = None
    azp: str | None = None
    exp: int | float | None = None
    iat: int | float | None = None
    nbf: int | float | None = None
    nonce: str | None = None
    at_hash: str | None = None
    sid: object = None
    acr: object = None
    auth_time: object = None


C = TypeVar("C", bound=Claims)


@dataclass(frozen=True)
class Verified:
    """What a right ID token says: who, in which session of the provider, authenticated how and when, as far as it says.

    ``claims`` are all of them, for whoever looks for more.
    """

    subject: str
    provider_session: str
    acr: str
    authenticated_at: datetime | None
    issued_at: datetime | None
    claims: Mapping[str, object]


@dataclass(frozen=True)
class Expected:
    """What the ID token of one sign-in must say. ``access_token`` came in the same answer, if one did."""

    issuer: str
    client_id: str
    nonce: str
    access_token: str | None


def read_header(token: str) -> Header:
    """The header, checked before any key is looked for; nothing in it is trusted yet."""
    if len(token) > MAX_CHARACTERS or token.count(".") != 2:
        raise not_verified("malformed_id_token")
    try:
        header = msgspec.json.decode(urlsafe_b64decode(token.partition(".")[0].encode()), type=Header)
    except (msgspec.MsgspecError, binascii.Error, ValueError, RecursionError):
        raise not_verified("malformed_id_token") from None
    if header.alg not in ALLOWED_ALGORITHMS:
        raise not_verified("algorithm_not_allowed")
    if header.jwk is not None or header.jku is not None or header.x5u is not None:
        raise not_verified("key_in_header")
    if header.crit is not None:
        raise not_verified("critical_header")
    return header


def verify_id_token(
    token: str, header: Header, key: PublicKey, expected: Expected, now: datetime
) -> Verified:
    """Who signed in; refuses with a reason of its own whatever does not hold."""
    told = read_payload(token, header.alg, key)
    claims = read_claims(told, Claims)
    check_sender(claims, expected.issuer, expected.client_id, now)
    if claims.nonce is None:
        raise not_verified("missing_nonce")
    if not hmac.compare_digest(claims.nonce.encode(), expected.nonce.encode()):
        raise not_verified("wrong_nonce")
    if claims.at_hash is not None:
        _check_access_token(claims.at_hash, header.alg, expected.access_token)
    if not is_subject(claims.sub):
        raise not_verified("bad_subject")
    return Verified(
        claims.sub,
        plain_text(claims.sid),
        plain_text(claims.acr),
        _moment(claims.auth_time, now),
        _moment(claims.iat, now),
        told,
    )


def read_payload(token: str, algorithm: str, key: PublicKey) -> dict[str, object]:
    """What a token says whose signature holds (RFC 7515, section 5.2)."""
    try:
        signed = jws.deserialize_compact(token, key.import_key(), registry=_registry(algorithm))
    except (JoseError, ValueError):
        raise not_verified("bad_signature") from None
    try:
        return msgspec.json.decode(signed.payload, type=dict[str, object])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise not_verified("malformed_id_token") from None


@cache
def _registry(algorithm: str) -> jws.JWSRegistry:
    """Lets one algorithm pass; ``read_header`` has checked that it is one of the hub's own few."""
    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    registry.max_header_length = MAX_CHARACTERS
    return registry


def read_claims(told: Mapping[str, object], kind: type[C]) -> C:
    """The claims that decide, of the types that the standard gives them."""
    try:
        return msgspec.convert(told, kind)
    except msgspec.ValidationError:
        raise not_verified("malformed_id_token") from None


def check_sender(claims: Claims, issuer: str, client_id: str, now: datetime) -> None:
    """A token of this issuer, for this client, and valid now: what ID tokens and logout tokens share."""
    if claims.iss != issuer:
        raise not_verified("wrong_issuer")
    _check_audience(claims, client_id)
    _check_times(claims, now.timestamp())


def is_subject(value: str | None) -> TypeGuard[str]:
    """Whether this can be a subject identifier (OpenID Connect Core 1.0, section 2)."""
    return bool(value) and len(value) <= MAX_SUBJECT and value.isascii() and value.isprintable()  # type: ignore[arg-type,union-attr]


def plain_text(value: object) -> str:
    """The claim where it is a short text, else nothing."""
    return value if isinstance(value, str) and len(value) <= MAX_SUBJECT and value.isprintable() else ""


def _check_audience(claims: Claims, client_id: str) -> None:
    audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud or []
    if client_id not in audiences:
        raise not_verified("wrong_audience")
    if len(audiences) > 1 and claims.azp is None:
        raise not_verified("missing_azp")
    if claims.azp is not None and claims.azp != client_id:
        raise not_verified("wrong_azp")


def _check_times(claims: Claims, now: float) -> None:
    if claims.exp is None:
        raise not_verified("missing_exp")
    if claims.iat is None:
        raise not_verified("missing_iat")
    if now >= claims.exp + LEEWAY:
        raise not_verified("expired")
    if max(claims.iat, claims.nbf or 0) > now + LEEWAY:
        raise not_verified("issued_in_future")


def _moment(seconds: object, now: datetime) -> datetime | None:
    """A time in the past as the provider tells it; one that makes no sense is not told."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds <= now.timestamp() + LEEWAY else None


def _check_access_token(at_hash: str, algorithm: str, access_token: str | None) -> None:
    """The ID token was made for this very access token (section 3.1.3.6)."""
    right = create_half_hash(access_token or "", algorithm)
    if access_token is None or right is None or not hmac.compare_digest(at_hash.encode(), right):
        raise not_verified("wrong_at_hash")
