"""What the record shows an operator: the audit trail, deliveries, readers and plugin timings. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.journal import tables
from hub.journal.listed import ROWS, Listed, listed
from hub.journal.logs import LOGS
from hub.journal.outbox import PARKED, WAITING
from hub.store import UnitOfWork


@dataclass(frozen=True)
class AuditRow:
    """Who did what, or was refused and why; ids only."""

    position: int
    at: datetime
    action: str
    outcome: str
    reason: str
    actor_id: str | None
    connection_id: str | None
    subject_id: str
    detail: dict[str, Any]
    partner_id: str | None = None


@dataclass(frozen=True)
class DeliveryRow:
    """One effect outside the hub and how far it got; ``state`` is waiting, delivered or parked."""

    id: str
    kind: str
    receiver: str
    subject: str
    person_id: str | None
    state: str
    attempts: int
    created_at: datetime
    next_attempt_at: datetime
    done_at: datetime | None
    last_error: str


@dataclass(frozen=True)
class PauseRow:
    """A receiver that is left alone for a while, since when it fails, and how many deliveries wait for it."""

    receiver: str
    since: datetime | None
    last_error: str
    waiting: int


@dataclass(frozen=True)
class ReaderState:
    """How far a reader has come. ``behind`` counts positions, ``waiting_for`` is the age of the oldest unread row."""

    name: str
    log: str
    position: int
    behind: int
    waiting_for: timedelta
    worker: str
    moved_at: datetime | None
    failures: int
    retry_at: datetime | None
    last_error: str


@dataclass(frozen=True)
class TimingRow:
    """What the calls of one hook of one plugin came to, over all processes; times in seconds."""

    plugin: str
    hook: str
    calls: int
    errors: int
    seconds: float
    slowest: float
    last_error: str
    last_error_at: datetime | None
    last_at: datetime

    @property
    def mean(self) -> float:
        """Seconds per call."""
        return self.seconds / self.calls if self.calls else 0.0


@dataclass(frozen=True)
class Undelivered:
    """How many deliveries to one receiver wait, and how many are parked."""

    waiting: int
    parked: int


def list_audit(
    uow: UnitOfWork,
    *,
    actions: Sequence[str] = (),
    outcome: str = "",
    person_id: str | None = None,
    connection_id: str | None = None,
    before: int | None = None,
    limit: int = ROWS,
) -> Listed[AuditRow]:
    """The audit trail, narrowed to actions, to ``done`` or ``refused``, and to what one person or one system did."""
    a = tables.audit
    query = sa.select(a).order_by(a.c.position.desc()).limit(limit + 1)
    if actions:
        query = query.where(a.c.action.in_(actions))
    if outcome:
        query = query.where(a.c.outcome == outcome)
    if person_id:
        query = query.where(a.c.actor_id == person_id)
    if connection_id:
        query = query.where(a.c.connection_id == connection_id)
    if before is not None:
        query = query.where(a.c.position < before)
    rows = [audit_row(row) for row in uow.connection.execute(query)]
    return listed(rows, lambda row: str(row.position), limit)


def audit_row(row: Any) -> AuditRow:
    """A row of the table."""
    return AuditRow(
        row.position,
        row.at,
        row.action,
        row.outcome,
        row.reason,
        row.actor_id,
        row.connection_id,
        row.subject_id,
        row.detail,
        row.partner_id,
    )


def list_deliveries(
    uow: UnitOfWork,
    *,
    state: str = "",
    person_id: str | None = None,
    kinds: Sequence[str] = (),
    receiver: str = "",
    before: str | None = None,
) -> Listed[DeliveryRow]:
    """The outbox, narrowed to one state, one person, some kinds and one receiver. Ids are in order of time."""
    o = tables.outbox
    query = sa.select(o).order_by(o.c.id.desc()).limit(ROWS + 1)
    if state:
        query = query.where(o.c.state == state)
    if person_id:
        query = query.where(o.c.person_id == person_id)
    if kinds:
        query = query.where(o.c.kind.in_(kinds))
    if receiver:
        query = query.where(o.c.receiver == receiver)
    if before is not None:
        query = query.where(o.c.id < before)
    rows = [
        DeliveryRow(
            r.id,
            r.kind,
            r.receiver,
            str(r.body.get("hook", "")),
            r.person_id,
            r.state,
            r.attempts,
            r.created_at,
            r.next_attempt_at,
            r.done_at,
            r.last_error or "",
        )
        for r in uow.connection.execute(query)
    ]
    return listed(rows, lambda row: row.id)


def count_undelivered(uow: UnitOfWork) -> dict[str, int]:
    """How many deliveries are ``waiting`` and how many are ``parked``; delivered ones are not counted."""
    o = tables.outbox
    rows = uow.connection.execute(
        sa.select(o.c.state, sa.func.count()).where(o.c.state.in_([WAITING, PARKED])).group_by(o.c.state)
    )
    return {WAITING: 0, PARKED: 0} | {row[0]: row[1] for row in rows}


def count_deliveries_to(uow: UnitOfWork, kinds: Sequence[str]) -> dict[str, Undelivered]:
    """What has not arrived of some kinds of effects, by receiver."""
    o = tables.outbox
    rows = uow.connection.execute(
        sa.select(o.c.receiver, o.c.state, sa.func.count())
        .where(o.c.state.in_([WAITING, PARKED]), o.c.kind.in_(kinds))
        .group_by(o.c.receiver, o.c.state)
    ).all()
    counts = {(receiver, state): int(count) for receiver, state, count in rows}
    return {
        receiver: Undelivered(counts.get((receiver, WAITING), 0), counts.get((receiver, PARKED), 0))
        for receiver in {row[0] for row in rows}
    }


def list_pauses(uow: UnitOfWork) -> list[PauseRow]:
    """Receivers for which something waits because they did not do their part; those that failed longest first."""
    o, pause = tables.outbox, tables.outbox_pause
    waiting = sa.func.count(o.c.id)
    rows = uow.connection.execute(
        sa.select(pause.c.receiver, pause.c.since, pause.c.last_error, waiting.label("waiting"))
        .join(o, o.c.receiver == pause.c.receiver)
        .where(o.c.state == WAITING, o.c.lane.is_not(None))
        .group_by(pause.c.receiver, pause.c.since, pause.c.last_error)
        .order_by(pause.c.since, pause.c.receiver)
    )
    return [PauseRow(*row) for row in rows]


def list_readers(uow: UnitOfWork) -> list[ReaderState]:
    """Every reader and how far behind its log it is."""
    ends = {log.name: _end(uow, log.table) for log in LOGS}
    rows = uow.connection.execute(
        sa.select(tables.reader).order_by(tables.reader.c.log, tables.reader.c.name)
    )
    return [
        ReaderState(
            r.name,
            r.log,
            r.position,
            max(0, ends[r.log] - r.position),
            _age_of_oldest(uow, r.log, r.position),
            r.worker or "",
            r.moved_at,
            r.failures,
            r.retry_at,
            r.last_error or "",
        )
        for r in rows
    ]


def list_timings(uow: UnitOfWork) -> list[TimingRow]:
    """What all processes have measured of the plugins."""
    t = tables.plugin_timing
    rows = uow.connection.execute(sa.select(t).order_by(t.c.plugin, t.c.hook))
    return [
        TimingRow(
            r.plugin,
            r.hook,
            r.calls,
            r.errors,
            r.seconds,
            r.slowest,
            r.last_error,
            r.last_error_at,
            r.last_at,
        )
        for r in rows
    ]


def _end(uow: UnitOfWork, log: sa.Table) -> int:
    return uow.connection.scalar(sa.select(sa.func.max(log.c.position))) or 0


def _age_of_oldest(uow: UnitOfWork, log_name: str, position: int) -> timedelta:
    log = next(log.table for log in LOGS if log.name == log_name)
    written = log.c.stored if log_name == tables.statement.name else log.c.at
    oldest = uow.connection.scalar(
        sa.select(written).where(log.c.position > position).order_by(log.c.position).limit(1)
    )
    return uow.now - oldest if oldest else timedelta()
