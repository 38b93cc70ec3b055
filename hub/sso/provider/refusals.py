"""Refused requests of clients, told in OAuth's words, with one audit row each."""

from collections.abc import Mapping

from hub.errors import HubError
from hub.limits import Limit, network_of
from hub.runtime import Hub
from hub.sso.limits import take_turn

AUDITED = Limit("oidc_refused", 60, 60)
"""Refusals that are audited per minute and network address: a flood must not fill a table that keeps everything."""


class Refused(HubError):
    """A request that is refused to a client.

    ``code`` is the reason in the audit trail, finer than what the client is told. ``error`` is the code of OAuth 2.0
    (RFC 6749, RFC 6750, RFC 7009) or OpenID Connect Core 1.0.
    """

    def __init__(
        self,
        reason: str,
        message: str,
        error: str = "invalid_request",
        *,
        status: int = 400,
        headers: Mapping[str, str] | None = None,
        connection_id: str | None = None,
    ) -> None:
        super().__init__(reason, message)
        self.error = error
        self.status = status
        self.headers = dict(headers or {})
        self.connection_id = connection_id


def keep_refusal(
    hub: Hub,
    action: str,
    error: HubError,
    address: str,
    *,
    client_id: str = "",
    actor_id: str | None = None,
    connection_id: str | None = None,
) -> None:
    """Write the audit row of a refusal, unless this network address had very many of them in this minute."""
    if take_turn(hub, AUDITED, network_of(address)):
        known = error.connection_id if isinstance(error, Refused) else None
        hub.audit_refusal(
            action, error.code, client_id, actor_id=actor_id, connection_id=connection_id or known
        )
