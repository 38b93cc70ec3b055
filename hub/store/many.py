"""Many rows and many values in one statement: what makes a batch cheap on PostgreSQL.

There a row costs a tenth when it comes by COPY, and a list of values is one array instead of a parameter each: the text of
the statement stays the same, so that it is parsed and planned once. SQLite runs in this process and needs neither.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from hub.store.arrays import Array, texts, uuids
from hub.store.copied import lines_of, written_as
from hub.store.driver import driver_errors, run_many
from hub.store.types import Id

if TYPE_CHECKING:
    import psycopg

FEW = 8
"""So few rows are inserted as quickly the usual way."""
_BLOCK = 1_000


def can_be_copied(statement: sa.Executable, rows: Sequence[Mapping[str, object]]) -> bool:
    """Whether rows go into their table as they are: a plain INSERT, with the same columns in every row."""
    return (
        len(rows) > FEW
        and type(statement) is sa.Insert
        and isinstance(statement.table, sa.Table)
        and not statement._returning
        and statement.select is None
        and statement._values is None
        and set(map(len, rows)) == {len(rows[0])}  # that it is the same columns is seen when they are written
        and all(column.default is None or column.name in rows[0] for column in statement.table.c)
    )


def copy_rows(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, object]]) -> None:
    """COPY rows, all with the same columns, into a table of PostgreSQL; raises what an INSERT would."""
    from psycopg import sql

    names = list(rows[0])
    command = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    columns = [(name, written_as(table.c[name].type)) for name in names]
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    told = f"COPY {table.name}"
    with driver_errors(connection, told), driver.cursor() as cursor, cursor.copy(command) as copy:
        for start in range(0, len(rows), _BLOCK):
            copy.write(lines_of(rows[start : start + _BLOCK], columns))


def insert_many(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows, all with the same columns, into a table of SQLite: by its driver, which takes them at once."""
    names = list(rows[0])
    marks = ", ".join("?" * len(names))
    quoted = ", ".join(map(connection.dialect.identifier_preparer.quote, names))
    command = f"INSERT INTO {table.name} ({quoted}) VALUES ({marks})"  # noqa: S608
    columns = [(name, _processor(table.c[name].type, connection.dialect)) for name in names]
    values = [
        [row[name] if process is None else process(row[name]) for name, process in columns] for row in rows
    ]
    run_many(connection, command, values)


def insert_new(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, all with the same columns; those that break a unique constraint are left out in silence."""
    if connection.dialect.name == "sqlite":
        connection.execute(sqlite.insert(table).on_conflict_do_nothing(), rows)
        return
    names = list(rows[0])
    # The whole batch is one value, whose rows the database unpacks by the types of the table.
    unpacked = sa.func.json_populate_recordset(
        sa.text(f"NULL::{table.name}"), sa.cast(sa.bindparam("rows"), sa.Text).op("::")(sa.text("json"))
    ).table_valued(*(sa.column(name, table.c[name].type) for name in names))
    connection.execute(
        postgresql.insert(table)
        .from_select(names, sa.select(*(unpacked.c[name] for name in names)))
        .on_conflict_do_nothing(),
        {"rows": json.dumps(rows, default=_as_text)},
    )


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")


class _AsSent(sa.types.UserDefinedType[Array]):
    """A value in the form of the wire already."""

    cache_ok = True


def among(
    column: sa.ColumnElement[Any], values: Collection[Any], *, is_sqlite: bool
) -> sa.ColumnElement[bool]:
    """Whether a column has one of many values."""
    if is_sqlite:
        return column.in_(values)
    listed_as = postgresql.ARRAY(column.type)
    if isinstance(column.type, Id):
        return column == sa.any_(sa.cast(sa.bindparam(None, uuids(list(values)), _AsSent()), listed_as))
    if isinstance(column.type, sa.String):
        sent = sa.bindparam(None, texts(values), _AsSent())
        return column == sa.any_(sa.cast(sent, postgresql.ARRAY(sa.Text)))
    return column == sa.any_(sa.literal(list(values), listed_as))


def listed(
    columns: Mapping[str, sa.types.TypeEngine[Any]], rows: Collection[Sequence[Any]], *, is_sqlite: bool
) -> sa.FromClause:
    """Rows of this process as a table to join with. On SQLite only for values that JSON has."""
    if is_sqlite:
        each = sa.func.json_each(json.dumps(list(rows))).table_valued("value")
        picked = [
            sa.type_coerce(sa.func.json_extract(each.c.value, f"$[{place}]"), kind).label(name)
            for place, (name, kind) in enumerate(columns.items())
        ]
        return sa.select(*picked).subquery()
    values = zip(*rows, strict=True) if rows else [() for _ in columns]
    arrays = [
        sa.literal(list(each), postgresql.ARRAY(kind))
        for each, kind in zip(values, columns.values(), strict=True)
    ]
    names = [sa.column(name, kind) for name, kind in columns.items()]
    return sa.func.unnest(*arrays).table_valued(*names).render_derived()


def _processor(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Callable[[Any], Any] | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)
