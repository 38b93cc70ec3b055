"""What a list of certified people lacks or has too much: of some people, and of everybody before they are compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from hub.exports.certified import CertifiedChange, Export
from hub.exports.queue import to_compare
from hub.exports.read_certified import NOBODY, read_certified
from hub.exports.tables import export_row, of_list
from hub.store import UnitOfWork

_AT_ONCE = 200
_SHOWN = 20


@dataclass(frozen=True)
class Compared:
    """What is to be handed on, whose each row is, and of those that the list has the hashes, empty where one was refused."""

    changes: Sequence[CertifiedChange]
    owners: Mapping[str, str]
    had: Mapping[str, str]


@dataclass(frozen=True)
class ComparisonPlan:
    """What a comparison of everybody would hand on now: rows that are new, that changed, that were refused before and are
    offered again, and that go. ``first`` are some of them.
    """

    people: int
    new: int
    changed: int
    refused_before: int
    gone: int
    first: tuple[CertifiedChange, ...]


def compare_people(uow: UnitOfWork, plugin: str, export: Export, people: Sequence[str]) -> Compared:
    """What the list lacks or has too much of these. What goes comes first, so that a place is free before it is taken."""
    table = export_row
    mine = of_list(table, plugin, export.key)
    had = {
        row.id: row
        for row in uow.connection.execute(
            sa.select(table).where(mine, uow.among(table.c.person_id, people)).order_by(table.c.id)
        )
    }
    rows = {row.id: row for row in read_certified(uow, export, people)}
    hashes = {id: str(row.content_hash) for id, row in had.items()}
    gone = [CertifiedChange(id, None) for id in sorted(had) if id not in rows]
    new = [CertifiedChange(id, row) for id, row in sorted(rows.items()) if hashes.get(id) != row.hash]
    owners = {id: row.person_id for id, row in had.items()} | {id: row.person_id for id, row in rows.items()}
    return Compared([*gone, *new], owners, hashes)


def plan_comparison(uow: UnitOfWork, plugin: str, export: Export) -> ComparisonPlan:
    """What ``compare_everybody`` would have handed on if all were compared at once. Reads only."""
    count, numbers, first = (
        0,
        {"new": 0, "changed": 0, "refused_before": 0, "gone": 0},
        list[CertifiedChange](),
    )
    after = NOBODY
    while people := to_compare(uow, plugin, export.key, after, _AT_ONCE):
        found = compare_people(uow, plugin, export, people)
        for change in found.changes:
            numbers[_kind_of(change, found.had.get(change.id))] += 1
        first += found.changes[: _SHOWN - len(first)]
        count, after = count + len(people), people[-1]
    return ComparisonPlan(count, **numbers, first=tuple(first))


def _kind_of(change: CertifiedChange, had: str | None) -> str:
    if change.row is None:
        return "gone"
    if had is None:
        return "new"
    return "changed" if had else "refused_before"
