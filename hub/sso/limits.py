"""Limits on signing in, which hold over all web processes."""

from hub.errors import HubError
from hub.limits import Limit, count_request, network_of
from hub.runtime import Hub
from hub.sso.refusals import ACTION


class TooManyRequests(HubError):
    """Too many requests from one address. ``retry_after`` is in seconds."""

    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            "too_many_requests",
            "There were too many sign-ins from your network in a short time.",
            "Wait a minute, then try again.",
        )
        self.retry_after = retry_after


def refuse_flood(hub: Hub, limit: Limit, address: str) -> None:
    """Count one request of a network address; TooManyRequests when there were too many.

    Only the first refusal of a window is audited: the audit trail grows for good, and a flood must not fill it.
    """
    count = count_request(hub, limit, network_of(address))
    if count == limit.times + 1:
        hub.audit_refusal(ACTION, "too_many_requests", detail={"limit": limit.name})
    if count > limit.times:
        raise TooManyRequests(retry_after=limit.seconds)


def take_turn(hub: Hub, limit: Limit, who: str) -> bool:
    """Whether ``who`` may do this now; every yes counts."""
    return count_request(hub, limit, who) <= limit.times
