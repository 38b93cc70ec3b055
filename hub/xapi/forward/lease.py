"""Who sends to a store, and writing down how far it got: only whoever holds its lease may.

A lease lasts LEASE and is renewed while its worker lives, so another takes over that long after a worker died. Whoever
was slower than its lease has no say any more: what it sent is sent again, with the same ids.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.ids import new_id
from hub.journal import STATEMENTS
from hub.journal.tables import reader, statement
from hub.store import UnitOfWork
from hub.xapi.forward.bodies import Outgoing
from hub.xapi.forward.stores import ReceivingStore, store_of
from hub.xapi.forward.tables import forward_parked, forward_receipt, receiving_store

LEASE = timedelta(seconds=20)
PARKED, WAITING, DELIVERED, DISMISSED = "parked", "waiting", "delivered", "dismissed"


class LostLease(Exception):
    """Another worker sends to the store now, or it was removed."""


@dataclass
class Hold:
    """A store that this worker sends to, as it was when the lease was taken or last renewed.

    ``safe`` is how far the journal can be read without missing a statement that is still being written; ``resends`` says
    whether something waits to be sent again.
    """

    store: ReceivingStore
    token: str
    worker: str
    position: int
    safe: int
    failures: int
    resends: bool


def due_stores(uow: UnitOfWork) -> list[str]:
    """Ids of stores for which something waits, whose time has come and to which nobody sends; longest unmoved first."""
    s, p = receiving_store, forward_parked
    end = sa.select(sa.func.max(statement.c.position)).scalar_subquery()
    resends = sa.exists().where(p.c.store_id == s.c.id, p.c.state == WAITING)
    query = (
        sa.select(s.c.id)
        .join(reader, reader.c.name == sa.literal("forward:") + s.c.slug)
        .where(
            s.c.removed_at.is_(None),
            ~s.c.paused,
            sa.or_(s.c.leased_until.is_(None), s.c.leased_until <= uow.now),
            sa.or_(reader.c.retry_at.is_(None), reader.c.retry_at <= uow.now),
            sa.or_(reader.c.position < end, resends),
        )
        .order_by(reader.c.moved_at.is_not(None), reader.c.moved_at, s.c.id)
    )
    return list(uow.connection.scalars(query))


def take_lease(uow: UnitOfWork, store_id: str, worker: str) -> Hold | None:
    """Be the one who sends to a store; None when another is, or when it is paused or waits after a failure."""
    s, token = receiving_store, new_id()
    free = sa.or_(s.c.leased_until.is_(None), s.c.leased_until <= uow.now)
    taken = uow.connection.execute(
        sa.update(s)
        .where(s.c.id == store_id, s.c.removed_at.is_(None), ~s.c.paused, free)
        .values(lease=token, leased_until=uow.now + LEASE)
    )
    if not taken.rowcount:
        return None
    hold = _read(uow, store_id, token, worker)
    retry_at: datetime | None = uow.connection.scalar(
        sa.select(reader.c.retry_at).where(reader.c.name == hold.store.reader)
    )
    if retry_at and retry_at > uow.now:
        release(uow, token)
        return None
    return hold


def renew(uow: UnitOfWork, hold: Hold, **values: int) -> Hold:
    """Keep the lease; LostLease when it is another's. The hold as it is now: the store may have been paused or changed.

    ``values`` are columns of the store to write as well.
    """
    _keep(uow, hold, values)
    return _read(uow, hold.store.id, hold.token, hold.worker)


def look(uow: UnitOfWork, hold: Hold) -> Hold:
    """The hold as it is now, without renewing it; LostLease when it is another's."""
    return _read(uow, hold.store.id, hold.token, hold.worker)


def renew_all(uow: UnitOfWork, tokens: Sequence[str]) -> None:
    """Keep the leases of turns that are under way, while their receivers take their time."""
    s = receiving_store
    uow.connection.execute(sa.update(s).where(s.c.lease.in_(tokens)).values(leased_until=uow.now + LEASE))


def release(uow: UnitOfWork, token: str) -> None:
    """Let others send; nothing happens when the lease is lost."""
    s = receiving_store
    uow.connection.execute(sa.update(s).where(s.c.lease == token).values(lease=None, leased_until=None))


