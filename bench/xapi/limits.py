"""Bare programs that write the rows the hub wrote: one connection, no HTTP, no validation, one transaction a batch."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import sql

from bench.xapi import reference

OWN = ("statement_id", "statement", "statement_term", "voiding", "statement_attachment")
"""The hub's tables that hold statements, in the order in which they are written; those of them that exist."""

Rows = Mapping[str, list[tuple[Any, ...]]]


class Limit:
    """Two databases: one with the hub's own schema, one with the reference; both get what the hub has just stored."""

    def __init__(self, hub_url: str, own_url: str, reference_url: str) -> None:
        self._hub = _connect(hub_url)
        self._own = _connect(own_url)
        self._reference = _connect(reference_url)
        self._reference.execute(reference.SCHEMA)
        self._columns = {name: columns for name in OWN if (columns := _columns(self._hub, name))}

    def close(self) -> None:
        """Give the connections back."""
        for connection in (self._hub, self._own, self._reference):
            connection.close()

    def measure(self, after: int, size: int, at_most: int) -> tuple[float, float]:
        """Statements a second into the own and into the reference schema, of those the hub stored after a position."""
        statements = self._hub.execute(
            "SELECT position, id, stored, payload FROM statement WHERE position > %s ORDER BY position LIMIT %s",
            (after, at_most),
        ).fetchall()
        batches = [statements[start : start + size] for start in range(0, len(statements), size)]
        own = [self._own_rows(batch[0][0], batch[-1][0]) for batch in batches]
        own_rate = len(statements) / copy_batches(self._own, self._columns, own)
        others = [reference.reference_rows([row[1:] for row in batch]) for batch in batches]
        return own_rate, len(statements) / copy_batches(self._reference, reference.TABLES, others)

    def last_position(self) -> int:
        """The position of the newest statement of the hub."""
        row = self._hub.execute("SELECT coalesce(max(position), 0) FROM statement").fetchone()
        assert row is not None
        return int(row[0])

    def _own_rows(self, first: int, last: int) -> dict[str, list[tuple[Any, ...]]]:
        found = {}
        for name, columns in self._columns.items():
            where = "position BETWEEN %s AND %s" if "position" in columns else "false AND %s = %s"
            query = sql.SQL("SELECT {} FROM {} WHERE " + where).format(_names(columns), sql.Identifier(name))
            found[name] = self._hub.execute(query, (first, last)).fetchall()
        return found


def copy_batches(
    connection: "psycopg.Connection[tuple[Any, ...]]",
    columns: Mapping[str, Sequence[str]],
    batches: Sequence[Rows],
) -> float:
    """Seconds to COPY batches of rows, each in one transaction."""
    commands = {
        name: sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(name), _names(names))
        for name, names in columns.items()
    }
    started = time.monotonic()
    for batch in batches:
        with connection.transaction(), connection.cursor() as cursor:
            for name, command in commands.items():
                if batch[name]:
                    with cursor.copy(command) as copy:
                        for row in batch[name]:
                            copy.write_row(row)
    return time.monotonic() - started


def _names(columns: Sequence[str]) -> sql.Composable:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _columns(connection: "psycopg.Connection[tuple[Any, ...]]", table: str) -> tuple[str, ...]:
    rows = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position",
        (table,),
    )
    return tuple(row[0] for row in rows)


def _connect(url: str) -> "psycopg.Connection[tuple[Any, ...]]":
    address = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(address, autocommit=True)
