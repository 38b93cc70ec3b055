"""``replay --verify``: whether what the hub has is what its journals say."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from hub.audiences.assigning.put_aside import count_put_aside
from hub.audiences.assigning.reassign import count_queue, reassign
from hub.errors import Conflict, Problem
from hub.journal import Reader
from hub.journal.tables import reader as reader_table
from hub.rebuild.compare import Comparison, compare_states
from hub.rebuild.rebuild import rebuilt
from hub.rebuild.state_hash import Progress
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.training.credit.recognize import recognize, recognize_changes

FOLLOWERS = (recognize, recognize_changes, reassign)
"""The readers that keep the derived tables up to date."""


def verify(hub: Hub, progress: Progress = lambda *_: None, patience: float = 30) -> Comparison:
    """Rebuild beside the live tables and compare; the live database is only read, all of it at one instant.

    Waits up to ``patience`` seconds for an instant at which the readers have caught up; Conflict ``not_caught_up``
    when there is none.
    """
    with (
        _caught_up(hub, patience) as live,
        rebuilt(hub, live, progress) as scratch,
        scratch.reading() as other,
    ):
        return compare_states(live, other, progress)


@contextmanager
def _caught_up(hub: Hub, patience: float) -> Iterator[UnitOfWork]:
    deadline = time.monotonic() + patience
    while True:
        with hub.reading() as uow:
            behind = waiting_work(uow)
            if not behind:
                yield uow
                return
        if time.monotonic() >= deadline:
            raise Conflict(
                "not_caught_up",
                "The worker has not caught up with the journals, so there is nothing to compare yet.",
                "Start `hub worker` if none runs, and try again; `hub doctor` shows how far it is.",
                behind,
            )
        time.sleep(0.2)


def waiting_work(uow: UnitOfWork) -> list[Problem]:
    """What the readers still have to do before the derived tables say what the journals say."""
    problems = [
        Problem(f"{count} rows of the journal to read", f"reader {reader.name}")
        for reader in FOLLOWERS
        if (count := _rows_to_read(uow, reader))
    ]
    people, aside = count_queue(uow), count_put_aside(uow)
    if people:
        problems.append(Problem(f"{people} people to work out anew", "assignment"))
    if aside:
        problems.append(
            Problem(f"{aside} people cannot be worked out; the page of readers says why", "assignment")
        )
    return problems


def _rows_to_read(uow: UnitOfWork, reader: Reader) -> int:
    position = uow.connection.scalar(
        sa.select(reader_table.c.position).where(reader_table.c.name == reader.name)
    )
    later = reader.log.table.c.position > (position or 0)
    return uow.connection.scalar(sa.select(sa.func.count()).select_from(reader.log.table).where(later)) or 0