def note_delivered(uow: UnitOfWork, hold: Hold, positions: Sequence[int], upto: int) -> Hold:
    """The store has the statements at these positions; go on above ``upto``."""
    store = _keep(uow, hold, {"refused_in_a_row": 0})
    _write_receipt(uow, store.id, positions)
    return _move(uow, hold, store, upto)


def note_passed(uow: UnitOfWork, hold: Hold, upto: int) -> Hold:
    """Nothing up to there is for this store."""
    store = _keep(uow, hold)
    return _move(uow, hold, store, upto)


def note_parked(uow: UnitOfWork, hold: Hold, refused: Outgoing, status: int, reason: str) -> Hold:
    """The store refused this one for good: set it aside for a person, and go on."""
    store = _keep(uow, hold, {"refused_in_a_row": hold.store.refused_in_a_row + 1})
    park(uow, hold, refused, status, reason)
    return _move(uow, hold, store, refused.position)


def park(uow: UnitOfWork, hold: Hold, refused: Outgoing, status: int, reason: str) -> None:
    """Write down what was refused and why."""
    uow.connection.execute(
        sa.insert(forward_parked).values(
            store_id=hold.store.id,
            position=refused.position,
            statement_id=refused.id,
            state=PARKED,
            status=status,
            reason=reason,
            attempts=1,
            parked_at=uow.now,
        )
    )


def note_failure(uow: UnitOfWork, hold: Hold, reason: str, wait: timedelta) -> None:
    """The store is not at work: keep the place, and do not try before ``wait`` is over."""
    _keep(uow, hold)
    uow.connection.execute(
        sa.update(reader)
        .where(reader.c.name == hold.store.reader)
        .values(failures=reader.c.failures + 1, retry_at=uow.now + wait, last_error=reason[:2000])
    )


def _keep(uow: UnitOfWork, hold: Hold, values: Mapping[str, int] | None = None) -> ReceivingStore:
    """Renew the lease, and the store as it is now; LostLease when it is another's."""
    s = receiving_store
    row = uow.connection.execute(
        sa.update(s)
        .where(s.c.id == hold.store.id, s.c.lease == hold.token)
        .values(leased_until=uow.now + LEASE, **(values or {}))
        .returning(s)
    ).one_or_none()
    if row is None:
        raise LostLease
    return store_of(row)


def _move(uow: UnitOfWork, hold: Hold, store: ReceivingStore, upto: int) -> Hold:
    """Write the new place down. What else there is to send is looked for when all that was known is sent."""
    uow.connection.execute(
        sa.update(reader)
        .where(reader.c.name == store.reader)
        .values(
            position=upto, worker=hold.worker, moved_at=uow.now, failures=0, retry_at=None, last_error=None
        )
    )
    if upto >= hold.safe:
        return _read(uow, store.id, hold.token, hold.worker)
    return replace(hold, store=store, position=upto, failures=0)


def _write_receipt(uow: UnitOfWork, store_id: str, positions: Sequence[int]) -> None:
    first, last = positions[0], positions[-1]
    whole = last - first + 1 == len(positions)
    uow.connection.execute(
        sa.insert(forward_receipt).values(
            store_id=store_id,
            first_position=first,
            last_position=last,
            offsets=[] if whole else [position - first for position in positions],
            delivered_at=uow.now,
        )
    )


def _read(uow: UnitOfWork, store_id: str, token: str, worker: str) -> Hold:
    s, p = receiving_store, forward_parked
    waiting = sa.exists().where(p.c.store_id == store_id, p.c.state == WAITING)
    row: sa.Row[Any] | None = uow.connection.execute(
        sa.select(s, reader.c.position, reader.c.failures, waiting.label("resends"))
        .join(reader, reader.c.name == sa.literal("forward:") + s.c.slug)
        .where(s.c.id == store_id, s.c.lease == token)
    ).one_or_none()
    if row is None:
        raise LostLease
    safe = STATEMENTS.safe_position(uow)
    return Hold(store_of(row), token, worker, row.position, safe, row.failures, bool(row.resends))
