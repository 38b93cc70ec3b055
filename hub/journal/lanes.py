"""Sending what stands in lanes of the outbox: many at once, few at each receiver, one of a lane at a time.

Taking and settling are units of their own, and the call stands between them. A receiver that does not do its part is left
alone for a while, longer each time; then one delivery tries it, and all others wait for how that went.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.journal import tables
from hub.journal.outbox import DELIVERED, LEASE, PARKED, WAITING, Delivery
from hub.store import UnitOfWork
from hub.store.types import Time

PER_RECEIVER = 4
"""Deliveries of one process on their way to one receiver."""
MAX_WAIT = timedelta(minutes=5)
"""Between two attempts, unless the receiver asks for more."""
_POSTGRES_LOCK = 7_170_005


@dataclass(frozen=True)
class Taken:
    """A delivery that this process sends, nobody else before ``leased_until``.

    With ``failures`` above 0 it is the one that tries a receiver that was down.
    """

    delivery: Delivery
    failures: int
    leased_until: datetime


@dataclass(frozen=True)
class Failure:
    """What went wrong: a ``code`` for programs, the ``reason`` in words, the HTTP ``status`` where there was an answer.

    A ``passing`` one is tried again, after ``wait`` at the earliest.
    """

    code: str
    reason: str
    status: int | None = None
    passing: bool = False
    wait: timedelta = timedelta()


def has_due(uow: UnitOfWork, kind: str) -> bool:
    """Whether something of this kind waits in a lane whose time has come and whose receiver is not left alone."""
    return uow.connection.execute(_due(uow, kind).limit(1)).first() is not None


def take(uow: UnitOfWork, kind: str, limit: int, busy: Mapping[str, int] | None = None) -> list[Taken]:
    """Lease due deliveries, at most PER_RECEIVER of one receiver together with the ``busy`` ones of this process.

    Whoever dies while sending leaves them to others after LEASE. Of a lane nothing is taken as long as a delivery of it
    is on its way, so that an older one never arrives after a newer one.
    """
    _take_turns(uow)
    failures: dict[str, int] = {}
    probed: set[str] = set()
    at_work = Counter(busy or {})
    for row in _first_of_each(uow, kind):
        at_most = 1 if row.failures else PER_RECEIVER
        if len(failures) < limit and at_work[row.receiver] < at_most:
            at_work[row.receiver] += 1
            failures[row.id] = row.failures
            probed |= {row.receiver} if row.failures else set()
    if not failures:
        return []
    _hold_back(uow, probed)
    o = tables.outbox
    free = sa.or_(o.c.leased_until.is_(None), o.c.leased_until <= uow.now)  # not held on to a moment ago
    rows = uow.connection.execute(
        sa.update(o)
        .where(o.c.id.in_(failures), o.c.state == WAITING, free)
        .values(leased_until=uow.now + LEASE, next_attempt_at=uow.now + LEASE, attempts=o.c.attempts + 1)
        .returning(o)
    ).all()
    return [
        Taken(
            Delivery(r.id, r.kind, r.receiver, r.person_id, r.body, r.attempts),
            failures[r.id],
            uow.now + LEASE,
        )
        for r in sorted(rows, key=lambda row: row.id)
    ]


def hold(uow: UnitOfWork, taken: Taken) -> bool:
    """Lease a delivery anew, for whoever takes longer with it.

    False when it is not to be sent any more: somebody else has it, or a newer one of its lane stands for it.
    """
    o = tables.outbox
    held = uow.connection.execute(
        sa.update(o)
        .where(o.c.id == taken.delivery.id, o.c.attempts == taken.delivery.attempts, o.c.state == WAITING)
        .values(leased_until=uow.now + LEASE, next_attempt_at=uow.now + LEASE)
    )
    if held.rowcount and taken.failures:
        _hold_back(uow, [taken.delivery.receiver])
    return bool(held.rowcount)


def settle_delivered(uow: UnitOfWork, taken: Taken, status: int) -> None:
    """The receiver has it, and so is at work again."""
    o = tables.outbox
    arrived = {"state": DELIVERED, "done_at": uow.now, "leased_until": None}
    uow.connection.execute(
        sa.update(o)
        .where(o.c.id == taken.delivery.id)
        .values(**arrived, code="", status=status, last_error=None)
    )
    _end_pause(uow, taken.delivery.receiver)


def settle_failed(uow: UnitOfWork, taken: Taken, failure: Failure) -> None:
    """Park it, or let it and its receiver wait. Whoever was slower than its lease has no say any more."""
    o, delivery = tables.outbox, taken.delivery
    mine = sa.and_(o.c.id == delivery.id, o.c.attempts == delivery.attempts)
    is_mine = uow.connection.execute(sa.update(o).where(mine).values(leased_until=None)).rowcount == 1
    wait = max(_backoff(delivery.attempts), failure.wait)
    uow.connection.execute(
        sa.update(o)
        .where(mine, o.c.state == WAITING)
        .values(
            state=WAITING if failure.passing else PARKED, next_attempt_at=uow.now + wait, **_told(failure)
        )
    )
    if failure.passing:
        _pause(uow, taken, failure)
        _give_up(uow, delivery.receiver, failure)
    elif failure.status is not None:
        _end_pause(uow, delivery.receiver)
    elif taken.failures and is_mine:  # nothing was sent, so the next one is to try it
        _set_retry(uow, delivery.receiver, uow.now)


def _first_of_each(uow: UnitOfWork, kind: str) -> list[sa.Row[Any]]:
    """What is due, the longest due first, no more of a receiver than can be taken."""
    due = _due(uow, kind).subquery()
    rank = sa.func.row_number().over(partition_by=due.c.receiver, order_by=(due.c.next_attempt_at, due.c.id))
    ranked = sa.select(due, rank.label("rank")).subquery()
    query = sa.select(ranked).where(ranked.c.rank <= PER_RECEIVER)
    return list(uow.connection.execute(query.order_by(ranked.c.next_attempt_at, ranked.c.id)))


def _due(uow: UnitOfWork, kind: str) -> sa.Select[Any]:
    o, pause, other = tables.outbox, tables.outbox_pause, tables.outbox.alias()
    on_its_way = sa.exists().where(other.c.lane == o.c.lane, other.c.leased_until > uow.now)
    return (
        sa.select(
            o.c.id, o.c.receiver, o.c.next_attempt_at, sa.func.coalesce(pause.c.failures, 0).label("failures")
        )
        .outerjoin(pause, pause.c.receiver == o.c.receiver)
        .where(
            o.c.state == WAITING,
            o.c.lane.is_not(None),
            o.c.kind == kind,
            o.c.next_attempt_at <= uow.now,
            sa.or_(pause.c.receiver.is_(None), pause.c.retry_at <= uow.now),
            ~on_its_way,
        )
    )


def _hold_back(uow: UnitOfWork, receivers: Collection[str]) -> None:
    """While one delivery tries a receiver, no other does, in whatever process."""
    pause = tables.outbox_pause
    if receivers:
        uow.connection.execute(
            sa.update(pause).where(pause.c.receiver.in_(receivers)).values(retry_at=uow.now + LEASE)
        )


def _pause(uow: UnitOfWork, taken: Taken, failure: Failure) -> None:
    """Leave the receiver alone. Of several that fail at once, the first makes the pause and the others do not double it."""
    pause, receiver = tables.outbox_pause, taken.delivery.receiver
    failures = taken.failures + 1
    until = uow.now + max(_backoff(failures - 1), failure.wait)
    new = {
        "receiver": receiver,
        "failures": failures,
        "since": uow.now,
        "retry_at": until,
        "last_error": "",
    }
    uow.insert_new(pause, [new])
    later = sa.case((pause.c.retry_at > until, pause.c.retry_at), else_=sa.literal(until, Time()))
    uow.connection.execute(
        sa.update(pause)
        .where(pause.c.receiver == receiver, pause.c.failures <= failures)
        .values(
            failures=failures,
            retry_at=until if taken.failures else later,
            last_error=failure.reason[:2000],
        )
    )


def _give_up(uow: UnitOfWork, receiver: str, failure: Failure) -> None:
    """Park what has waited long enough for this receiver, also what was not tried this time."""
    o = tables.outbox
    idle = sa.or_(o.c.leased_until.is_(None), o.c.leased_until <= uow.now)
    uow.connection.execute(
        sa.update(o)
        .where(o.c.receiver == receiver, o.c.state == WAITING, o.c.give_up_at <= uow.now, idle)
        .values(state=PARKED, **_told(failure))
    )


def _end_pause(uow: UnitOfWork, receiver: str) -> None:
    pause = tables.outbox_pause
    uow.connection.execute(sa.delete(pause).where(pause.c.receiver == receiver))


def _set_retry(uow: UnitOfWork, receiver: str, at: datetime) -> None:
    pause = tables.outbox_pause
    uow.connection.execute(sa.update(pause).where(pause.c.receiver == receiver).values(retry_at=at))


def _told(failure: Failure) -> dict[str, Any]:
    return {"code": failure.code, "status": failure.status, "last_error": failure.reason[:2000]}


def _backoff(attempts: int) -> timedelta:
    return min(timedelta(seconds=2.0 ** min(attempts, 12)), MAX_WAIT)


def _take_turns(uow: UnitOfWork) -> None:
    """One process at a time takes; on SQLite writing units take turns anyway."""
    if not uow.is_sqlite:
        uow.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_POSTGRES_LOCK)))
