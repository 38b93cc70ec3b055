"""Authentication requests (OpenID Connect Core 1.0, section 3.1.2.1, with PKCE, RFC 7636): what is asked, and may it be."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from hub.sso.provider.refusals import Refused

MAX_STATE = 4000
MAX_NONCE = 500
MAX_CLAIMS = 4000
MAX_ACR_VALUES = 10
MAX_ACR = 255
MAX_AGE = 10 * 365 * 24 * 3600
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_NOT_OFFERED = {
    "request": "request_not_supported",
    "request_uri": "request_uri_not_supported",
    "registration": "registration_not_supported",
}
_PROMPTS = frozenset({"none", "login", "consent", "select_account"})

Parameters = Mapping[str, Sequence[str]]
"""Request parameters by name, each with all its values."""


@dataclass(frozen=True)
class AuthenticationRequest:
    """A request that can be answered. ``max_age`` is None where any age will do, ``acr`` empty where any way of signing in will."""

    scopes: tuple[str, ...]
    state: str
    nonce: str
    code_challenge: str
    prompts: frozenset[str]
    max_age: timedelta | None
    id_token_hint: str
    login_hint: str
    acr: tuple[str, ...] = ()

    @property
    def may_ask(self) -> bool:
        """Whether the person may be asked for anything."""
        return "none" not in self.prompts

    @property
    def wants_new_sign_in(self) -> bool:
        """Whether the person has to sign in again, though signed in already."""
        return bool(self.prompts & {"login", "select_account"})


def read_request(asked: Parameters, allowed_scopes: Sequence[str]) -> AuthenticationRequest:
    """Everything but the client, its redirect URI and the person; raises Refused with the error the client is told.

    PKCE with S256 is demanded from every client (RFC 9700, section 2.1.1). Scopes beyond ``allowed_scopes`` are left out.
    """
    repeated = sorted(name for name, values in asked.items() if len(values) > 1)
    if repeated:
        raise Refused("repeated_parameter", f"{repeated[0][:100]} was given more than once.")
    given = {name: values[0] for name, values in asked.items() if values and values[0]}
    for name, error in _NOT_OFFERED.items():
        if name in given:
            raise Refused(error, f"{name} is not offered.", error)
    if given.get("response_type") != "code":
        raise Refused("bad_response_type", "Only code is answered.", "unsupported_response_type")
    if given.get("response_mode", "query") != "query":
        raise Refused("bad_response_mode", "The answer comes in the query only.")
    scopes = given.get("scope", "").split()
    if "openid" not in scopes:
        raise Refused("bad_scope", "The scope has to name openid.", "invalid_scope")
    _check_lengths(given)
    return AuthenticationRequest(
        scopes=("openid", *(scope for scope in allowed_scopes if scope in scopes)),
        state=given.get("state", ""),
        nonce=given.get("nonce", ""),
        code_challenge=_code_challenge(given),
        prompts=_prompts(given.get("prompt", "")),
        max_age=_max_age(given.get("max_age", "")),
        id_token_hint=given.get("id_token_hint", ""),
        login_hint=given.get("login_hint", ""),
        acr=asked_acr(given),
    )


def asked_acr(given: Mapping[str, str]) -> tuple[str, ...]:
    """The ways of authentication of which one is asked for: those of ``acr_values``, or where ``claims`` has it as essential, those.

    Whoever asks by ``acr_values`` means it (RFC 9470, section 4), though OpenID Connect Core 1.0, section 3.1.2.1 lets a provider
    pass over it. Of ``claims`` (section 5.5) the hub heeds nothing else: it tells what the scope asks for.
    """
    essential = _essential_acr(given.get("claims", ""))
    values = tuple(dict.fromkeys(essential or given.get("acr_values", "").split()))
    if len(values) > MAX_ACR_VALUES or any(
        len(value) > MAX_ACR or not value.isprintable() or " " in value for value in values
    ):
        raise Refused(
            "bad_acr_values", f"At most {MAX_ACR_VALUES} values of acr with {MAX_ACR} characters each."
        )
    return values


def _essential_acr(claims: str) -> list[str]:
    """The values of an essential ``acr`` of the ID token (section 5.5.1.1); a voluntary one asks for nothing."""
    if not claims:
        return []
    try:
        read = json.loads(claims) if len(claims) <= MAX_CLAIMS else None
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise Refused("bad_claims", f"claims is a JSON object of at most {MAX_CLAIMS} characters.")
    of_token = read.get("id_token")
    wanted = of_token.get("acr") if isinstance(of_token, dict) else None
    if not isinstance(wanted, dict) or wanted.get("essential") is not True:
        return []
    values = wanted.get("values", [wanted["value"]] if "value" in wanted else [])
    if not isinstance(values, list) or not all(isinstance(value, str) and value for value in values):
        raise Refused("bad_claims", "The values of acr in claims are texts.")
    return values


def _code_challenge(given: Mapping[str, str]) -> str:
    challenge = given.get("code_challenge", "")
    if not challenge:
        raise Refused("no_pkce", "code_challenge is needed (PKCE).")
    if given.get("code_challenge_method", "plain") != "S256":
        raise Refused("plain_pkce", "code_challenge_method must be S256.")
    if not _CHALLENGE.fullmatch(challenge):
        raise Refused("bad_code_challenge", "code_challenge is not the SHA-256 of a verifier.")
    return challenge


def _prompts(prompt: str) -> frozenset[str]:
    prompts = frozenset(prompt.split())
    if not prompts <= _PROMPTS:
        raise Refused("bad_prompt", "This prompt is not offered.")
    if "none" in prompts and len(prompts) > 1:
        raise Refused("bad_prompt", "prompt=none stands alone.")
    return prompts


def _max_age(text: str) -> timedelta | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 9 or int(text) > MAX_AGE:
        raise Refused("bad_max_age", "max_age is a number of seconds.")
    return timedelta(seconds=int(text))


def _check_lengths(given: Mapping[str, str]) -> None:
    for name, longest in (("state", MAX_STATE), ("nonce", MAX_NONCE)):
        if len(given.get(name, "")) > longest or "\0" in given.get(name, ""):
            raise Refused(f"bad_{name}", f"{name} has at most {longest} characters.")
