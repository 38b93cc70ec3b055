"""What importing network files would do to goals: what they say is written, looked at and taken back, in one unit of work."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from hub.audiences.assigning.read_facts import read_facts
from hub.audiences.assigning.reassign import people_touched
from hub.audiences.plans.diff import Effects, Outcome
from hub.audiences.plans.effects import Reckoning
from hub.audiences.rules.reach import CHUNK
from hub.journal.tables import change
from hub.network.importing.import_network import ImportReport, Progress, import_network
from hub.store import UnitOfWork

if TYPE_CHECKING:
    from hub.runtime import Hub

MOST = 5_000
"""Things written, and people whose goals are worked out: of so many at most an import is tried."""


@dataclass(frozen=True)
class ImportPlan:
    """What an import would write, for how many people goals are worked out anew, and what becomes of these; None where they are too many."""

    report: ImportReport
    people: int | None
    effects: Effects | None


def plan_network_files(hub: "Hub", source: Path, progress: Progress | None = None) -> ImportPlan:
    """What ``import_network`` would do; raises what it raises. While it is tried, nobody else changes the network."""
    with hub.reading() as uow:
        last = uow.connection.scalar(sa.select(sa.func.max(change.c.position))) or 0
    found: list[tuple[int | None, Effects | None]] = []
    report = import_network(
        hub,
        source,
        dry_run=True,
        progress=progress,
        trial=lambda uow: found.append(_effects(hub, uow, last)),
        most_tried=MOST,
    )
    if not report.changes:
        return ImportPlan(report, 0, Effects(outcome=Outcome()))
    people, effects = found[0] if found else (None, None)
    return ImportPlan(report, people, effects)


def _effects(hub: "Hub", uow: UnitOfWork, last: int) -> tuple[int | None, Effects | None]:
    """Of whoever is touched by the changes after a position, which are those of this unit."""
    rows = uow.connection.execute(
        sa.select(change).where(change.c.position > last).order_by(change.c.position)
    ).all()
    people, found = people_touched(uow, rows)
    for query in found:
        some_more = query.distinct().limit(MOST + 1)
        people.update(uow.connection.scalars(some_more))
        if len(people) > MOST:
            return None, None
    if len(people) > MOST:
        return len(people), None
    ids = sorted(people)
    reckoning = Reckoning(uow, ())
    with hub.reading() as before:
        for start in range(0, len(ids), CHUNK):
            some = ids[start : start + CHUNK]
            reckoning.add(some, read_facts(before, some), read_facts(uow, some))
    return len(ids), reckoning.result()
