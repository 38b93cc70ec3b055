"""A connection that reaches one plugin's tables and no others; the database itself says what a statement touches.

SQLite asks before each statement runs. PostgreSQL locks every table that a statement touches until the transaction ends, so
the locks say it after each statement, before anybody gets its rows. Whoever touches another table gets nothing, and all of the
transaction is taken back. That holds as long as it is one transaction: no statement may end it, savepoints may.
"""

import re
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
SELECT l.relation, t.relname, l.virtualtransaction FROM pg_locks l LEFT JOIN ({_TABLES}) t ON t.oid = l.relation
 WHERE l.pid = pg_backend_pid() AND (l.virtualxid = l.virtualtransaction OR l.locktype = 'relation'
   AND (t.oid IS NOT NULL OR NOT EXISTS (SELECT 1 FROM pg_class c WHERE c.oid = l.relation)))
"""  # noqa: S608  (texts of ours)
"""Tables that are locked, and one row more without a table: each transaction locks its own number."""
_IN_TRANSACTION, _IN_ERROR = 2, 3
"""What libpq says of a connection (PQtransactionStatus); psycopg is not there where PostgreSQL is not used."""
_INSIDE = (_IN_TRANSACTION, _IN_ERROR)
_ENDING = re.compile(
    r"(?:\s|;|--[^\n]*(?:\n|$)|/\*.*?\*/)*"
    r"(COMMIT|END|ABORT|BEGIN|START|PREPARE\s+TRANSACTION|ROLLBACK(?!(?:\s+(?:WORK|TRANSACTION))?\s+TO\b))\b",
    re.IGNORECASE | re.DOTALL,
)
"""How a statement begins that begins or ends a transaction. What this does not know is found out after it ran."""


@contextmanager
def fenced(connection: sa.Connection, plugin: str, owns: Owns) -> Iterator[None]:
    """Let the connection's statements reach only tables that ``owns`` says are the plugin's. NotAllowed ``foreign_table``.

    NotAllowed ``ends_transaction`` for a statement that would end the transaction, which is open already.
    """
    fence = _of_sqlite if connection.dialect.name == "sqlite" else _of_postgresql
    refused: list[NotAllowed] = []
    try:
        with fence(connection, plugin, owns, refused), _one_transaction(connection, plugin, refused):
            yield
    except (sa.exc.DBAPIError, _Refused) as error:
        if refused:
            raise refused[0] from error
        raise
    if refused:  # whoever swallowed the error gets the refusal all the same
        raise refused[0]


class _Refused(Exception):
    """A statement did what it must not."""


def foreign_table(plugin: str, table: str) -> NotAllowed:
    """The refusal of a plugin that touches a table of others."""
    return NotAllowed(
        "foreign_table",
        f"The plugin {plugin} reaches for {table}, which is not one of its tables. Nothing was changed.",
        f"Names of its tables begin with plugin_{plugin}_; what else it needs, the hub hands over.",
    )


@contextmanager
def _one_transaction(connection: sa.Connection, plugin: str, refused: list[NotAllowed]) -> Iterator[None]:
    """Refuse ``connection.commit()`` and ``rollback()``. All is taken back; SQLAlchemy itself lets nothing come after."""
    driver: Any = connection.connection.driver_connection

    def commit(_: Any) -> None:
        refused.append(_ends_transaction(plugin, "commit"))
        driver.rollback()  # SQLAlchemy takes it for ended, and would not
        raise _Refused

    def rollback(_: Any) -> None:
        refused.append(_ends_transaction(plugin, "rollback"))

    with _listening(connection, commit=commit, rollback=rollback):
        yield


@contextmanager
def _listening(connection: sa.Connection, **listeners: Callable[..., None]) -> Iterator[None]:
    for event, listener in listeners.items():
        sa.event.listen(connection, event, listener)
    try:
        yield
    finally:
        for event, listener in listeners.items():
            sa.event.remove(connection, event, listener)


def _ends_transaction(plugin: str, what: str) -> NotAllowed:
    return NotAllowed(
        "ends_transaction",
        f"The plugin {plugin} begins or ends a transaction by itself ({what}).",
        "The hub does that: leave the block, or raise to take everything back. Savepoints are yours (begin_nested).",
    )


@contextmanager
def _of_sqlite(
    connection: sa.Connection, plugin: str, owns: Owns, refused: list[NotAllowed]
) -> Iterator[None]:
    driver: Any = connection.connection.driver_connection

    def allow(action: int, one: str | None, two: str | None, *_: Any) -> int:
        if action == sqlite3.SQLITE_TRANSACTION and one == "ROLLBACK" and refused:
            return sqlite3.SQLITE_OK  # nothing of it stays anyway
        if action in _HARMLESS or (action == sqlite3.SQLITE_PRAGMA and str(one).startswith(_LOOKING)):
            return sqlite3.SQLITE_OK
        name = (one, two)[_ON_TABLE[action]] if action in _ON_TABLE else None
        if name is not None and (owns(name) or name.startswith("sqlite_")):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_TRANSACTION:
            refused.append(_ends_transaction(plugin, str(one)))
        else:
            refused.append(foreign_table(plugin, name or one or two or f"action {action}"))
        return sqlite3.SQLITE_DENY

    driver.set_authorizer(allow)
    try:
        yield
    finally:
        driver.set_authorizer(None)


@contextmanager
def _of_postgresql(
    connection: sa.Connection, plugin: str, owns: Owns, refused: list[NotAllowed]
) -> Iterator[None]:
    driver: Any = connection.connection.driver_connection
    named = dict(driver.execute(_TABLES).fetchall())
    first = driver.execute(_TOUCHED).fetchall()
    before = {oid for oid, *_ in first}
    transaction = {number for *_, number in first}
    threshold = driver.prepare_threshold

    def guard(_: Any, __: Any, statement: str, *___: Any) -> None:
        if not refused and (
            _ENDING.match(statement) or driver.info.transaction_status not in _INSIDE
        ):  # outside of it each statement would commit by itself, and have no locks by the time of the look
            refused.append(_ends_transaction(plugin, statement.strip()[:40]))
        if refused:
            raise _Refused
        # Of what is prepared PostgreSQL takes one statement at a time, so that none hides behind another.
        driver.prepare_threshold = 0 if ";" in statement else threshold

    def look(*_: Any) -> None:
        if driver.info.transaction_status != _IN_TRANSACTION:
            refused.append(_ends_transaction(plugin, "it is over"))
            raise _Refused
        now = driver.execute(_TOUCHED).fetchall()
        if {number for *_, number in now} != transaction:
            refused.append(_ends_transaction(plugin, "it is another"))
        for oid, name, _ in now:
            names = [each for each in (named.get(oid), name) if each is not None]
            refused.extend(
                foreign_table(plugin, each) for each in names if oid not in before and not owns(each)
            )
        if refused:
            raise _Refused

    try:
        with _listening(connection, before_cursor_execute=guard, after_cursor_execute=look):
            yield
    finally:
        driver.prepare_threshold = threshold
