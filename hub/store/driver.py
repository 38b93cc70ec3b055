"""The database driver itself, for the few commands that every request runs: the way through SQLAlchemy takes as long again."""

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import sqlalchemy as sa


def run_directly(connection: sa.Connection, command: str, parameters: Any = None) -> Sequence[Sequence[Any]]:
    """The rows of a command; raises what SQLAlchemy would, and tells those who listen to its queries."""
    driver = cast(Any, connection.connection.driver_connection)
    with driver_errors(connection, command):
        cursor = driver.cursor()
        for listener in connection.dispatch.before_cursor_execute:
            listener(connection, cursor, command, parameters, None, False)
        cursor.execute(command, parameters or ())
        return cast(Sequence[Sequence[Any]], cursor.fetchall())


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


def _row_of(columns: Sequence[str]) -> Callable[[Iterable[Any]], Any]:
    row: Any = namedtuple("row", columns)  # type: ignore[misc]
    return cast(Callable[[Iterable[Any]], Any], row._make)


class Question:
    """A query whose SQL is written once; of its rows there is one at most. Its parameters are texts."""

    def __init__(self, query: sa.Select[Any]) -> None:
        self._query = query
        self._make = _row_of(query.selected_columns.keys())
        self._written: dict[str, tuple[str, Sequence[str], Sequence[Callable[[Any], Any] | None]]] = {}

    def ask(self, connection: sa.Connection, **parameters: str) -> Any:
        """The row, with its columns by their names; None if there is none."""
        dialect = connection.dialect
        if dialect.name not in self._written:
            self._written[dialect.name] = self._write(dialect)
        command, order, readers = self._written[dialect.name]
        values: Any = [parameters[name] for name in order] if order else parameters
        for row in run_directly(connection, command, values):
            return self._make(
                value if read is None else read(value) for value, read in zip(row, readers, strict=True)
            )
        return None

    def _write(self, dialect: sa.Dialect) -> tuple[str, Sequence[str], Sequence[Callable[[Any], Any] | None]]:
        """The SQL, the order of its parameters where they have no names, and how the values of each column are read."""
        compiled = cast(Any, self._query.compile(dialect=dialect))
        columns = self._query.selected_columns
        readers = [c.type.dialect_impl(dialect).result_processor(dialect, None) for c in columns]
        return str(compiled), compiled.positiontup or (), readers
