"""What can be set for a client of the hub, and what is refused when it is set."""

import json
from collections.abc import Mapping
from typing import Any, Literal, TypedDict
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.util import urlsafe_b64decode

from hub.errors import BadInput, Problem

AuthMethod = Literal["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]
AUTH_METHODS: tuple[AuthMethod, ...] = (
    "client_secret_basic",
    "client_secret_post",
    "private_key_jwt",
    "none",
)
"""How a client shows who it is (OpenID Connect Core 1.0, section 9); ``none`` is a program that can keep no secret."""
SCOPES = ("profile", "email")
"""What a client may be allowed to ask for besides ``openid``."""
SUBJECT_TYPES = ("pairwise", "public")
MAX_ADDRESSES = 20
MAX_ADDRESS = 1000
MAX_KEYS = 10
MIN_BITS = 2048
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class ClientChanges(TypedDict, total=False):
    """Settings of a client. ``public_jwks`` is the text of a JWK Set, ``jwks_uri`` where it has one; lists are of texts."""

    name: str
    auth_method: str
    public_jwks: str
    jwks_uri: str
    redirect_uris: list[str]
    logout_redirect_uris: list[str]
    logout_url: str
    scopes: list[str]
    subject_type: str
    refreshes: bool
    partner_ids: list[str]
    audiences: list[str]


DEFAULTS: Mapping[str, Any] = {
    "auth_method": "client_secret_basic",
    "public_jwks": [],
    "jwks_uri": "",
    "redirect_uris": [],
    "logout_redirect_uris": [],
    "logout_url": "",
    "scopes": list(SCOPES),
    "subject_type": "pairwise",
    "refreshes": False,
    "partner_ids": [],
    "audiences": [],
}


def changed_settings(known: Mapping[str, Any], changes: ClientChanges) -> dict[str, Any]:
    """The settings after the changes. BadInput ``bad_client`` with one problem per wrong setting."""
    given: dict[str, Any] = dict(changes)
    problems: list[Problem] = []
    if "public_jwks" in given:
        given["public_jwks"] = _read_keys(given["public_jwks"], problems)
    for name in ("redirect_uris", "logout_redirect_uris", "scopes", "partner_ids", "audiences"):
        if name in given:
            given[name] = list(dict.fromkeys(given[name]))
    settings = {**known, **given}
    problems += _problems(settings)
    if problems:
        raise BadInput("bad_client", "This system cannot sign people in like that.", problems=problems)
    return settings


def _problems(settings: Mapping[str, Any]) -> list[Problem]:
    found: list[Problem] = []
    if not settings.get("name", "").strip() or len(settings["name"]) > 200:
        found.append(Problem("must be a name of at most 200 characters", "name"))
    if settings["auth_method"] not in AUTH_METHODS:
        found.append(Problem(f"must be one of {', '.join(AUTH_METHODS)}", "auth_method"))
    if settings["auth_method"] == "private_key_jwt" and not (settings["public_jwks"] or settings["jwks_uri"]):
        found.append(Problem("is needed for private_key_jwt: the system's public keys", "public_jwks"))
    if settings["public_jwks"] and settings["jwks_uri"]:
        found.append(Problem("must stay empty where the system has an address of its keys", "public_jwks"))
    if not settings["redirect_uris"]:
        found.append(Problem("is missing: where people come back to after signing in", "redirect_uris"))
    for name in ("redirect_uris", "logout_redirect_uris"):
        if len(settings[name]) > MAX_ADDRESSES:
            found.append(Problem(f"has more than {MAX_ADDRESSES} addresses", name))
        found += [Problem(wrong, name) for uri in settings[name] if (wrong := address_problem(uri))]
    for name in ("logout_url", "jwks_uri"):
        if settings[name] and (wrong := address_problem(settings[name])):
            found.append(Problem(wrong, name))
    if unknown := sorted(set(settings["scopes"]) - set(SCOPES)):
        found.append(Problem(f"holds what there is not: {', '.join(unknown)}", "scopes"))
    if settings["subject_type"] not in SUBJECT_TYPES:
        found.append(Problem("must be pairwise or public", "subject_type"))
    return found


def address_problem(url: str) -> str:
    """What is wrong with an address that a client gave, in words; empty when it can be used (RFC 6749, section 3.1.2)."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return f"{url[:100]} is not an address"
    if not url.isascii() or not url.isprintable() or set(url) & set(" \\*") or len(url) > MAX_ADDRESS:
        return f"{url[:100]} is not an address without blanks, wildcards and backslashes"
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc or "#" in url:
        return f"{url[:100]} is not an http(s) address without user name and fragment"
    if parts.scheme == "http" and host not in _LOOPBACK:
        return f"{url[:100]} must use https: plain http is allowed on loopback only"
    return ""


def _read_keys(text: str, problems: list[Problem]) -> list[dict[str, str]]:
    """Public RSA keys of a JWK Set or of one JWK, public members only."""
    if not text.strip():
        return []
    try:
        read = json.loads(text)
        listed = read.get("keys", [read])
        if len(listed) > MAX_KEYS or not all(isinstance(key, dict) for key in listed):
            raise ValueError("not keys")
        if any(_PRIVATE_MEMBERS & key.keys() for key in listed):
            problems.append(
                Problem("holds a private key: treat it as known to others, make a new one", _JWKS)
            )
            return []
        return [_public(key) for key in listed]
    # What parsers of keys raise for nonsense is not one kind of error.
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        problems.append(Problem(f"is no JWK Set of RSA keys with at least {MIN_BITS} bits", _JWKS))
        return []


_JWKS = "public_jwks"


def _public(jwk: Mapping[str, Any]) -> dict[str, str]:
    if int.from_bytes(urlsafe_b64decode(jwk["n"].encode())).bit_length() < MIN_BITS:
        raise ValueError("too short")
    key = RSAKey.import_key({name: jwk[name] for name in ("kty", "n", "e")})
    kid = jwk.get("kid") or key.thumbprint()
    if not isinstance(kid, str) or not kid.isprintable() or len(kid) > 200:
        raise ValueError("kid")
    return {"kty": "RSA", "kid": kid, "n": str(jwk["n"]), "e": str(jwk["e"])}
