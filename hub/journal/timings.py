"""What every process measured of the plugins' hooks, added up: for all time, and by the hour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from hub.hooks import Timing
from hub.hooks.timing import BUCKET_SECONDS
from hub.journal.tables import plugin_bucket, plugin_hour, plugin_timing
from hub.store import UnitOfWork

EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""The hour under which the calls of all time are kept."""
LATELY = timedelta(hours=24)
KEEP = timedelta(days=7)
"""For how long hours are kept."""

Timings = Mapping[tuple[str, str], Timing]
"""By plugin and hook."""


@dataclass(frozen=True)
class Lately:
    """A plugin's hook within the last 24 hours (``median``, ``p95`` and ``slowest`` in seconds, None without calls), and its last error ever.

    The hour in which they began counts as a whole.
    """

    plugin: str
    hook: str
    calls: int = 0
    errors: int = 0
    median: float | None = None
    p95: float | None = None
    slowest: float | None = None
    grown_bytes: int = 0
    last_error: str = ""
    last_error_at: datetime | None = None
    last_error_version: str = ""


@dataclass(frozen=True)
class Durations:
    """Durations of all calls of a plugin's hook: ``buckets`` as BUCKET_SECONDS bounds them, ``seconds`` in all."""

    plugin: str
    hook: str
    buckets: Sequence[int]
    seconds: float


def save_timings(uow: UnitOfWork, timings: Timings) -> None:
    """Add the timings a process has drained from its hooks. Several processes may do so at once.

    All rows come in one order, so that nobody waits in a circle.
    """
    ordered = sorted(timings.items())
    _add_totals(uow, ordered)
    hour = uow.now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    times = ((EVER, None), (hour, hour + timedelta(hours=1) + KEEP))
    hours: list[dict[str, object]] = []
    buckets: list[dict[str, object]] = []
    for (plugin, hook), timing in ordered:
        for at, expires_at in times:
            key: dict[str, object] = {"plugin": plugin, "hook": hook, "hour": at, "expires_at": expires_at}
            measured = ("calls", "errors", "seconds", "slowest", "grown_bytes")
            hours.append({**key, **{name: getattr(timing, name) for name in measured}})
            buckets += [
                {**key, "bucket": place, "calls": count}
                for place, count in enumerate(timing.buckets)
                if count
            ]
    uow.execute_many(
        _adding(uow, plugin_hour, ("calls", "errors", "seconds", "grown_bytes"), slowest=True), hours
    )
    uow.execute_many(_adding(uow, plugin_bucket, ("calls",)), buckets)


def read_lately(uow: UnitOfWork) -> dict[tuple[str, str], Lately]:
    """The last 24 hours of every hook that was ever called, by plugin and hook."""
    since = (uow.now - LATELY).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    numbers = _numbers(uow, plugin_hour.c.hour >= since)
    counts = _buckets(uow, plugin_bucket.c.hour >= since)
    found = {}
    for row in uow.connection.execute(sa.select(plugin_timing)):
        key = (row.plugin, row.hook)
        calls, errors, slowest, grown = numbers.get(key, (0, 0, 0.0, 0))
        mine = counts.get(key, [])
        found[key] = Lately(
            *key,
            calls,
            errors,
            share_within(mine, 0.5, slowest),
            share_within(mine, 0.95, slowest),
            slowest if calls else None,
            grown,
            row.last_error,
            row.last_error_at,
            row.last_error_version or "",
        )
    return found


def read_durations(uow: UnitOfWork) -> list[Durations]:
    """All calls since they are counted this way, by plugin and hook."""
    h = plugin_hour.c
    rows = uow.connection.execute(
        sa.select(h.plugin, h.hook, h.seconds).where(h.hour == EVER).order_by(h.plugin, h.hook)
    ).all()
    counts = _buckets(uow, plugin_bucket.c.hour == EVER)
    none = [0] * (len(BUCKET_SECONDS) + 1)
    return [Durations(r.plugin, r.hook, counts.get((r.plugin, r.hook), none), r.seconds) for r in rows]


