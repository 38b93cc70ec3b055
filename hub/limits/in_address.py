"""Tokens that come in the address, where logs keep them: refused, whether they are good or not."""

from collections.abc import Collection

from hub.errors import HubError

_NAMES = frozenset({"access_token", "token", "bearer", "bearer_token", "api_key"})
"""Under which clients put tokens into addresses (RFC 6750, 5.3)."""
_WORDS = (
    "token_in_query",
    "A token does not belong in the address.",
    "Send it in the Authorization header, as Bearer; revoke this one, for it may stand in logs.",
)


def refuse_in_address(parameters: Collection[str], refusal: type[HubError]) -> None:
    """Raise ``refusal`` with the code ``token_in_query`` if one of these parameters of an address is a token."""
    if not _NAMES.isdisjoint(name.lower() for name in parameters):
        raise refusal(*_WORDS)
