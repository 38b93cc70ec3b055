"""A small network as CSV files, to be changed by tests."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa

from hub.journal.tables import change
from hub.network import tables
from hub.network.roster.files import FILES
from hub.runtime import Hub
from hub.store import UnitOfWork, metadata

SPARE = {"nodes.csv": 4, "representatives.csv": 6, "attribute_kinds.csv": 5}
"""Files whose last columns may be left out: how many must be there."""
COLUMNS = {file.name: [column.name for column in file.columns] for file in FILES}

SMALL = {
    "partners.csv": ["P1,Riverside Group,sell;service", "P2,Orvantis Works,make"],
    "partner_links.csv": ["P2,P1,distributor,2015-01-01,"],
    "brands.csv": ["A,Avelora", "B,Brundvik", "C,Corvantis"],
    "dimensions.csv": ["sales,Sales", "service,Service"],
    "nodes.csv": [
        "sales,world,Sales worldwide,",
        "sales,north,Sales North,world",
        "sales,city,Sales City,north",
        "sales,south,Sales South,world",
        "service,world,Service worldwide,",
    ],
    "positions.csv": ["tech,Service Technician,service", "seller,Salesperson,sales"],
    "locations.csv": [
        "L1,P1,Riverside,New York,US,America/New_York,2015-01-01,",
        "L2,P1,Lakeside,Rome,IT,Europe/Rome,2010-06-01,2030-01-01",
        "L3,P2,Head office,Rome,IT,Europe/Rome,,",
    ],
    "location_brands.csv": [
        "L1,A,sell,2015-01-01,",
        "L1,A,service,2015-01-01,",
        "L1,B,service,2016-01-01,2024-01-01",
        "L1,B,service,2025-01-01,",
        "L2,B,sell,,",
        "L3,A,make,,",
    ],
    "location_nodes.csv": [
        "L1,sales,city,2015-01-01,",
        "L1,service,world,,",
        "L2,sales,south,2010-06-01,2030-01-01",
    ],
    "people.csv": [
        "U1,P1,Lena,Okafor,lena.okafor@riverside.example,en-US",
        "U2,P1,Marco,Conti,,it-IT",
        "U3,P2,Suda,Wong,suda@orvantis.example,en",
    ],
    "appointments.csv": [
        "A1,U1,L1,tech,external,A;B,2020-05-03,",
        "A2,U1,L2,seller,external,B,2021-01-01,2022-01-01",
        "A3,U2,L2,seller,external,,2019-01-01,",
        "A4,U3,L3,seller,internal,A,,",
    ],
    "representatives.csv": ["U3,sales,north,,2020-01-01,", "U3,service,,L1,2020-01-01,2027-01-01"],
}


class SmallNetwork:
    """The rows of each file as lines of text. A file without an entry is not written."""

    def __init__(self) -> None:
        self.files = {name: list(rows) for name, rows in SMALL.items()}

    def only(self, *names: str) -> Self:
        """Leave out all other files."""
        self.files = {name: rows for name, rows in self.files.items() if name in names}
        return self

    def add(self, name: str, *rows: str) -> Self:
        """Add rows at the end."""
        self.files.setdefault(name, []).extend(rows)
        return self

    def replace(self, name: str, old: str, new: str = "") -> Self:
        """Put another row into the place of the one that begins with ``old``, or remove it."""
        rows = self.files[name]
        place = next(n for n, row in enumerate(rows) if row.startswith(old))
        rows[place : place + 1] = [new] if new else []
        return self

    def write(self, folder: Path) -> Path:
        """Write the files into a folder, which then holds no others."""
        folder.mkdir(exist_ok=True)
        for old in folder.glob("*.csv"):
            old.unlink()
        for name, rows in self.files.items():
            columns = COLUMNS[name]
            if name in SPARE:
                width = max([SPARE[name], *(row.count(",") + 1 for row in rows)])
                columns = columns[:width]
                rows = [row + "," * (width - 1 - row.count(",")) for row in rows]
            lines = [",".join(columns), *rows]
            (folder / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return folder


def read_csv(path: Path) -> list[dict[str, str]]:
    """The rows of a file."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def network_tables() -> list[sa.Table]:
    """The tables of people and companies."""
    return [table for table in vars(tables).values() if isinstance(table, sa.Table)]


def contents(hub: Hub, left_out: Iterable[str] = ()) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every network table, sorted."""
    with hub.reading() as uow:
        return {t.name: _rows(uow, t) for t in network_tables() if t.name not in left_out}


def counts(hub: Hub) -> dict[str, int]:
    """The number of rows of every table of the hub."""
    with hub.reading() as uow:
        count = sa.select(sa.func.count())
        return {t.name: uow.connection.scalar(count.select_from(t)) or 0 for t in metadata.sorted_tables}


def _rows(uow: UnitOfWork, table: sa.Table) -> list[tuple[object, ...]]:
    rows = [tuple(row) for row in uow.connection.execute(sa.select(table))]
    return sorted(rows, key=lambda row: [str(value) for value in row])


def journal(hub: Hub, after: int = 0) -> list[Any]:
    """Position, kind, subject and body of each change after a position."""
    columns = (change.c.position, change.c.kind, change.c.subject_id, change.c.body)
    with hub.reading() as uow:
        rows = uow.connection.execute(
            sa.select(*columns).where(change.c.position > after).order_by(change.c.position)
        )
        return list(rows)
