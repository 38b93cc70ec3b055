"""Refusals that only this protocol's HTTP knows."""

from collections.abc import Sequence

from hub.errors import HubError, NotAllowed

BASIC = 'Basic realm="xAPI", charset="UTF-8"'
BEARER = 'Bearer realm="xAPI"'
NOBODY = f"{BASIC}, {BEARER}"
"""What a request without credentials could have sent (RFC 9110, section 11.6.1)."""


class Unauthorized(HubError):
    """Nobody we know sent this. ``challenge`` says what could have been sent; ``connection_id`` is for the audit trail."""

    status = 401

    def __init__(
        self,
        code: str,
        message: str,
        help: str = "",
        *,
        challenge: str = BASIC,
        connection_id: str | None = None,
    ) -> None:
        super().__init__(code, message, help)
        self.challenge = challenge
        self.connection_id = connection_id


class MissingScope(NotAllowed):
    """The credential, or the access token it was narrowed to, is good for other things. ``scopes`` would do."""

    def __init__(self, scopes: Sequence[str], *, by_token: bool) -> None:
        what = "access token" if by_token else "credential"
        needed = " or ".join(scopes)
        super().__init__("missing_scope", f"This {what} may not do that.", f"It needs the scope {needed}.")
        narrow = f'{BEARER}, error="insufficient_scope", scope="{" ".join(scopes)}"'
        self.challenge = narrow if by_token else ""


class TooManyRequests(HubError):
    """Too much of something from one network address. ``retry_after`` is in seconds."""

    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            "too_many_requests",
            "Too many requests with wrong or missing credentials came from your network in a short time.",
            "Check the key and the secret, wait a minute, then try again.",
        )
        self.retry_after = retry_after


class WrongMethod(HubError):
    """The resource does not do this; ``allowed`` is what it does."""

    status = 405

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__("wrong_method", f"This resource answers {', '.join(allowed)}.")
        self.allowed = allowed


class TooLarge(HubError):
    """More than the store takes in one request."""

    status = 413


class PreconditionFailed(HubError):
    """A header of the request says on what condition it is meant, and the condition does not hold."""

    status = 412
