"""A reader for tests, and the appending of rows that it can tell apart."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from hub.ids import derived_id, new_id
from hub.journal import (
    CHANGES,
    EVENTS,
    STATEMENTS,
    Change,
    Event,
    Log,
    NewStatement,
    Reader,
    announce,
    append_statements,
    audit,
    record_changes,
)
from hub.journal.readers import register_readers, run_reader
from hub.journal.tables import audit as audit_table
from hub.runtime import Hub
from hub.store import UnitOfWork

CONNECTION = new_id()


@dataclass(frozen=True)
class SomethingHappened(Event):
    """An event for tests; what happened stands in the place of the person."""


def append_change(uow: UnitOfWork, *names: str) -> None:
    record_changes(uow, [Change("noted", name, {}) for name in names])


def append_event(uow: UnitOfWork, *names: str) -> None:
    announce(uow, [SomethingHappened(derived_id(name)) for name in names])


def append_statement(uow: UnitOfWork, *names: str) -> None:
    append_statements(uow, CONNECTION, [statement(derived_id(name)) for name in names])


def statement(id: str, content: str = "the same") -> NewStatement:
    """A statement with this id; two with the same content are the same statement."""
    at = datetime(2026, 5, 4, tzinfo=UTC)
    return NewStatement(
        id, at, "mbox", "mailto:ann@riverside.example", "done", "this", content.encode(), content
    )


Append = Callable[..., None]
APPENDS: list[tuple[Log, Append]] = [
    (CHANGES, append_change),
    (EVENTS, append_event),
    (STATEMENTS, append_statement),
]


@dataclass
class Follower:
    """Follows a log and remembers what it was given; each ``read`` is one batch."""

    hub: Hub
    log: Log = CHANGES
    batch: int = 200
    positions: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reader = Reader("follower", self.log, self._handle, self.batch)
        with self.hub.unit_of_work() as uow:
            register_readers(uow, [self.reader])

    def read(self) -> list[int]:
        """Positions of the rows that one batch gave."""
        before = len(self.positions)
        run_reader(self.hub.unit_of_work, self.reader, "test")
        return self.positions[before:]

    def _handle(self, uow: UnitOfWork, rows: Sequence[sa.Row[Any]]) -> None:
        self.positions += [row.position for row in rows]


def note_each(uow: UnitOfWork, rows: Sequence[sa.Row[Any]]) -> None:
    """A handler with an effect that would show if it happened twice: one row of the audit trail per change."""
    for row in rows:
        audit(uow, "handled", row.subject_id)


def handled(hub: Hub) -> list[str]:
    """What ``note_each`` was given, in order."""
    table = audit_table
    with hub.reading() as uow:
        query = sa.select(table.c.subject_id).where(table.c.action == "handled").order_by(table.c.position)
        return list(uow.connection.scalars(query))


def positions(hub: Hub, log: Log) -> list[int]:
    """Every position of the log that is committed."""
    with hub.reading() as uow:
        return list(uow.connection.scalars(sa.select(log.table.c.position).order_by(log.table.c.position)))
