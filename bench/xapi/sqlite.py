"""SQLite: the hub and a bare program take turns with the same rows, both sure of each batch before the next."""

import sqlite3
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.xapi.limits import OWN
from bench.xapi.load import send
from bench.xapi.readback import Sent, check, check_count
from bench.xapi.report import against
from bench.xapi.run import Run
from bench.xapi.served import add_sender, make_hub, served
from bench.xapi.statements import Series
from hub.store import migrate, open_engine

SIZE = 50
Rows = Mapping[str, Sequence[tuple[Any, ...]]]


def measure_sqlite(run: Run) -> None:
    """Add the line of SQLite to the report."""
    file, bare_file = run.folder / "hub.sqlite", run.folder / "bare.sqlite"
    for each in (file, bare_file):
        engine = open_engine(f"sqlite:///{each}")
        migrate(engine)
        engine.dispose()
    hub = make_hub(f"sqlite:///{file}")
    sender = add_sender(hub)
    count = 2_000 if run.quick else 20_000
    series, sent = Series("sqlite"), Sent()
    rates: list[float] = []
    limits: list[float] = []
    with served(run.folder, f"sqlite:///{file}", sender) as running:
        for number in range(run.rounds + 1):  # the first is not counted: imports, and caches that are cold
            first = sent.next(series)
            rate = send(running.port, running.authorization, series, first, count, SIZE).rate
            sent.add(series, first, count)
            limit = count / _write_bare(bare_file, _batches(file, first, count))
            if number:
                rates.append(rate)
                limits.append(limit)
                run.say(f"round {number}, SQLite by {SIZE}: {rate:,.0f}/s, bare {limit:,.0f}")
        check(running, sent)
    check_count(hub, sent)
    hub.close()
    name = f"SQLite: POST {SIZE} a batch, 1 client"
    run.report.lines.append(against(name, rates, limits, limits, "0.5 of a bare program"))


def _batches(file: Path, first: int, count: int) -> list[Rows]:
    """The rows of the newest statements, in batches as they were sent. Positions begin at 1 and have no gaps."""
    connection = sqlite3.connect(file)
    known = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    positioned = [
        name
        for name in OWN
        if name in known
        and "position" in [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
    ]

    def rows(name: str, start: int) -> list[tuple[Any, ...]]:
        query = f"SELECT * FROM {name} WHERE position BETWEEN ? AND ?"
        return connection.execute(query, (start, start + SIZE - 1)).fetchall()

    starts = range(first + 1, first + count + 1, SIZE)
    batches: list[Rows] = [{name: rows(name, start) for name in positioned} for start in starts]
    connection.close()
    return batches


def _write_bare(file: Path, batches: Sequence[Rows]) -> float:
    """Seconds for all batches, each in a transaction that is on the disk when it ends."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    started = time.monotonic()
    for batch in batches:
        connection.execute("BEGIN IMMEDIATE")
        for name, rows in batch.items():
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                connection.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)
        connection.execute("COMMIT")
    seconds = time.monotonic() - started
    connection.close()
    return seconds
