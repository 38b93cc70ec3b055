"""A connection that reaches one plugin's tables and no others; the database itself says what a statement touches.

SQLite asks before each statement runs. PostgreSQL locks every table that a statement touches until the transaction ends, so
the locks say it after each statement, before anybody gets its rows. Whoever touches another table gets nothing, and all of the
transaction is taken back.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from hub.errors import NotAllowed

Owns = Callable[[str], bool]
_ON_TABLE = {
    sqlite3.SQLITE_READ: 0,
    sqlite3.SQLITE_INSERT: 0,
    sqlite3.SQLITE_UPDATE: 0,
    sqlite3.SQLITE_DELETE: 0,
    sqlite3.SQLITE_CREATE_TABLE: 0,
    sqlite3.SQLITE_DROP_TABLE: 0,
    sqlite3.SQLITE_ANALYZE: 0,
    sqlite3.SQLITE_CREATE_INDEX: 1,
    sqlite3.SQLITE_DROP_INDEX: 1,
    sqlite3.SQLITE_ALTER_TABLE: 1,
}
"""What is done to a table, and in which argument its name stands (SQLite, "Authorizer Action Codes")."""
_HARMLESS = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_TRANSACTION,
    sqlite3.SQLITE_SAVEPOINT,
    sqlite3.SQLITE_RECURSIVE,
    sqlite3.SQLITE_REINDEX,
}
_LOOKING = ("table_", "index_", "foreign_key_list")
"""Pragmas that describe tables."""
_TABLES = """
SELECT c.oid, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema') AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
"""
_TOUCHED = f"""
SELECT l.relation, t.relname FROM pg_locks l LEFT JOIN ({_TABLES}) t ON t.oid = l.relation
 WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation'
   AND (t.oid IS NOT NULL OR NOT EXISTS (SELECT 1 FROM pg_class c WHERE c.oid = l.relation))
"""  # noqa: S608  (texts of ours)


@contextmanager
def fenced(connection: sa.Connection, plugin: str, owns: Owns) -> Iterator[None]:
    """Let the connection's statements reach only tables that ``owns`` says are the plugin's. NotAllowed ``foreign_table``."""
    fence = _of_sqlite if connection.dialect.name == "sqlite" else _of_postgresql
    refused: list[str] = []
    try:
        with fence(connection, owns, refused):
            yield
    except sa.exc.DBAPIError as error:
        if refused:
            raise foreign_table(plugin, refused[0]) from error
        raise
    except _Touched as error:
        raise foreign_table(plugin, refused[0]) from error
    if refused:  # whoever swallowed the error gets the refusal all the same
        raise foreign_table(plugin, refused[0])


class _Touched(Exception):
    """A statement touched a table of others."""


def foreign_table(plugin: str, table: str) -> NotAllowed:
    """The refusal of a plugin that touches a table of others."""
    return NotAllowed(
        "foreign_table",
        f"The plugin {plugin} reaches for {table}, which is not one of its tables. Nothing was changed.",
        f"Names of its tables begin with plugin_{plugin}_; what else it needs, the hub hands over.",
    )


@contextmanager
def _of_sqlite(connection: sa.Connection, owns: Owns, refused: list[str]) -> Iterator[None]:
    driver: Any = connection.connection.driver_connection

    def allow(action: int, one: str | None, two: str | None, *_: Any) -> int:
        if action in _HARMLESS or (action == sqlite3.SQLITE_PRAGMA and str(one).startswith(_LOOKING)):
            return sqlite3.SQLITE_OK
        name = (one, two)[_ON_TABLE[action]] if action in _ON_TABLE else None
        if name is not None and (owns(name) or name.startswith("sqlite_")):
            return sqlite3.SQLITE_OK
        refused.append(name or one or two or f"action {action}")
        return sqlite3.SQLITE_DENY

    driver.set_authorizer(allow)
    try:
        yield
    finally:
        driver.set_authorizer(None)


@contextmanager
def _of_postgresql(connection: sa.Connection, owns: Owns, refused: list[str]) -> Iterator[None]:
    driver: Any = connection.connection.driver_connection
    named = dict(driver.execute(_TABLES).fetchall())
    before = {oid for oid, _ in driver.execute(_TOUCHED).fetchall()}

    def look(*_: Any) -> None:
        for oid, name in driver.execute(_TOUCHED).fetchall():
            names = [each for each in (named.get(oid), name) if each is not None]
            refused.extend(each for each in names if oid not in before and not owns(each))
        if refused:
            raise _Touched(refused[0])

    sa.event.listen(connection, "after_cursor_execute", look)
    try:
        yield
    finally:
        sa.event.remove(connection, "after_cursor_execute", look)
