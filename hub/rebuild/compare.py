"""Comparing the derived state of two databases, table by table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.rebuild.derived import DERIVED, DerivedTable
from hub.rebuild.state_hash import Progress, canonical, hash_table, read_rows
from hub.store import UnitOfWork

EXAMPLES = 5


@dataclass(frozen=True)
class Difference:
    """How one table differs: rows only here, only there, and with the same key but other content.

    ``examples`` are a few of them in words, each with its key.
    """

    table: str
    only_live: int
    only_rebuilt: int
    changed: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.table}: {self.only_live} only live, {self.only_rebuilt} only rebuilt, {self.changed} differ"


@dataclass(frozen=True)
class Comparison:
    """What was compared: rows of the live state by table, and the tables that differ."""

    rows: Mapping[str, int]
    differences: Sequence[Difference]

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not self.differences


def compare_states(live: UnitOfWork, rebuilt: UnitOfWork, progress: Progress = lambda *_: None) -> Comparison:
    """Compare every derived table. Rows are only held in memory for tables that differ."""
    rows: dict[str, int] = {}
    differences = []
    for done, table in enumerate(DERIVED):
        progress("comparing", done, len(DERIVED))
        here, there = hash_table(live, table), hash_table(rebuilt, table)
        rows[table.name] = here.rows
        if here != there:
            differences.append(_difference(table, _by_key(live, table), _by_key(rebuilt, table)))
    progress("comparing", len(DERIVED), len(DERIVED))
    return Comparison(rows, differences)


def _by_key(uow: UnitOfWork, table: DerivedTable) -> dict[str, str]:
    return {
        canonical({name: row[name] for name in table.key}): canonical(row) for row in read_rows(uow, table)
    }


def _difference(table: DerivedTable, live: Mapping[str, str], rebuilt: Mapping[str, str]) -> Difference:
    only_live = sorted(live.keys() - rebuilt.keys())
    only_rebuilt = sorted(rebuilt.keys() - live.keys())
    changed = sorted(key for key in live.keys() & rebuilt.keys() if live[key] != rebuilt[key])
    examples = [
        *(f"only live: {live[key]}" for key in only_live[:EXAMPLES]),
        *(f"only rebuilt: {rebuilt[key]}" for key in only_rebuilt[:EXAMPLES]),
        *(f"live: {live[key]}\n  rebuilt: {rebuilt[key]}" for key in changed[:EXAMPLES]),
    ]
    return Difference(table.name, len(only_live), len(only_rebuilt), len(changed), tuple(examples))
