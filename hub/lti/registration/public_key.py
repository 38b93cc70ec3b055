"""Public keys that a tool's administrator hands over by hand, as PEM, as JWK or as JWKS. Private keys are never kept."""

import json
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

from hub.lti.refusals import Refused
from hub.lti.remote_keys import MIN_BITS
from hub.lti.vocabulary import SIGNING_ALGORITHM

MAX_LENGTH = 20_000
MAX_KID = 300
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


def read_public_key(text: str) -> dict[str, str]:
    """The public JWK in a text: a PEM public key, a JWK, or a JWKS of one key (RFC 7517).

    Its kid is the one it names, else its thumbprint (RFC 7638). Raises Refused ``private_key`` for anything that holds a
    private key, ``weak_key`` for RSA below 2048 bits, ``not_a_key`` for all else.
    """
    given = text.strip()
    if "PRIVATE KEY" in given:
        raise _private()
    if not 0 < len(given) <= MAX_LENGTH:
        raise _not_a_key()
    jwk = _read_jwk(given) if given.startswith("{") else _read_pem(given)
    kid = jwk.pop("kid", "")
    if not isinstance(kid, str) or len(kid) > MAX_KID or "\0" in kid:
        raise _not_a_key()
    try:
        bits = int.from_bytes(urlsafe_b64decode(jwk["n"].encode())).bit_length()
        if bits < MIN_BITS:
            raise Refused("weak_key", f"This RSA key has {bits} bits. At least {MIN_BITS} are needed.")
        key = RSAKey.import_key({name: jwk[name] for name in ("kty", "n", "e")})
    # What parsers of keys raise for nonsense is not one kind of error.
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        raise _not_a_key() from None
    public = {name: str(value) for name, value in key.as_dict(private=False).items()}
    return {
        "kty": "RSA",
        "kid": kid or str(key.thumbprint()),
        "n": public["n"],
        "e": public["e"],
        "use": "sig",
        "alg": SIGNING_ALGORITHM,
    }


def _read_pem(text: str) -> dict[str, Any]:
    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise _not_a_key() from None
    if not isinstance(key, RSAPublicKey):
        raise _not_a_key()
    numbers = key.public_numbers()
    return {"kty": "RSA", "n": _as_text(numbers.n), "e": _as_text(numbers.e)}


def _as_text(number: int) -> str:
    """A number as JWKs have it (RFC 7518, section 2)."""
    return urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8)).decode()


def _read_jwk(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise _not_a_key() from None
    keys = value.get("keys") if "keys" in value else [value]
    if isinstance(keys, list) and any(
        isinstance(key, dict) and key.keys() & _PRIVATE_MEMBERS for key in keys
    ):
        raise _private()
    if not isinstance(keys, list) or len(keys) != 1 or not isinstance(keys[0], dict):
        raise _not_a_key()
    jwk = keys[0]
    if jwk.get("kty") != "RSA" or jwk.get("use", "sig") != "sig":
        raise _not_a_key()
    if jwk.get("alg", SIGNING_ALGORITHM) != SIGNING_ALGORITHM:
        raise _not_a_key()
    return {name: jwk[name] for name in ("kty", "n", "e", "kid") if name in jwk}


def _private() -> Refused:
    return Refused(
        "private_key",
        "This is a private key. It was not kept; treat it as known to others and make a new one.",
    )


def _not_a_key() -> Refused:
    return Refused("not_a_key", "This is no RSA public key as PEM or JWK.")
