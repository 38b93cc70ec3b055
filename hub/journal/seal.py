"""Sealing the audit trail: each batch of rows is chained to the one before, so that no row can be changed in silence.

Rows are written as ever, without a fence that would cost every request; they commit out of order on PostgreSQL, and some
positions never get a row. So a seal names its rows one by one, and positions below them that have none yet are kept as
gaps: a row that turns up in a gap goes into the next seal. A gap ends when every transaction that could fill it is over.
On SQLite writers take turns: what is missing stays missing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from hub.journal.seal_format import START, pack_rows, seal_hash
from hub.journal.tables import audit, audit_gap, audit_seal
from hub.store import UnitOfWork

BATCH = 1000
"""Rows of one seal at most, not counting those that turned up late."""
GAPS = 50
"""Gaps that are looked at with one query."""
SETTLE = timedelta(minutes=1)
"""How long a gap stays open at least: a position is taken a moment before its transaction can be seen."""
LOST = timedelta(days=1)
"""When a gap ends whatever the transactions' numbers say, which mean nothing in a restored database."""
LATE = timedelta(minutes=1)
"""A row that has no seal for longer tells that no worker runs."""
_POSTGRES_LOCK = 7_170_024
_NONE_YET = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
_OLDEST_OPEN = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"


@dataclass(frozen=True)
class Head:
    """The newest seal: its number, 0 before the first, its hash, and the highest position that was sealed."""

    number: int
    hash: str
    position: int


def read_head(uow: UnitOfWork) -> Head:
    """Where the chain ends. Whoever keeps number and hash elsewhere can tell later that nothing before was changed."""
    s = audit_seal
    row = uow.connection.execute(
        sa.select(s.c.number, s.c.hash, s.c.to_position).order_by(s.c.number.desc()).limit(1)
    ).one_or_none()
    return Head(row.number, row.hash, row.to_position) if row else Head(0, START, 0)


def has_unsealed(uow: UnitOfWork) -> bool:
    """Whether there is something for ``seal_audit``; a look at the end of two indexes."""
    later = sa.select(audit.c.position).where(audit.c.position > read_head(uow).position).limit(1)
    if uow.connection.scalar(later) is not None:
        return True
    oldest = uow.connection.scalar(sa.select(sa.func.min(audit_gap.c.seen_at)))
    return oldest is not None and (oldest <= uow.now - SETTLE or bool(_late_rows(uow, limit=1)))


def seal_audit(uow: UnitOfWork) -> int:
    """Seal the next rows; how many. 0 when there are none, or while another worker is at it."""
    if not _is_my_turn(uow):
        return 0
    head = read_head(uow)
    # In this order: what is over by now has committed, and so is seen by the queries after.
    over = None if uow.is_sqlite else int(uow.connection.exec_driver_sql(_OLDEST_OPEN).scalar_one())
    late = _late_rows(uow)
    new = _new_rows(uow, head.position)
    _split_gaps(uow, [row.position for row in late])
    _end_gaps(uow, over)
    if new and not uow.is_sqlite:
        _note_gaps(uow, head.position, [row.position for row in new])
    rows = [*late, *new]
    if rows:
        packed, number = pack_rows(rows), head.number + 1
        uow.insert(
            audit_seal,
            number=number,
            from_position=rows[0].position,
            to_position=max(head.position, rows[-1].position),
            row_hashes=packed,
            hash=seal_hash(head.hash, number, uow.now, packed),
            at=uow.now,
        )
    return len(rows)


def _is_my_turn(uow: UnitOfWork) -> bool:
    if uow.is_sqlite:
        return True
    return bool(uow.connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(_POSTGRES_LOCK))))


def _new_rows(uow: UnitOfWork, after: int) -> Sequence[sa.Row[Any]]:
    query = sa.select(audit).where(audit.c.position > after).order_by(audit.c.position).limit(BATCH)
    return uow.connection.execute(query).all()


def _late_rows(uow: UnitOfWork, limit: int = BATCH) -> Sequence[sa.Row[Any]]:
    """Rows that turned up in gaps. The gaps are read first, and named: a join would read the whole trail for a few of them."""
    g = audit_gap
    gaps = uow.connection.execute(sa.select(g).order_by(g.c.from_position)).all()
    rows: list[sa.Row[Any]] = []
    for first in range(0, len(gaps), GAPS):
        within = [
            audit.c.position.between(gap.from_position, gap.to_position) for gap in gaps[first : first + GAPS]
        ]
        query = sa.select(audit).where(sa.or_(*within)).order_by(audit.c.position).limit(limit - len(rows))
        rows += uow.connection.execute(query).all()
        if len(rows) == limit:
            break
    return rows


def _note_gaps(uow: UnitOfWork, last: int, positions: Sequence[int]) -> None:
    """Keep the positions between ``last`` and the highest of these that have no row."""
    before = [last, *positions[:-1]]
    gaps = [(a + 1, b - 1) for a, b in zip(before, positions, strict=True) if b > a + 1]
    if gaps:
        none_yet = int(uow.connection.exec_driver_sql(_NONE_YET).scalar_one())
        uow.execute_many(sa.insert(audit_gap), [_gap(first, to, uow.now, none_yet) for first, to in gaps])


def _split_gaps(uow: UnitOfWork, found: Sequence[int]) -> None:
    """Take these positions out of their gaps."""
    for position in found:
        within = sa.and_(audit_gap.c.from_position <= position, audit_gap.c.to_position >= position)
        gap = uow.connection.execute(sa.delete(audit_gap).where(within).returning(audit_gap)).one()
        parts = [(gap.from_position, position - 1), (position + 1, gap.to_position)]
        left = [_gap(first, to, gap.seen_at, gap.transaction) for first, to in parts if first <= to]
        uow.execute_many(sa.insert(audit_gap), left)


def _end_gaps(uow: UnitOfWork, over: int | None) -> None:
    """Forget gaps that nobody can fill any more."""
    g = audit_gap
    ended = g.c.seen_at <= uow.now - LOST
    if over is not None:
        ended = sa.or_(ended, sa.and_(g.c.transaction <= over, g.c.seen_at <= uow.now - SETTLE))
    uow.connection.execute(sa.delete(g).where(ended))


def _gap(first: int, to: int, seen_at: Any, transaction: int) -> dict[str, object]:
    return {"from_position": first, "to_position": to, "seen_at": seen_at, "transaction": transaction}
