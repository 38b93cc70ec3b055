"""Working out what an import would write: what is new, what has changed, what is as it was."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa

from hub.network.roster.aggregates import AGGREGATES, Aggregate
from hub.network.roster.files import FILE_OF_KIND
from hub.network.roster.names import Names, external_ids
from hub.network.roster.reading import Progress
from hub.network.roster.staging import ROWS, Staging, chosen, known, to_do


@dataclass(frozen=True)
class Counts:
    """Things of one kind. ``missing`` ones are known but not in the files; they are left as they are."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    missing: int = 0


@dataclass(frozen=True)
class ImportPlan:
    """What an import would write, by kind of thing; kinds whose file is absent are left out."""

    counts: Mapping[str, Counts]

    @property
    def to_write(self) -> int:
        """How many things are new or changed."""
        return sum(counts.new + counts.changed for counts in self.counts.values())


def plan_import(staging: Staging, names: Names, progress: Progress) -> ImportPlan:
    """Compare the files' snapshots with those last applied, and list in ``to_do`` what differs, in order.

    Needs files that have been checked. Reads and writes the staging alone.
    """
    present = [aggregate for aggregate in AGGREGATES if aggregate.file in staging.present]
    sizes = [staging.count(ROWS[aggregate.file]) for aggregate in present]
    counts = {}
    for number, aggregate in enumerate(present):
        tell = partial(_tell, progress, sum(sizes[:number]), sizes[number], sum(sizes))
        counts[aggregate.kind] = _compare(staging, names, aggregate, tell)
    progress("comparing", sum(sizes), sum(sizes))
    return ImportPlan(counts)


def _tell(progress: Progress, before: int, size: int, total: int, done: int) -> None:
    progress("comparing", before + min(done, size), total)


def _compare(staging: Staging, names: Names, aggregate: Aggregate, tell: Callable[[int], None]) -> Counts:
    new = changed = unchanged = 0
    for page in aggregate.list_pages(staging):
        before = _known_hashes(staging, aggregate.kind, page)
        known_here = [name for name in page if name in before]
        said = aggregate.say(staging, names, known_here) if known_here else []
        now = {one.external_id: one.content_hash for one in said}
        different = [name for name in page if name not in before or now[name] != before[name]]
        staging.load(to_do, [(None, aggregate.kind, name, before.get(name)) for name in different])
        new += len(page) - len(known_here)
        unchanged += len(page) - len(different)
        changed += len(known_here) - (len(page) - len(different))
        tell(new + changed + unchanged)
    return Counts(new, changed, unchanged, _count_missing(staging, aggregate))


def _known_hashes(staging: Staging, kind: str, page: list[str]) -> dict[str, str]:
    staging.choose(page)
    query = sa.select(known.c.external_id, known.c.content_hash).where(known.c.kind == kind)
    found = staging.connection.execute(query.join(chosen, chosen.c.external_id == known.c.external_id))
    return dict(found.all())


def _count_missing(staging: Staging, aggregate: Aggregate) -> int:
    if FILE_OF_KIND.get(aggregate.kind) != aggregate.file:
        return 0
    in_file = sa.select(external_ids(aggregate.kind))
    missing = sa.select(sa.func.count()).select_from(known)
    query = missing.where(known.c.kind == aggregate.kind, known.c.external_id.not_in(in_file))
    return staging.connection.scalar(query) or 0
