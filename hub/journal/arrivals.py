"""How many statements arrived from whom in which hour, counted as they come and kept when statements are deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from hub.journal.logs import STATEMENTS
from hub.journal.tables import arrival_count, reader, statement
from hub.store import UnitOfWork

READER = "arrivals"
BATCH = 20_000
"""Statements counted in one unit of work."""


@dataclass(frozen=True)
class Arrivals:
    """Statements by hour or day, which begins at ``at``."""

    at: datetime
    count: int


def count_arrivals(uow: UnitOfWork) -> int:
    """Count the next statements that are safe to read; how many positions that were. 0 while another worker is at it."""
    if uow.connection.scalar(sa.select(reader.c.name).where(reader.c.name == READER)) is None:
        uow.insert_new(reader, [{"name": READER, "log": statement.name, "position": 0, "failures": 0}])
    place = uow.connection.execute(
        sa.select(reader).where(reader.c.name == READER).with_for_update(skip_locked=True)
    ).one_or_none()
    if place is None:
        return 0
    last = min(STATEMENTS.safe_position(uow), place.position + BATCH)
    if last <= place.position:
        return 0
    counts = uow.connection.execute(_by_hour(uow, place.position, last)).all()
    dialect: Any = sqlite if uow.is_sqlite else postgresql
    insert = dialect.insert(arrival_count)
    add = insert.on_conflict_do_update(
        index_elements=["hour", "connection_id"],
        set_={"count": arrival_count.c.count + insert.excluded.count},
    )
    rows = [
        {"hour": _hour(row.hour), "connection_id": row.connection_id, "count": row.number} for row in counts
    ]
    if rows:
        uow.connection.execute(add, rows)
    uow.connection.execute(
        sa.update(reader).where(reader.c.name == READER).values(position=last, moved_at=uow.now)
    )
    return int(last - place.position)


def has_arrivals(uow: UnitOfWork) -> bool:
    """Whether there is something to count."""
    counted = uow.connection.scalar(sa.select(reader.c.position).where(reader.c.name == READER))
    later = sa.select(statement.c.position).where(statement.c.position > (counted or 0)).limit(1)
    return uow.connection.scalar(later) is not None


def read_arrivals(
    uow: UnitOfWork, since: datetime, *, per_day: bool = False, connection_id: str | None = None
) -> list[Arrivals]:
    """Statements by hour or by day (UTC) from ``since`` to now, empty ones too, the oldest first.

    What is not counted yet is counted here, BATCH statements at most.
    """
    step = timedelta(days=1) if per_day else timedelta(hours=1)
    begins = _floor(since, per_day)
    table = arrival_count
    query = sa.select(table.c.hour, sa.func.sum(table.c.count).label("number")).where(table.c.hour >= begins)
    if connection_id is not None:
        query = query.where(table.c.connection_id == connection_id)
    totals: dict[datetime, int] = {}
    for row in uow.connection.execute(query.group_by(table.c.hour)):
        _add(totals, _floor(row.hour, per_day), int(row.number))
    counted = uow.connection.scalar(sa.select(reader.c.position).where(reader.c.name == READER)) or 0
    for row in uow.connection.execute(_by_hour(uow, counted, counted + BATCH)):
        at = _floor(_hour(row.hour), per_day)
        if at >= begins and connection_id in (None, row.connection_id):
            _add(totals, at, row.number)
    steps = int((uow.now - begins) / step) + 1
    return [Arrivals(at, totals.get(at, 0)) for at in (begins + step * n for n in range(steps))]


def _by_hour(uow: UnitOfWork, after: int, last: int) -> sa.Select[Any]:
    hour: sa.ColumnElement[Any] = (
        sa.func.substr(sa.cast(statement.c.stored, sa.String), 1, 13)
        if uow.is_sqlite
        else sa.func.date_trunc("hour", statement.c.stored, "UTC")
    )
    return (
        sa.select(hour.label("hour"), statement.c.connection_id, sa.func.count().label("number"))
        .where(statement.c.position > after, statement.c.position <= last)
        .group_by(sa.text("1"), statement.c.connection_id)
    )


def _hour(value: Any) -> datetime:
    if isinstance(value, str):
        return datetime.fromisoformat(f"{value}:00:00+00:00")
    instant: datetime = value
    return instant.astimezone(UTC)


def _floor(at: datetime, per_day: bool) -> datetime:
    floored = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return floored.replace(hour=0) if per_day else floored


def _add(totals: dict[datetime, int], at: datetime, count: int) -> None:
    totals[at] = totals.get(at, 0) + count


def busiest(arrivals: Sequence[Arrivals]) -> int:
    """The highest count, at least 1."""
    return max((each.count for each in arrivals), default=0) or 1
