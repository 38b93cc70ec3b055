"""How LTI endpoints refuse: a reason for the audit trail, the standard's own code and status for the caller."""

from collections.abc import Mapping

from hub.errors import HubError


class Refused(HubError):
    """A refused protocol request.

    ``code`` is the reason in the audit trail, finer than what the caller is told. ``error`` is the code of OAuth 2.0
    (RFC 6749, RFC 6750) or OpenID Connect where the answer has a place for one. ``connection_id`` is the tool, once it
    is known for certain.
    """

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        status: int = 400,
        error: str = "",
        headers: Mapping[str, str] | None = None,
        connection_id: str | None = None,
    ) -> None:
        super().__init__(reason, message)
        self.status = status
        self.error = error
        self.headers = dict(headers or {})
        self.connection_id = connection_id
