"""What is asked of a provider about a person, and what of its answer is handed on: what the connection's mapping names."""

from collections.abc import Iterable, Mapping

from hub.sso.claim_values import plain_values

_PROFILE = (
    "name family_name given_name middle_name nickname preferred_username profile picture website gender birthdate"
    " zoneinfo locale updated_at"
)
SCOPE_OF_CLAIM = {
    **dict.fromkeys(_PROFILE.split(), "profile"),
    "email": "email",
    "email_verified": "email",
    "phone_number": "phone",
    "phone_number_verified": "phone",
    "address": "address",
}
"""The scope that gives each standard claim (OpenID Connect Core 1.0, section 5.4)."""


def scopes_for(configured: str, names: Iterable[str]) -> str:
    """``openid``, what an operator configured, and what gives the claims of these names; nothing more."""
    needed = {SCOPE_OF_CLAIM[name] for name in names if name in SCOPE_OF_CLAIM}
    return " ".join(dict.fromkeys(["openid", *configured.split(), *sorted(needed)]))


def pick_claims(names: Iterable[str], *sources: Mapping[str, object]) -> dict[str, list[str]]:
    """The claims of these names as texts, each from the first source that has it."""
    found = {name: next((source[name] for source in sources if name in source), None) for name in names}
    values = {name: plain_values(value) for name, value in found.items()}
    return {name: texts for name, texts in values.items() if texts}
