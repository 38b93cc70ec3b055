"""Opening the database: SQLite in a file, or PostgreSQL."""

import selectors
import sqlite3
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hub.errors import BadInput
from hub.store.arrays import register_arrays
from hub.store.driver import driver_errors

BUSY_MILLISECONDS = 30_000
TRUSTED_SECONDS = 30.0
"""For how long a connection that rested is taken to be alive, when nothing says otherwise."""


def open_engine(url: str, *, pool_size: int = 8) -> sa.Engine:
    """An engine for ``sqlite:///PATH`` or ``postgresql+psycopg://…``; BadInput for anything else."""
    address = sa.make_url(url)
    if address.get_backend_name() == "sqlite":
        return _open_sqlite(address, pool_size)
    if address.get_backend_name() == "postgresql":
        return _open_postgres(address, pool_size)
    raise BadInput("bad_database_url", f"{address.drivername} is not supported.", "Use sqlite or postgresql.")


def _open_postgres(address: sa.URL, pool_size: int) -> sa.Engine:
    engine = sa.create_engine(
        address.set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=2,
        isolation_level="AUTOCOMMIT",  # units of work begin their transactions themselves
        hide_parameters=True,  # errors go to logs and admin pages, where no personal data belongs
    )

    @sa.event.listens_for(engine, "connect")
    def _configure(connection: Any, _: Any) -> None:
        register_arrays(connection)

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("hub_writes", True)
        if writes is None:  # a single query
            return
        mode = "READ COMMITTED" if writes else "REPEATABLE READ READ ONLY"
        driver: Any = connection.connection.driver_connection
        with driver_errors(connection, "BEGIN"):
            driver.execute(f"BEGIN ISOLATION LEVEL {mode}")

    @sa.event.listens_for(engine, "checkin")
    def _note_time(_: Any, record: Any) -> None:
        record.info["rested_since"] = time.monotonic()

    @sa.event.listens_for(engine, "checkout")
    def _refuse_dead(connection: Any, record: Any, _: Any) -> None:
        """Asking the server every time would be a round trip per unit of work; a closed socket tells by itself."""
        rested = time.monotonic() - record.info.get("rested_since", time.monotonic())
        if rested > TRUSTED_SECONDS or _has_news(connection):
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error:
                raise sa.exc.DisconnectionError from None

    return engine


def _has_news(connection: Any) -> bool:
    """Whether the server sent something although nothing was asked: usually, that it has closed the connection."""
    if connection.closed:
        return True
    with _Selector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        return bool(selector.select(0))


# One call of the system instead of four, where there is it.
_Selector: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.DefaultSelector)


def _open_sqlite(address: sa.URL, pool_size: int) -> sa.Engine:
    if not address.database or address.database == ":memory:":
        raise BadInput("bad_database_url", "SQLite needs a file: several processes share it.")
    Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(
        address, pool_size=pool_size, max_overflow=2, connect_args={"timeout": 30}, hide_parameters=True
    )

    @sa.event.listens_for(engine, "connect")
    def _configure(connection: Any, _: Any) -> None:
        # The driver's own transaction handling is off: with it, a released savepoint survives a rollback.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
        _switch_to_wal(cursor)
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA recursive_triggers = ON")  # or INSERT OR REPLACE slips past append_only
        cursor.execute("PRAGMA cache_size = -65536")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        # A deferred transaction that turns into a writer fails at once when another writer came first.
        writes = connection.get_execution_options().get("hub_writes", True)
        if writes is None:  # a single query
            return
        driver: Any = connection.connection.driver_connection
        with driver_errors(connection, "BEGIN"):
            driver.execute(f"PRAGMA query_only = {not writes:d}")
            driver.execute("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _switch_to_wal(cursor: sqlite3.Cursor) -> None:
    """Let readers and a writer work side by side. The first switch of a file needs it alone, and SQLite fails instead of waiting."""
    deadline = time.monotonic() + BUSY_MILLISECONDS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
