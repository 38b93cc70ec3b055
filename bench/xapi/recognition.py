"""The reader ``recognize`` while statements that matter to someone keep coming, and what it costs those who send them."""

import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from bench.xapi.learners import make_learners
from bench.xapi.load import Measured, percentile, send
from bench.xapi.readback import Sent, check, check_count
from bench.xapi.report import Line
from bench.xapi.run import Run
from bench.xapi.served import SECRET_KEY, Served, make_hub, served
from bench.xapi.statements import Series
from hub.journal.tables import reader, statement
from hub.runtime import Hub
from hub.training.tables import completion, credit_ledger

OFFERED = 2_000
SIZE, CLIENTS = 50, 4
SAMPLE_SECONDS = 0.05
DRAIN_SECONDS = 120


@dataclass
class Phases:
    """What rounds with the reader off and on showed, in milliseconds and seconds."""

    off: list[float] = field(default_factory=list)
    on: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    worst: list[float] = field(default_factory=list)

    def add(self, off: Measured, on: Measured, lags: list[float]) -> None:
        """Note one round."""
        self.off.append(off.p95)
        self.on.append(on.p95)
        self.rates.append(on.rate)
        self.lags.append(percentile(lags))
        self.worst.append(max(lags))


def measure_recognition(run: Run) -> None:
    """Add the lines of recognition to the report."""
    url = run.server.create("recognition")
    hub = make_hub(url)
    seconds, rounds = 8 if run.quick else 15, min(run.rounds, 2)
    count = OFFERED * seconds
    learners = make_learners(hub, run.folder / "network", pairs=2 * rounds * count)
    run.say(f"{learners.people:,} people have {learners.goals:,} goals")
    series, sent, phases = Series("learning", learners.people, learners.courses), Sent(), Phases()
    with served(run.folder, url, learners.sender, processes=run.processes) as running:
        for number in range(rounds):
            off = _offer(running, series, sent, count)
            with worker(run.folder, url, learners.public_url):
                _wait_until_recognized(hub)
                on, lags = _offer_watched(hub, running, series, sent, count)
                _wait_until_recognized(hub)
            phases.add(off, on, lags)
            run.say(
                f"round {number + 1}: p95 {off.p95:.1f} ms off, {on.p95:.1f} ms on; lag {max(lags):.2f} s at most"
            )
        check(running, sent)
    check_count(hub, sent)
    _check_credits(hub, sent)
    hub.close()
    run.report.lines += [*_lines(phases), running.memory_line("recognition")]


def _lines(phases: Phases) -> Iterator[Line]:
    off, on = statistics.median(phases.off), statistics.median(phases.on)
    ratio = statistics.median([b / a for a, b in zip(phases.off, phases.on, strict=True)])
    rates = tuple(phases.rates)
    yield Line(f"recognition, {OFFERED:,}/s offered: taken", statistics.median(rates), "/s", runs=rates)
    yield Line("  lag, 95th percentile", statistics.median(phases.lags), "s", runs=tuple(phases.lags))
    yield Line("  lag, most", max(phases.worst), "s", reach="under 2 s", runs=tuple(phases.worst))
    yield Line("  ingest p95, reader off", off, "ms", runs=tuple(phases.off))
    yield Line("  ingest p95, reader on", on, "ms", None, None, ratio, "1.25 times off", tuple(phases.on))


@contextmanager
def worker(folder: Path, database_url: str, public_url: str) -> Iterator[None]:
    """Run ``hub worker`` until the block ends."""
    settings = {
        "HUB_PUBLIC_URL": public_url,
        "HUB_DATABASE_URL": database_url,
        "HUB_SECRET_KEY": SECRET_KEY,
        "HUB_LOG_LEVEL": "error",
        "PYTHONPATH": str(Path.cwd()),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "hub.cli", "worker", "--end-with", str(os.getpid())],
        env={**os.environ, **settings},
        cwd=folder,
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _offer(running: Served, series: Series, sent: Sent, count: int) -> Measured:
    first = sent.next(series)
    every = SIZE * CLIENTS / OFFERED
    measured = send(running.port, running.authorization, series, first, count, SIZE, CLIENTS, every)
    sent.add(series, first, count)
    return measured


def _offer_watched(
    hub: Hub, running: Served, series: Series, sent: Sent, count: int
) -> tuple[Measured, list[float]]:
    """The same, and how far the reader was behind all the while, in seconds."""
    lags: list[float] = []
    done = threading.Event()

    def watch() -> None:
        while not done.wait(SAMPLE_SECONDS):
            lags.append(lag(hub))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        measured = _offer(running, series, sent, count)
    finally:
        done.set()
        watcher.join()
    return measured, lags


def lag(hub: Hub) -> float:
    """The age of the oldest statement that nobody has recognized yet, in seconds; 0 when there is none."""
    reached = sa.select(reader.c.position).where(reader.c.name == "recognize").scalar_subquery()
    oldest = (
        sa.select(statement.c.stored)
        .where(statement.c.position > reached)
        .order_by(statement.c.position)
        .limit(1)
    )
    with hub.reading() as uow:
        stored = uow.connection.scalar(oldest)
        return max(0.0, (uow.now - stored).total_seconds()) if stored else 0.0


def _wait_until_recognized(hub: Hub) -> None:
    deadline = time.monotonic() + DRAIN_SECONDS
    while lag(hub):
        if time.monotonic() > deadline:
            raise RuntimeError(f"the reader is still behind after {DRAIN_SECONDS} s")
        time.sleep(0.1)


def _check_credits(hub: Hub, sent: Sent) -> None:
    """RuntimeError unless every statement completed its course, and no goal was credited twice."""
    entries = sa.select(sa.func.count(), sa.func.count(sa.distinct(credit_ledger.c.goal_id)))
    with hub.reading() as uow:
        completions = uow.connection.scalar(sa.select(sa.func.count()).select_from(completion)) or 0
        credits, goals = uow.connection.execute(entries).one()
    if completions != sent.total:
        raise RuntimeError(f"{sent.total} statements made {completions} completions")
    if not credits or credits != goals:
        raise RuntimeError(f"{goals} goals got {credits} credits")
