"""``hub network import``: the CSV files of a partner network into the hub."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from hub.errors import Problem
from hub.garbage import seldom_collected
from hub.ids import new_id
from hub.journal.tables import change
from hub.network import tables
from hub.network.importing.apply_import import Trial, apply_import, try_import
from hub.network.importing.plan_import import Counts, plan_import
from hub.network.importing.waiting_rows import keep_waiting
from hub.network.roster.checks import check_files
from hub.network.roster.known import copy_known
from hub.network.roster.names import read_names
from hub.network.roster.reading import Progress, read_files
from hub.network.roster.staging import open_staging
from hub.network.roster.unknown_people import NAMING, said_of, set_aside
from hub.store.statistics import count_anew

if TYPE_CHECKING:
    from hub.runtime import Hub

__all__ = ["Counts", "ImportReport", "Progress", "import_network"]

_MANY = 1_000
"""Things written by one import, from which on the database is told to look at its tables anew."""
_GROWN = (
    change,
    tables.person,
    tables.person_detail,
    tables.appointment,
    tables.appointment_brand,
    tables.roster_key,
    tables.location,
    tables.location_brand,
    tables.location_node,
    tables.attribute,
)


@dataclass(frozen=True)
class ImportReport:
    """What an import wrote, or would have written if it was a dry run.

    ``counts``: by kind of thing (dimension, brand, position, node, partner, partner_links, location, person,
    representative, identity), without kinds whose file is absent. ``warnings`` are worth a look and hindered nothing;
    ``waiting`` counts rows about people nobody knows yet (see ``hub.network.importing.waiting_rows``).
    """

    counts: Mapping[str, Counts]
    warnings: tuple[Problem, ...]
    dry_run: bool
    waiting: int = 0

    @property
    def changes(self) -> int:
        """How many things were new or changed."""
        return sum(counts.new + counts.changed for counts in self.counts.values())


def import_network(
    hub: "Hub",
    source: Path,
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
    trial: Trial | None = None,
    most_tried: int = 0,
) -> ImportReport:
    """Import the network files of a directory (see ``hub.network.roster.files``), or the sheets of an Excel workbook.

    All files are checked before anything is written: BadInput ``bad_network_files`` holds their problems with file,
    line and column, ``no_network_files`` says that there are none, ``no_workbook`` that a file is not Excel's. The same files again change nothing. Things that
    are missing from the files stay as they are; each thing that is there is taken as a whole, with all its parts.
    Rows about people nobody knows wait for them, with a warning, and are tried again with each import of their file.
    An import that was killed is finished by running it again. Conflict when another import has got in its way.

    ``progress`` is told (step, done, of): reading (bytes), checking, comparing, applying (things written for good). A dry run that would write
    ``most_tried`` things at most gives ``trial`` the unit of work in which it wrote them, and takes them back.
    """
    tell = progress or _quiet
    with seldom_collected(), _quick_turns(), open_staging() as staging:
        content_hash = read_files(staging, source, tell)
        with hub.reading() as uow:
            network = copy_known(uow, staging)
        waiting = set_aside(staging)
        check_files(staging, network, tell)
        names = read_names(staging, network.time_zones)
        names.attribute_kinds = network.attribute_kinds
        plan = plan_import(staging, names, tell)
        if not dry_run:
            run_id = _begin_run(hub, content_hash)
            apply_import(hub, staging, names, plan, tell)
            _end_run(hub, run_id, plan.counts)
            with hub.unit_of_work() as uow:
                keep_waiting(uow, NAMING.keys() & staging.present, waiting, partial(said_of, staging))
                if plan.to_write >= _MANY:
                    count_anew(uow, _GROWN)
        elif trial is not None and 0 < plan.to_write <= most_tried:
            try_import(hub, staging, names, trial)
        return ImportReport(plan.counts, tuple(staging.warnings), dry_run, len(waiting))


@contextmanager
def _quick_turns() -> Iterator[None]:
    """Let the thread that writes go on soon when the database has answered: the one that puts the next chunk together never waits."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _begin_run(hub: "Hub", content_hash: str) -> str:
    run_id = new_id()
    with hub.unit_of_work() as uow:
        values = {"id": run_id, "started_at": uow.now, "content_hash": content_hash, "counts": {}}
        uow.connection.execute(sa.insert(tables.import_run).values(**values))
    return run_id


def _end_run(hub: "Hub", run_id: str, counts: Mapping[str, Counts]) -> None:
    run = tables.import_run
    with hub.unit_of_work() as uow:
        values = {
            "finished_at": uow.now,
            "counts": {kind: asdict(of_kind) for kind, of_kind in counts.items()},
        }
        uow.connection.execute(sa.update(run).where(run.c.id == run_id).values(**values))


def _quiet(step: str, done: int, of: int) -> None:
    """Nobody wants to know."""
