"""Limits on signing in, which hold over all web processes."""

from collections.abc import Iterator
from contextlib import contextmanager

from hub.errors import HubError
from hub.limits import Limit, count_request, is_known_over, network_of
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
    if _count(hub, limit, network_of(address)) > limit.times:
        raise TooManyRequests(retry_after=limit.seconds)


def _count(hub: Hub, limit: Limit, network: str) -> int:
    count = count_request(hub, limit, network)
    if count == limit.times + 1:
        hub.audit_refusal(ACTION, "too_many_requests", detail={"limit": limit.name})
    return count


@contextmanager
def counted_refusals(hub: Hub, limit: Limit, address: str) -> Iterator[None]:
    """Count the request of a network address only if the block refuses it; TooManyRequests when there were too many.

    For what only those can do who were counted before, on their way here: letting them in costs no count.
    """
    network = network_of(address)
    if is_known_over(hub, limit, network):
        raise TooManyRequests(retry_after=limit.seconds)
    try:
        yield
    except HubError:
        _count(hub, limit, network)
        raise


def take_turn(hub: Hub, limit: Limit, who: str) -> bool:
    """Whether ``who`` may do this now; every yes counts."""
    return count_request(hub, limit, who) <= limit.times
