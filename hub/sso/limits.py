"""Limits that hold over all web processes: rows that count requests in a window of time."""

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from hub.errors import HubError
from hub.runtime import Hub
from hub.sso import tables
from hub.sso.refusals import ACTION
from hub.store import UnitOfWork


@dataclass(frozen=True)
class Limit:
    """At most ``times`` in each window of ``seconds``, for each of whom it is applied to."""

    name: str
    times: int
    seconds: int


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
    count = _count(hub, limit, _network_of(address))
    if count == limit.times + 1:
        hub.audit_refusal(ACTION, "too_many_requests", detail={"limit": limit.name})
    if count > limit.times:
        raise TooManyRequests(retry_after=limit.seconds)


def take_turn(hub: Hub, limit: Limit, who: str) -> bool:
    """Whether ``who`` may do this now; every yes counts."""
    return _count(hub, limit, who) <= limit.times


def _count(hub: Hub, limit: Limit, who: str) -> int:
    """How many requests there were in this window, with this one; beyond the limit they are not told apart."""
    window = int(hub.clock.now().timestamp()) // limit.seconds
    key = f"{limit.name}|{_pseudonym(hub, who)}|{window}"
    known = sa.select(tables.request_count.c.count).where(tables.request_count.c.key == key)
    with hub.reading() as uow:
        count = uow.connection.scalar(known) or 0
    if count > limit.times:
        return count + 1  # without a write: refusing must stay cheaper than asking
    with hub.unit_of_work() as uow:
        return _increment(uow, key, datetime.fromtimestamp((window + 1) * limit.seconds, UTC))


def _increment(uow: UnitOfWork, key: str, expires_at: datetime) -> int:
    table = tables.request_count
    insert = (sqlite.insert if uow.is_sqlite else postgresql.insert)(table)
    count: int = uow.connection.execute(
        insert.values(key=key, count=1, expires_at=expires_at)
        .on_conflict_do_update(index_elements=[table.c.key], set_={"count": table.c.count + 1})
        .returning(table.c.count)
    ).scalar_one()
    return count


def _pseudonym(hub: Hub, who: str) -> str:
    """Counting needs no addresses in the database."""
    return hmac.new(hub.settings.secret_keys[0].encode(), who.encode(), hashlib.sha256).hexdigest()[:32]


def _network_of(address: str) -> str:
    """One IPv4 address, or the /64 that one IPv6 subscriber has to himself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address