def share_within(buckets: Sequence[int], share: float, slowest: float) -> float | None:
    """The seconds within which such a share (0 to 1) of the calls ended; None without calls.

    Within a bucket calls are taken to lie evenly; none took longer than the slowest.
    """
    wanted, below = share * sum(buckets), 0
    if not wanted:
        return None
    for place, count in enumerate(buckets):
        if count and below + count >= wanted:
            lower = BUCKET_SECONDS[place - 1] if place else 0.0
            upper = BUCKET_SECONDS[place] if place < len(BUCKET_SECONDS) else max(slowest, lower)
            return min(lower + (upper - lower) * (wanted - below) / count, max(slowest, lower))
        below += count
    return slowest


def _add_totals(uow: UnitOfWork, ordered: Sequence[tuple[tuple[str, str], Timing]]) -> None:
    insert = _dialect(uow).insert(plugin_timing)
    known, new = plugin_timing.c, insert.excluded
    failed = new.errors > 0
    last = ("last_error", "last_error_at", "last_error_version")
    add = insert.on_conflict_do_update(
        index_elements=["plugin", "hook"],
        set_={
            **{name: known[name] + new[name] for name in ("calls", "errors", "seconds")},
            **{name: sa.case((failed, new[name]), else_=known[name]) for name in last},
            "slowest": _greater(known.slowest, new.slowest),
            "last_at": new.last_at,
        },
    )
    uow.execute_many(
        add,
        [
            {
                "plugin": plugin,
                "hook": hook,
                "calls": timing.calls,
                "errors": timing.errors,
                "seconds": timing.seconds,
                "slowest": timing.slowest,
                "last_error": timing.last_error,
                "last_error_at": uow.now if timing.errors else None,
                "last_error_version": (uow.hooks.version_of(plugin) or "")[:64] if timing.errors else None,
                "last_at": uow.now,
            }
            for (plugin, hook), timing in ordered
        ],
    )


def _adding(
    uow: UnitOfWork, table: sa.Table, numbers: Sequence[str], *, slowest: bool = False
) -> sa.Executable:
    insert = _dialect(uow).insert(table)
    added = {name: table.c[name] + insert.excluded[name] for name in numbers}
    if slowest:
        added["slowest"] = _greater(table.c.slowest, insert.excluded.slowest)
    upsert: sa.Executable = insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=added)
    return upsert


def _greater(one: sa.ColumnElement[float], other: sa.ColumnElement[float]) -> sa.ColumnElement[float]:
    return sa.case((other > one, other), else_=one)


def _dialect(uow: UnitOfWork) -> Any:
    return sqlite if uow.is_sqlite else postgresql


def _numbers(
    uow: UnitOfWork, which: sa.ColumnElement[bool]
) -> dict[tuple[str, str], tuple[int, int, float, int]]:
    h, add = plugin_hour.c, sa.func.sum
    rows = uow.connection.execute(
        sa.select(h.plugin, h.hook, add(h.calls), add(h.errors), sa.func.max(h.slowest), add(h.grown_bytes))
        .where(which)
        .group_by(h.plugin, h.hook)
    )
    return {(r[0], r[1]): (int(r[2]), int(r[3]), float(r[4]), int(r[5])) for r in rows}


def _buckets(uow: UnitOfWork, which: sa.ColumnElement[bool]) -> dict[tuple[str, str], list[int]]:
    b = plugin_bucket.c
    rows = uow.connection.execute(
        sa.select(b.plugin, b.hook, b.bucket, sa.func.sum(b.calls))
        .where(which)
        .group_by(b.plugin, b.hook, b.bucket)
    )
    found: dict[tuple[str, str], list[int]] = {}
    for plugin, hook, bucket, calls in rows:
        mine = found.setdefault((plugin, hook), [0] * (len(BUCKET_SECONDS) + 1))
        mine[bucket] += int(calls)
    return found
