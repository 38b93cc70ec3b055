"""All figures of a network of one size in a database of its own."""

import time
from datetime import date
from pathlib import Path

import sqlalchemy as sa

from bench.figures import Figure
from bench.network.changes import measure_changes
from bench.network.limits import copy_files_bare
from bench.network.lists import measure_lists
from bench.network.rules import add_rules
from bench.network.steps import open_at, run_step
from hub.network import tables as network
from hub.testing.generate_network import generate_network
from hub.training import tables as training

TODAY = date(2026, 7, 1)
ROWS_PER_SECOND = 20_000
WORKER_MB = 1_500


def measure(size: str, url: str, folder: Path) -> list[Figure]:
    """Generate, import, assign, change; every step is told as it ends."""
    files = folder / f"files-{size.replace('/', '-')}"
    _say(size, "generating")
    summary = generate_network(size, 1, files, TODAY)
    (files / "identities.csv").unlink()
    rows = sum(summary.rows.values())
    bare = copy_files_bare(files, url)
    _say(size, f"{rows:,} rows; importing")
    imported = run_step("import", url, files)
    again = run_step("import", url, files)
    hub = open_at(url)
    add_rules(hub)
    _say(size, "assigning")
    assigned = run_step("assign", url, files)
    with hub.reading() as uow:
        count = sa.select(sa.func.count())
        people = uow.connection.scalar(count.select_from(network.person)) or 1
        goals = uow.connection.scalar(count.select_from(training.goal)) or 0
    figures = [
        Figure(
            f"{size}: import of {rows:,} rows",
            rows / imported.seconds,
            "rows/s",
            rows / bare,
            "COPY of the files into tables of texts",
            ROWS_PER_SECOND,
        ),
        Figure(f"{size}: of that, processor time of the hub", imported.processor, "s"),
        Figure(f"{size}: memory of the import", imported.memory, "MB"),
        Figure(f"{size}: the same files again", rows / again.seconds, "rows/s"),
        Figure(f"{size}: first assignment of {people:,} people, {goals:,} goals", assigned.seconds, "s"),
        Figure(f"{size}: people assigned", people / assigned.seconds, "people/s"),
        Figure(f"{size}: memory of the worker", assigned.memory, "MB", goal=WORKER_MB),
    ]
    _say(size, "changing")
    figures += measure_changes(hub, size)
    figures += measure_lists(hub, url, folder, size)
    hub.close()
    return figures


def _say(size: str, text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {size}: {text}", flush=True)
