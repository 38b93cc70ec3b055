"""Readers follow a log, each at its own position, like the consumers of a commit log.

A batch, its effects and the new position are one transaction, so nothing is lost or done twice when a worker dies.
The lease is the lock on the reader's row: a second worker passes it by while the first works, and takes over at the
moment the first is gone, because the database gives up a dead session's locks.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from hub.journal import tables
from hub.journal.logs import Log
from hub.logging import get_logger
from hub.store import UnitOfWork

logger = get_logger(__name__)

OpenUnit = Callable[[], AbstractContextManager[UnitOfWork]]
MAX_RETRY_SECONDS = 300


@dataclass(frozen=True)
class Reader:
    """One follower of a log. ``handle`` gets rows in order, at most ``batch`` of them, inside the unit of work.

    With ``kinds`` it gets rows of these alone, and passes the others by without reading them; of those ``without_body`` it gets
    None for a body: what is only to be noted need not be fetched.
    """

    name: str
    log: Log
    handle: Callable[[UnitOfWork, Sequence[sa.Row[Any]]], None]
    batch: int = 200
    kinds: frozenset[str] = frozenset()
    without_body: frozenset[str] = frozenset()


def register_readers(uow: UnitOfWork, readers: Sequence[Reader]) -> None:
    """Give new readers their place at the start of their log."""
    known = set(uow.connection.scalars(sa.select(tables.reader.c.name)))
    uow.execute_many(
        sa.insert(tables.reader),
        [
            {"name": r.name, "log": r.log.name, "position": 0, "failures": 0}
            for r in readers
            if r.name not in known
        ],
    )


def with_work(uow: UnitOfWork, readers: Sequence[Reader]) -> list[Reader]:
    """Those of registered readers above whose position rows wait; cheap enough to ask many times a second."""
    r = tables.reader
    places = {p.name: p for p in uow.connection.execute(sa.select(r.c.name, r.c.position, r.c.retry_at))}
    newest = {
        log: uow.connection.scalar(sa.select(sa.func.max(log.table.c.position))) or 0
        for log in {reader.log for reader in readers}
    }
    return [
        reader
        for reader, place in ((reader, places[reader.name]) for reader in readers)
        if place.position < newest[reader.log] and not (place.retry_at and place.retry_at > uow.now)
    ]


def run_reader(open_unit: OpenUnit, reader: Reader, worker: str) -> int:
    """Handle one batch; the number of rows handled, 0 when there is nothing safe to read or another worker is at it.

    A handler that raises changes nothing: the reader stays where it is, waits, and shows its error.
    """
    try:
        with open_unit() as uow:
            return _handle_batch(uow, reader, worker)
    except Exception as error:
        logger.exception("reader_failed", reader=reader.name)
        with open_unit() as uow:
            _note_failure(uow, reader, error)
        return 0


def _handle_batch(uow: UnitOfWork, reader: Reader, worker: str) -> int:
    place = uow.connection.execute(
        sa.select(tables.reader).where(tables.reader.c.name == reader.name).with_for_update(skip_locked=True)
    ).one_or_none()
    if place is None or (place.retry_at and place.retry_at > uow.now):
        return 0
    safe = reader.log.safe_position(uow)
    table = reader.log.table
    columns: list[sa.ColumnElement[Any]] = list(table.c)
    if reader.without_body:
        bare = table.c.kind.in_(sorted(reader.without_body))
        body = sa.case((bare, sa.null()), else_=table.c.body)
        columns = [column for column in columns if column.name != "body"]
        columns.append(sa.type_coerce(body, table.c.body.type).label("body"))
    query = sa.select(*columns).where(table.c.position > place.position, table.c.position <= safe)
    if reader.kinds:
        query = query.where(table.c.kind.in_(sorted(reader.kinds)))
    rows = uow.connection.execute(query.order_by(table.c.position).limit(reader.batch)).all()
    if rows:
        reader.handle(uow, rows)
    elif not reader.kinds or safe <= place.position:
        return 0
    passed = rows[-1].position if len(rows) == reader.batch or not reader.kinds else safe
    uow.connection.execute(
        sa.update(tables.reader)
        .where(tables.reader.c.name == reader.name)
        .values(
            position=passed,
            worker=worker,
            moved_at=uow.now,
            failures=0,
            retry_at=None,
            last_error=None,
        )
    )
    return len(rows)


def _note_failure(uow: UnitOfWork, reader: Reader, error: Exception) -> None:
    failures = uow.connection.scalar(
        sa.select(tables.reader.c.failures).where(tables.reader.c.name == reader.name).with_for_update()
    )
    failures = (failures or 0) + 1
    wait = timedelta(seconds=min(2.0 ** min(failures - 1, 10), MAX_RETRY_SECONDS))
    uow.connection.execute(
        sa.update(tables.reader)
        .where(tables.reader.c.name == reader.name)
        .values(
            failures=failures, retry_at=uow.now + wait, last_error=f"{type(error).__name__}: {error}"[:2000]
        )
    )
