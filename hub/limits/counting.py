"""Counting requests of one kind, by whom, in one window of time."""

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from hub.limits.tables import request_count
from hub.runtime import Hub
from hub.store import UnitOfWork


@dataclass(frozen=True)
class Limit:
    """At most ``times`` in each window of ``seconds``, for each of whom it is applied to."""

    name: str
    times: int
    seconds: int


def count_request(hub: Hub, limit: Limit, who: str) -> int:
    """How many requests there were in this window, with this one; beyond the limit they are not told apart."""
    window = int(hub.clock.now().timestamp()) // limit.seconds
    key = f"{limit.name}|{_pseudonym(hub, who)}|{window}"
    known = sa.select(request_count.c.count).where(request_count.c.key == key)
    with hub.reading() as uow:
        count = uow.connection.scalar(known) or 0
    if count > limit.times:
        return count + 1  # without a write: refusing must stay cheaper than asking
    with hub.unit_of_work() as uow:
        return _increment(uow, key, datetime.fromtimestamp((window + 1) * limit.seconds, UTC))


def network_of(address: str) -> str:
    """One IPv4 address, or the /64 that one IPv6 subscriber has to himself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address


def _increment(uow: UnitOfWork, key: str, expires_at: datetime) -> int:
    insert = (sqlite.insert if uow.is_sqlite else postgresql.insert)(request_count)
    count: int = uow.connection.execute(
        insert.values(key=key, count=1, expires_at=expires_at)
        .on_conflict_do_update(
            index_elements=[request_count.c.key], set_={"count": request_count.c.count + 1}
        )
        .returning(request_count.c.count)
    ).scalar_one()
    return count


def _pseudonym(hub: Hub, who: str) -> str:
    """Counting needs no addresses in the database."""
    return hmac.new(hub.settings.secret_keys[0].encode(), who.encode(), hashlib.sha256).hexdigest()[:32]
