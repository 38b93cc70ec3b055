"""Setting rows aside that are about people nobody knows: they wait for these, and hinder nothing else.

A row that names somebody who is known, but not in these files although it should be, is a problem as before: so is what is
wrong with a row for any other reason once its person is known.
"""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from hub.errors import Problem
from hub.network.roster.staging import ROWS, Staging, chosen, known, place

NAMING = {
    "appointments.csv": ("person_id",),
    "representatives.csv": ("person_id",),
    "managers.csv": ("manager_id", "person_id"),
    "attributes.csv": ("subject_id",),
    "identities.csv": ("person_id",),
}
"""Files whose rows wait, and the columns in which they name people."""
APPOINTMENTS = {"managers.csv": "appointment_id", "attributes.csv": "subject_id"}
"""Columns in which they name an appointment, which may be waiting itself."""
OWNER = {
    "appointments.csv": "person_id",
    "representatives.csv": "person_id",
    "managers.csv": "manager_id",
    "attributes.csv": "subject_id",
    "identities.csv": "person_id",
}
"""The column that names what a row is a part of: files give that as a whole."""
_PERSONAL = {("identities.csv", "subject")}
"""Cells that are not kept: who waits is nobody yet whose data could be looked after."""


@dataclass(frozen=True)
class Waiting:
    """One row that was set aside. ``person``: whom it waits for, as the file calls them."""

    file: str
    line: int
    column: str
    person: str
    cells: dict[str, str]


def set_aside(staging: Staging) -> list[Waiting]:
    """Take such rows out of the files that were read, with a warning for each; none while who is in the files is unsure."""
    if "people.csv" in staging.unread:
        return []
    found: list[Waiting] = []
    for file, columns in NAMING.items():
        if file in staging.present:
            for column in columns:
                found += _take(staging, file, column, _is_unknown(file, column), {})
    waiting = {row.cells["appointment_id"]: row.person for row in found if row.file == "appointments.csv"}
    for file, column in APPOINTMENTS.items():
        if file in staging.present and waiting:
            rows = ROWS[file]
            about = rows.c.subject == "appointment" if column == "subject_id" else sa.true()
            named = sa.and_(about, rows.c[column].in_(sorted(waiting)))
            found += _take(staging, file, column, named, waiting)
    staging.warnings += [
        Problem(
            f'waits: nobody knows a person "{row.person}" yet',
            place(staging.name_of(row.file), row.line, row.column),
        )
        for row in found
    ]
    return found


def said_of(staging: Staging, file: str, owners: Collection[str]) -> set[str]:
    """Those of these owners of whom a file says something, or who come with these files themselves."""
    staging.choose(sorted(owners))
    named = ((file, OWNER[file]), ("people.csv", "person_id"), ("appointments.csv", "appointment_id"))
    found: set[str] = set()
    for name, column in named:
        cell = ROWS[name].c[column]
        query = sa.select(chosen.c.external_id).join(ROWS[name], cell == chosen.c.external_id).distinct()
        found.update(staging.connection.scalars(query))
    return found


def _is_unknown(file: str, column: str) -> sa.ColumnElement[bool]:
    rows, people = ROWS[file], ROWS["people.csv"]
    about = rows.c.subject == "person" if column == "subject_id" else rows.c[column] != ""
    return sa.and_(
        about,
        ~sa.exists().where(people.c.person_id == rows.c[column]),
        ~sa.exists().where(known.c.kind == "person", known.c.external_id == rows.c[column]),
    )


def _take(
    staging: Staging, file: str, column: str, which: sa.ColumnElement[bool], owners: dict[str, str]
) -> list[Waiting]:
    rows = ROWS[file]
    staging.add_index(ROWS["people.csv"], "person_id")
    taken = staging.connection.execute(sa.select(rows).where(which).order_by(rows.c.line)).all()
    if taken:
        lines = [row.line for row in taken]
        for start in range(0, len(lines), 500):
            chunk = rows.c.line.in_(lines[start : start + 500])
            staging.connection.execute(sa.delete(rows).where(chunk))
    found = []
    for row in taken:
        cells = {
            name: str(value)
            for name, value in row._mapping.items()
            if name != "line" and (file, name) not in _PERSONAL
        }
        person = owners.get(cells[column], cells[column])
        found.append(Waiting(file, row.line, column, person, cells))
    return found
