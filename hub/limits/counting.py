"""Counting requests of one kind, by whom, in one window of time."""

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from hub.limits.tables import request_count
from hub.runtime import Hub
from hub.store.driver import Question
from hub.store.insert import insert_for

MAX_KNOWN = 10_000
_over: WeakKeyDictionary[sa.Engine, set[tuple[str, int]]] = WeakKeyDictionary()
"""By database, the keys that this process has seen beyond their limits, with these; a window that is over has other keys."""


@dataclass(frozen=True)
class Limit:
    """At most ``times`` in each window of ``seconds``, for each of whom it is applied to."""

    name: str
    times: int
    seconds: int


def count_request(hub: Hub, limit: Limit, who: str) -> int:
    """How many requests there were in this window, with this one; beyond the limit they are not told apart."""
    window, key = _key(hub, limit, who)
    over = _over.setdefault(hub.engine, set())
    if (key, limit.times) in over:
        return limit.times + 2  # without asking the database: refusing must stay cheaper than letting in
    expires_at = datetime.fromtimestamp((window + 1) * limit.seconds, UTC)
    with hub.at_once() as uow:
        increment = _increment(is_sqlite=uow.is_sqlite)
        row = increment.ask(uow.connection, key=key, expires_at=expires_at, times=limit.times)
    count = int(row.count) if row is not None else limit.times + 2
    if count > limit.times:
        if len(over) >= MAX_KNOWN:
            over.clear()
        over.add((key, limit.times))
    return count


def is_known_over(hub: Hub, limit: Limit, who: str) -> bool:
    """Whether this process knows that the limit was passed in this window; it neither asks the database nor counts."""
    return (_key(hub, limit, who)[1], limit.times) in _over.get(hub.engine, ())


def network_of(address: str) -> str:
    """One IPv4 address, or the /64 that one IPv6 subscriber has to himself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address


@cache
def _increment(*, is_sqlite: bool) -> Question:
    """Answers without a row, and writes nothing, where the limit was passed before."""
    insert = insert_for(request_count, is_sqlite=is_sqlite)
    return Question(
        insert.values(key=sa.bindparam("key"), count=1, expires_at=sa.bindparam("expires_at"))
        .on_conflict_do_update(
            index_elements=[request_count.c.key],
            set_={"count": request_count.c.count + 1},
            where=request_count.c.count <= sa.bindparam("times"),
        )
        .returning(request_count.c.count)
    )


def _key(hub: Hub, limit: Limit, who: str) -> tuple[int, str]:
    """The number of the window, and what is counted in it."""
    window = int(hub.clock.now().timestamp()) // limit.seconds
    return window, f"{limit.name}|{_pseudonym(hub, who)}|{window}"


def _pseudonym(hub: Hub, who: str) -> str:
    """Counting needs no addresses in the database."""
    return hmac.new(hub.settings.secret_keys[0].encode(), who.encode(), hashlib.sha256).hexdigest()[:32]
