"""One number for the derived state: the same for the same rows, whatever their order, database or time of writing."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from hub.errors import Missing
from hub.network import tables as network
from hub.rebuild.derived import DERIVED, DerivedTable
from hub.store import UnitOfWork

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""

_BATCH = 5_000
_MODULUS = 2**256


@dataclass(frozen=True)
class TableHash:
    """One derived table: how many rows it has, and the hash of all of them (hex)."""

    name: str
    rows: int
    hash: str


def hash_state(
    uow: UnitOfWork, dimension: str | None = None, progress: Progress = lambda *_: None
) -> list[TableHash]:
    """The hash of every derived table; with a dimension only of its field, goals, sources and credits.

    Missing when there is no such dimension.
    """
    if dimension is not None:
        known = uow.connection.scalar(sa.select(network.dimension.c.key).filter_by(key=dimension))
        if known is None:
            raise Missing("no_dimension", f"There is no dimension {dimension}.")
    chosen = [table for table in DERIVED if dimension is None or table.per_dimension]
    hashes = []
    for done, table in enumerate(chosen):
        progress("hashing", done, len(chosen))
        hashes.append(hash_table(uow, table, dimension))
    progress("hashing", len(chosen), len(chosen))
    return hashes


def hash_table(uow: UnitOfWork, table: DerivedTable, dimension: str | None = None) -> TableHash:
    """The hash of one derived table: the sum of its rows' hashes, so that no order is needed."""
    total = count = 0
    for row in read_rows(uow, table, dimension):
        total += int.from_bytes(hashlib.sha256(canonical(row).encode()).digest())
        count += 1
    return TableHash(table.name, count, f"{total % _MODULUS:064x}")


def overall_hash(hashes: Iterable[TableHash]) -> str:
    """One hash of several tables (hex)."""
    lines = "".join(f"{h.name} {h.rows} {h.hash}\n" for h in sorted(hashes, key=lambda h: h.name))
    return hashlib.sha256(lines.encode()).hexdigest()


def read_rows(uow: UnitOfWork, table: DerivedTable, dimension: str | None = None) -> Iterable[sa.RowMapping]:
    """The rows of a derived table, in no order, a batch at a time."""
    result = uow.connection.execute(table.select(dimension).execution_options(yield_per=_BATCH))
    for rows in result.mappings().partitions():
        yield from rows


def canonical(row: Mapping[Any, Any]) -> str:
    """A row as the text that is hashed: the same on every database."""
    return json.dumps(dict(row), default=_plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _plain(value: object) -> str | int:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return int(str(value))  # PostgreSQL sums integers into a Decimal
