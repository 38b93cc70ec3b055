"""JWTs of other systems, read strictly: RS256 alone, a key by its kid alone, JSON with one meaning alone.

1EdTech Security Framework 1.0, sections 5.1.2 and 5.1.3; RFC 8725. Every function refuses with a reason of its own.
"""

import json
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.util import urlsafe_b64decode

from hub.lti.refusals import Refused
from hub.lti.vocabulary import SIGNING_ALGORITHM

SKEW = timedelta(seconds=60)
"""How far another system's clock may be off."""
MAX_LENGTH = 64 * 1024
MAX_DEPTH = 32
MAX_KID = 300
_PARTS = 3
_KEYS_IN_HEADER = ("jwk", "jku", "x5u", "x5c")


@dataclass(frozen=True)
class Unverified:
    """What a token says of itself, to find out whose key to verify with; nothing of it is believed."""

    kid: str
    claims: Mapping[str, Any]


def read_unverified(token: str, limit: int = MAX_LENGTH) -> Unverified:
    """The kid and the claims of a signed JWT of at most ``limit`` characters.

    Refuses ``too_large``, ``malformed_token``, ``duplicate_member``, ``algorithm_not_allowed``, ``key_in_header``,
    ``critical_header``, ``missing_kid`` and ``bad_kid``. Keys that the header brings along are never looked at.
    """
    if len(token) > limit:
        raise Refused("too_large", "The message is too large.", status=413)
    parts = token.split(".")
    if len(parts) != _PARTS or not all(parts[:2]):
        raise _malformed()
    header, claims = (_read_object(part) for part in parts[:2])
    if header.get("alg") != SIGNING_ALGORITHM:
        raise Refused("algorithm_not_allowed", f"Messages must be signed with {SIGNING_ALGORITHM}.")
    if any(name in header for name in _KEYS_IN_HEADER):
        raise Refused("key_in_header", "The message brings its own key along, which is never used.")
    if "crit" in header:
        raise Refused("critical_header", "The message's header asks for something the hub does not know.")
    kid = header.get("kid")
    if kid is None:
        raise Refused("missing_kid", "The message's header does not name its key.")
    if not isinstance(kid, str) or not 0 < len(kid) <= MAX_KID or "\0" in kid:
        raise Refused("bad_kid", "The message's header names its key in a way that cannot be.")
    return Unverified(kid, claims)


def verify(token: str, key: RSAKey) -> dict[str, Any]:
    """The claims of a token that ``read_unverified`` let pass, signed by this key; refuses ``bad_signature``."""
    try:
        verified = jws.deserialize_compact(
            token.encode(), key, registry=_Sizes(algorithms=[SIGNING_ALGORITHM])
        )
    except (JoseError, ValueError):
        raise Refused("bad_signature", "The message's signature does not verify.") from None
    return _parse(verified.payload)


def check_times(claims: Mapping[str, Any], now: datetime, *, oldest: timedelta, longest: timedelta) -> None:
    """Issued at most ``oldest`` ago and not in the future, not expired, and living for at most ``longest`` from now.

    Refuses ``missing_exp``, ``expired``, ``exp_too_far``, ``missing_iat``, ``issued_in_future``, ``too_old`` and
    ``not_yet_valid`` (RFC 7519, sections 4.1.4 to 4.1.6). Clocks may differ by SKEW.
    """
    at, skew = now.timestamp(), SKEW.total_seconds()
    expires, issued = _instant(claims, "exp"), _instant(claims, "iat")
    if expires <= at - skew:
        raise Refused("expired", "The message has expired.")
    if expires > at + longest.total_seconds() + skew:
        raise Refused("exp_too_far", "The message claims to be valid for too long.")
    if issued > at + skew:
        raise Refused("issued_in_future", "The message claims to come from the future.")
    if issued < at - oldest.total_seconds():
        raise Refused("too_old", "The message is too old.")
    if claims.get("nbf") is not None and _instant(claims, "nbf") > at + skew:
        raise Refused("not_yet_valid", "The message is not valid yet.")


def audiences(claims: Mapping[str, Any]) -> list[str]:
    """For whom the token is, as a list; empty where ``aud`` is missing or is neither a text nor a list of texts."""
    named = claims.get("aud")
    if isinstance(named, str):
        return [named]
    return named if isinstance(named, list) and all(isinstance(one, str) for one in named) else []


def check_audience(claims: Mapping[str, Any], expected: str) -> None:
    """The token is for ``expected``, alone or authorized by name (OpenID Connect Core 1.0, section 3.1.3.7, 3 to 5).

    Refuses ``wrong_audience``, ``missing_azp`` and ``wrong_azp``. A list of audiences must name the authorized party.
    """
    if expected not in audiences(claims):
        raise Refused("wrong_audience", "The message is meant for somebody else.")
    azp = claims.get("azp")
    if azp is None and isinstance(claims["aud"], list) and len(claims["aud"]) > 1:
        raise Refused("missing_azp", "The message is for several systems and does not say which may use it.")
    if azp is not None and azp != expected:
        raise Refused("wrong_azp", "The message may be used by another system only.")


class _Sizes(jws.JWSRegistry):
    """Without the library's bounds, which are too narrow for many content items: ``read_unverified`` has its own."""

    max_header_length = max_payload_length = sys.maxsize


def _read_object(part: str) -> dict[str, Any]:
    try:
        return _parse(urlsafe_b64decode(part.encode("ascii")))
    except ValueError:
        raise _malformed() from None


def _parse(content: bytes) -> dict[str, Any]:
    """One JSON object in UTF-8, every member once, nested no deeper than anybody needs (RFC 8725, section 2.4)."""
    try:
        value = json.loads(content.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
        if b"\\ud" in content.lower():
            json.dumps(value, ensure_ascii=False).encode()  # half of a surrogate pair
    except (ValueError, RecursionError):
        raise _malformed() from None
    if not isinstance(value, dict) or _is_deeper(value, MAX_DEPTH):
        raise _malformed()
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Refused("duplicate_member", "The message says something twice.")
    return members


def _no_number(name: str) -> None:
    raise ValueError(name)


def _is_deeper(value: Any, levels: int) -> bool:
    if levels == 0:
        return True
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_is_deeper(one, levels - 1) for one in inner)


def _instant(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if value is None:
        raise Refused(f"missing_{name}", f"The message does not have the claim {name}.")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _malformed()
    return float(value)


def _malformed() -> Refused:
    return Refused("malformed_token", "The message is not a signed JWT as the standard has it.")
