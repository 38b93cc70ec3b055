"""A private database for one import: the files' rows, what the hub knows already, and every problem found.

SQLite keeps it in memory while it is small and in an unnamed temporary file beyond that, so files of any size can be
checked with set-based queries, the live database is untouched, and nothing stays behind even when the import is killed.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import sqlalchemy as sa

from hub.errors import Problem
from hub.network.roster.files import FILES, NetworkFile

PROBLEMS_SHOWN = 200
_BUFFERED = 10_000
_FILE_NUMBERS = {file.name: number for number, file in enumerate(FILES)}

_metadata = sa.MetaData()

ROWS = {
    file.name: sa.Table(
        file.table,
        _metadata,
        sa.Column("line", sa.Integer, primary_key=True),
        *[sa.Column(column.name, sa.Text, nullable=False) for column in file.columns],
    )
    for file in FILES
}
"""The rows of each file by the line they begin in; an empty cell is an empty text."""

known = sa.Table(
    "known",
    _metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("external_id", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("owner_id", sa.Text, comment="partner of a person or connection, person of an appointment"),
    comment="What earlier imports brought, by the name the files use. Connections are here too, by their slug.",
    sqlite_with_rowid=False,
)
known_link = sa.Table(
    "known_link",
    _metadata,
    sa.Column("connection", sa.Text, primary_key=True),
    sa.Column("form", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("person_id", sa.Text, nullable=False),
    comment="Identities the hub knows at the connections that the files name.",
    sqlite_with_rowid=False,
)
to_do = sa.Table(
    "to_do",
    _metadata,
    sa.Column("place", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("external_id", sa.Text, nullable=False),
    sa.Column("content_hash", sa.Text, comment="of what is there now; null for what is new"),
    comment="What the import will write, in this order.",
)
chosen = sa.Table(
    "chosen",
    _metadata,
    sa.Column("external_id", sa.Text, nullable=False),
    # Without an index, so that SQLite goes through these few and looks the others up, not the other way round.
    comment="The things that are being put together.",
)
_problem = sa.Table(
    "problem",
    _metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("file", sa.Integer, nullable=False),
    sa.Column("line", sa.Integer),
    sa.Column("column", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
)


class Staging:
    """The private database.

    ``present`` holds the names of the files that were read to the end, ``unread`` those that should have been there or
    could not be read. ``called``: what whoever sent them calls the files, if it is not by their names: the sheets of a workbook.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.present: set[str] = set()
        self.unread: set[str] = set()
        self.called: dict[str, str] = {}
        self.warnings: list[Problem] = []
        self._problems: list[tuple[int, int | None, str, str]] = []

    def name_of(self, file: str) -> str:
        """What a file is called where it came from."""
        return self.called.get(file, file)

    def report(self, file: NetworkFile, message: str, line: int | None = None, column: str = "") -> None:
        """Note a problem; ``line`` counts from 1, the header's."""
        self._problems.append((_FILE_NUMBERS[file.name], line, column, message))
        if len(self._problems) >= _BUFFERED:
            self._write_problems()

    def report_rows(self, file: NetworkFile, column: str, query: sa.Select[tuple[int, str]]) -> None:
        """Note a problem with a column for each (line, message) of a query."""
        self._write_problems()
        line, message = query.selected_columns
        self.connection.execute(
            sa.insert(_problem).from_select(
                ["file", "line", "column", "message"],
                query.with_only_columns(
                    sa.literal(_FILE_NUMBERS[file.name]), line, sa.literal(column), message
                ),
            )
        )

    def problems(self) -> tuple[int, list[Problem]]:
        """How many problems there are, and the first of them in the order of files and lines."""
        self._write_problems()
        count = self.connection.scalar(sa.select(sa.func.count()).select_from(_problem)) or 0
        columns = (_problem.c.file, _problem.c.line, _problem.c.column, _problem.c.message)
        first = sa.select(*columns).order_by(*columns[:2], _problem.c.number).limit(PROBLEMS_SHOWN)
        return count, [
            Problem(message, place(self.name_of(FILES[number].name), line, column))
            for number, line, column, message in self.connection.execute(first)
        ]

    def load(self, table: sa.Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows with all columns of a table, in its order."""
        if rows:
            marks = ", ".join("?" * len(table.columns))
            self.connection.exec_driver_sql(f"INSERT INTO {table.name} VALUES ({marks})", list(rows))  # noqa: S608

    def add_index(self, table: sa.Table, *columns: str) -> None:
        """Index loaded rows, which is quicker than loading into an index."""
        name = f"ix_{table.name}_{'_'.join(columns)}"
        self.connection.exec_driver_sql(
            f"CREATE INDEX IF NOT EXISTS {name} ON {table.name} ({', '.join(columns)})"
        )

    def choose(self, external_ids: Sequence[str]) -> None:
        """Put these ids, and no others, into ``chosen``, for queries to join."""
        self.connection.execute(sa.delete(chosen))
        self.load(chosen, [(external_id,) for external_id in external_ids])

    def count(self, table: sa.Table) -> int:
        """The number of rows of a table."""
        return self.connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0

    def _write_problems(self) -> None:
        rows = [(None, *problem) for problem in self._problems]
        self.load(_problem, rows)
        self._problems.clear()


def text(*parts: str | sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """The parts in a row, as an expression."""
    whole: sa.ColumnElement[str] = sa.literal("")
    for part in parts:
        whole = whole.concat(part)
    return whole


def place(file: str, line: int | None = None, column: str = "") -> str:
    """``people.csv:17:email``, or less of it."""
    return ":".join(str(part) for part in (file, line, column) if part)


@contextmanager
def open_staging() -> Iterator[Staging]:
    """A new private database, gone when the block ends."""
    with _engine().connect() as connection:
        # The file is thrown away in any case, so it needs neither a journal nor the disk's word.
        for setting in (
            "journal_mode = OFF",
            "synchronous = OFF",
            "temp_store = FILE",
            "cache_size = -131072",
        ):
            connection.exec_driver_sql(f"PRAGMA {setting}")
        connection.exec_driver_sql("BEGIN")
        _metadata.create_all(connection)
        yield Staging(connection)


@cache
def _engine() -> sa.Engine:
    return sa.create_engine("sqlite://", creator=_connect, poolclass=sa.NullPool)


def _connect() -> sqlite3.Connection:
    # An empty name is SQLite's way to ask for a private database on disk. One thread speaks to it at a time, not always
    # the same.
    return sqlite3.connect("", isolation_level=None, check_same_thread=False)
