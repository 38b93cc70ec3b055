"""Public keys of identity providers (RFC 7517): which of them may verify which ID token."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec
from joserfc.jwk import ECKey, RSAKey

from hub.errors import OutsideFailed
from hub.sso.refusals import not_verified

KEY_TYPES = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC"}
"""The algorithms the hub accepts, whatever a provider's metadata lists, each with the type of its keys."""

ALLOWED_ALGORITHMS = frozenset(KEY_TYPES)
MODULUS_CHARACTERS = range(342, 1367)  # 2,048 to 8,192 bits in base64url


class PublicKey(msgspec.Struct, frozen=True, omit_defaults=True):
    """The public members of a key that can verify one of the allowed algorithms."""

    kty: str
    kid: str | None = None
    use: str | None = None
    alg: str | None = None
    n: str | None = None
    e: str | None = None
    crv: str | None = None
    x: str | None = None
    y: str | None = None

    def fits(self, algorithm: str) -> bool:
        """Whether this key may verify signatures of this algorithm (RFC 7517, sections 4.1, 4.2 and 4.4)."""
        return KEY_TYPES[algorithm] == self.kty and self.alg in {None, algorithm}

    def import_key(self) -> RSAKey | ECKey:
        """The key for joserfc; ValueError or a JoseError when its numbers make no key."""
        return _imported(self)


@lru_cache(maxsize=4096)
def _imported(key: PublicKey) -> RSAKey | ECKey:
    members: dict[str, Any] = msgspec.to_builtins(key)
    return RSAKey.import_key(members) if key.kty == "RSA" else ECKey.import_key(members)


class UnknownKid(Exception):
    """No key has the kid that an ID token names; the provider may have rotated its keys."""


def read_key_set(body: bytes) -> tuple[PublicKey, ...]:
    """The usable signing keys of a JWK Set. What is not understood is left out, as RFC 7517 section 5 asks.

    Raises OutsideFailed ``bad_keys`` when this is no JWK Set.
    """
    try:
        members = msgspec.json.decode(body, type=dict[str, Any])["keys"]
        return tuple(key for key in map(_read_key, members) if key is not None)
    except (msgspec.MsgspecError, KeyError, TypeError, UnicodeDecodeError, RecursionError):
        raise OutsideFailed("bad_keys", "The key set is not a JWK Set.") from None


def find_key(keys: Sequence[PublicKey], kid: str | None, algorithm: str) -> PublicKey:
    """The one key that an ID token's header means.

    Raises UnknownKid when no key has this kid; refuses an ambiguous kid, a key that is not for this algorithm, and a
    missing kid where there are several keys (OpenID Connect Core 1.0, section 10.1).
    """
    if kid is None:
        candidates = [key for key in keys if key.fits(algorithm)]
        if len(candidates) != 1:
            raise not_verified("missing_kid")
        return candidates[0]
    named = [key for key in keys if key.kid == kid]
    if not named:
        raise UnknownKid
    if len(named) > 1:
        raise not_verified("ambiguous_kid")
    if not named[0].fits(algorithm):
        raise not_verified("wrong_key")
    return named[0]


def _read_key(members: object) -> PublicKey | None:
    try:
        key = msgspec.convert(members, PublicKey)
    except msgspec.ValidationError:
        return None
    return key if _is_usable(key) else None


def _is_usable(key: PublicKey) -> bool:
    if key.use not in {None, "sig"} or not all(_is_plain(value) for value in msgspec.structs.astuple(key)):
        return False
    if key.kty == "RSA":
        return key.n is not None and len(key.n) in MODULUS_CHARACTERS and key.e is not None
    return key.kty == "EC" and key.crv == "P-256" and key.x is not None and key.y is not None


def _is_plain(value: str | None) -> bool:
    """Whether every database can keep the text."""
    return value is None or value.isprintable()
