"""The database driver itself, for what every request runs: the way through SQLAlchemy takes as long again.

What SQLAlchemy would do for each execution is done once here: the SQL is written, and how values are handed to the driver and
read from it is looked up. Queries and commands are still SQLAlchemy's, so that they are the same for both databases.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar, cast

import sqlalchemy as sa

_T = TypeVar("_T")
_Rows = Sequence[Sequence[Any]]
_Processor = Callable[[Any], Any] | None


def run_directly(connection: sa.Connection, command: str, parameters: Any = None) -> _Rows:
    """The rows of a command; raises what SQLAlchemy would, and tells those who listen to its queries."""
    return _run(connection, command, parameters, _all_rows)


def _run(connection: sa.Connection, command: str, parameters: Any, take: Callable[[Any], _T]) -> _T:
    driver = cast(Any, connection.connection.driver_connection)
    with driver_errors(connection, command):
        cursor = driver.cursor()
        for listener in connection.dispatch.before_cursor_execute:
            listener(connection, cursor, command, parameters, None, False)
        cursor.execute(command, parameters or ())
        return take(cursor)


def run_many(connection: sa.Connection, command: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run a command of SQLite once for each row; raises what SQLAlchemy would, and tells those who listen to its queries."""
    driver = cast(Any, connection.connection.driver_connection)
    with driver_errors(connection, command):
        cursor = driver.cursor()
        for listener in connection.dispatch.before_cursor_execute:
            listener(connection, cursor, command, rows, None, True)
        cursor.executemany(command, rows)


def _all_rows(cursor: Any) -> _Rows:
    return cast(_Rows, cursor.fetchall())


def _row_count(cursor: Any) -> int:
    return int(cursor.rowcount)


@contextmanager
def driver_errors(connection: sa.Connection, told: str) -> Iterator[None]:
    """Raise the driver's errors as SQLAlchemy's; ``told`` is the command, in short."""
    try:
        yield
    except connection.dialect.loaded_dbapi.Error as error:
        kind = connection.dialect.loaded_dbapi.Error
        wrapped = sa.exc.DBAPIError.instance(
            told, None, error, kind, hide_parameters=True, dialect=connection.dialect
        )
        raise cast(Exception, wrapped) from error


class _Value(NamedTuple):
    """One value that a statement needs: given with each run, or else the one it was made with."""

    name: str
    process: _Processor
    is_given: bool
    fixed: Any


class _Sql(NamedTuple):
    """A statement as one database has it."""

    text: str
    values: Sequence[_Value]
    is_positional: bool


class _Written:
    """A statement whose SQL is written once for each database. What it is given are its ``sa.bindparam``.

    It has no ``in_``, whose SQL depends on how many values there are.
    """

    def __init__(self, statement: sa.Select[Any] | sa.UpdateBase) -> None:
        self._statement = statement
        self._sql: dict[str, _Sql] = {}

    def _execute(self, connection: sa.Connection, given: Mapping[str, Any], take: Callable[[Any], _T]) -> _T:
        sql = self._sql.get(connection.dialect.name) or self._write(connection.dialect)
        values = [
            value.fixed
            if not value.is_given
            else given[value.name]
            if value.process is None
            else value.process(given[value.name])
            for value in sql.values
        ]
        parameters: Any = tuple(values)
        if not sql.is_positional:
            parameters = {value.name: processed for value, processed in zip(sql.values, values, strict=True)}
        return _run(connection, sql.text, parameters, take)

    def _write(self, dialect: sa.Dialect) -> _Sql:
        compiled = cast(Any, self._statement.compile(dialect=dialect))
        order = compiled.positiontup
        values = []
        for name in compiled.params if order is None else order:
            bind = compiled.binds.get(name)
            process = bind.type.dialect_impl(dialect).bind_processor(dialect) if bind is not None else None
            is_given = bind is not None and bind.required
            fixed = None if is_given else compiled.params[name]
            if not is_given and process is not None:
                fixed = process(fixed)
            values.append(_Value(name, process, is_given, fixed))
        sql = self._sql[dialect.name] = _Sql(str(compiled), values, order is not None)
        return sql


class Question(_Written):
    """A query whose SQL is written once, or a command that answers with rows (RETURNING)."""

    def __init__(self, query: sa.Select[Any] | sa.UpdateBase) -> None:
        super().__init__(query)
        self._columns = tuple(query.exported_columns)
        self._make = _row_of([str(column.key) for column in query.exported_columns])
        self._readers: dict[str, Sequence[_Processor]] = {}

    def ask(self, connection: sa.Connection, **given: Any) -> Any:
        """The first row, with its columns by their names; None if there is none."""
        return next(iter(self.ask_all(connection, **given)), None)

    def ask_all(self, connection: sa.Connection, **given: Any) -> list[Any]:
        """All rows, with their columns by their names."""

        def read_rows(cursor: Any) -> list[Any]:
            readers = self._readers.get(connection.dialect.name)
            if readers is None:
                readers = self._find_readers(connection.dialect, cursor.description)
            return [
                self._make(
                    [value if read is None else read(value) for value, read in zip(row, readers, strict=True)]
                )
                for row in cursor.fetchall()
            ]

        return self._execute(connection, given, read_rows)

    def _find_readers(self, dialect: sa.Dialect, described: Sequence[Sequence[Any]]) -> Sequence[_Processor]:
        """How the values of each column are read, which may depend on what the driver makes of its type."""
        readers = [
            column.type.dialect_impl(dialect).result_processor(dialect, told[1])
            for column, told in zip(self._columns, described, strict=True)
        ]
        self._readers[dialect.name] = readers
        return readers


class Command(_Written):
    """An INSERT, UPDATE or DELETE whose SQL is written once."""

    def run(self, connection: sa.Connection, **given: Any) -> int:
        """How many rows it wrote."""
        return self._execute(connection, given, _row_count)


@lru_cache(maxsize=512)
def insertion(table: sa.Table, names: tuple[str, ...]) -> Command:
    """The command that inserts a row with these columns."""
    # Inline: nobody asks for what the database fills in.
    return Command(sa.insert(table).values({name: sa.bindparam(name) for name in names}).inline())


@lru_cache(maxsize=512)
def row_with(table: sa.Table, names: tuple[str, ...]) -> Question:
    """The query for the row with certain values in these columns."""
    return Question(sa.select(table).where(*(table.c[name] == sa.bindparam(name) for name in names)))


def _row_of(columns: Sequence[str]) -> Callable[[Iterable[Any]], Any]:
    row: Any = namedtuple("row", columns)  # type: ignore[misc]
    return cast(Callable[[Iterable[Any]], Any], row._make)
