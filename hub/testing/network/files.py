"""The CSV files of a network: their names, their columns, and how rows get into them.

All files are UTF-8 with a header row, commas and bare line feeds; dates are YYYY-MM-DD, an empty date is open, and lists
are separated by semicolons.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "partners.csv": ("partner_id", "name", "kinds"),
    "partner_links.csv": ("upstream_id", "downstream_id", "kind", "valid_from", "valid_to"),
    "brands.csv": ("brand_id", "name"),
    "dimensions.csv": ("dimension_id", "name"),
    "nodes.csv": ("dimension_id", "node_id", "name", "parent_id"),
    "positions.csv": ("position_id", "title", "family"),
    "locations.csv": (
        "location_id",
        "partner_id",
        "name",
        "city",
        "country",
        "time_zone",
        "opened",
        "closed",
    ),
    "location_brands.csv": ("location_id", "brand_id", "activity", "valid_from", "valid_to"),
    "location_nodes.csv": ("location_id", "dimension_id", "node_id", "valid_from", "valid_to"),
    "people.csv": ("person_id", "partner_id", "given_name", "family_name", "email", "locale"),
    "appointments.csv": (
        "appointment_id",
        "person_id",
        "location_id",
        "position_id",
        "audience_class",
        "brands",
        "valid_from",
        "valid_to",
    ),
    "representatives.csv": (
        "person_id",
        "dimension_id",
        "node_id",
        "location_id",
        "valid_from",
        "valid_to",
    ),
    "identities.csv": ("person_id", "connection", "form", "subject"),
}

Row = Sequence[str]


class _Writer(Protocol):
    def writerows(self, rows: Iterable[Row], /) -> object: ...


class NetworkFiles:
    """All files of one network, open for writing; what stood in them before is replaced.

    Rows go to disk as they come, so that a network of any size needs no memory here. ``counts`` holds the rows
    written so far, per file.
    """

    def __init__(self, out: Path) -> None:
        self.counts = dict.fromkeys(COLUMNS, 0)
        self._writers: dict[str, _Writer] = {}
        self._files = ExitStack()
        out.mkdir(parents=True, exist_ok=True)
        with ExitStack() as opened:
            for name, columns in COLUMNS.items():
                file = opened.enter_context((out / name).open("w", encoding="utf-8", newline=""))
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(columns)
                self._writers[name] = writer
            self._files = opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.close()

    def write(self, name: str, rows: Sequence[Row]) -> None:
        """Write rows whose cells are in the order of ``COLUMNS[name]``."""
        self._writers[name].writerows(rows)
        self.counts[name] += len(rows)


def append_rows(out: Path, file: str, rows: Iterable[Mapping[str, str]]) -> int:
    """Append rows to a file of the network in ``out``, and return how many.

    The header must be the one in ``COLUMNS``, and every row must have exactly its columns, in any order; otherwise
    ValueError says what is wrong in which row, and nothing is written. FileNotFoundError if there is no such file.
    """
    path = out / file
    with path.open(encoding="utf-8", newline="") as existing:
        header = next(csv.reader(existing), [])
    if tuple(header) != COLUMNS.get(file):
        raise ValueError(f"{file}: the header is {header}, which is none of a network's files")
    lines = [_cells(header, row, f"{file}, new row {n}") for n, row in enumerate(rows, 1)]
    with path.open("a", encoding="utf-8", newline="") as grown:
        csv.writer(grown, lineterminator="\n").writerows(lines)
    return len(lines)


def _cells(header: Sequence[str], row: Mapping[str, str], place: str) -> list[str]:
    missing = [column for column in header if column not in row]
    unknown = [column for column in row if column not in header]
    if missing or unknown:
        raise ValueError(f"{place}: missing columns {missing}, unknown columns {unknown}")
    return [row[column] for column in header]
