"""Opening the database: SQLite in a file, or PostgreSQL."""

import sqlite3
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hub.errors import BadInput

BUSY_MILLISECONDS = 30_000


def open_engine(url: str, *, pool_size: int = 8) -> sa.Engine:
    """An engine for ``sqlite:///PATH`` or ``postgresql+psycopg://…``; BadInput for anything else."""
    address = sa.make_url(url)
    if address.get_backend_name() == "sqlite":
        return _open_sqlite(address, pool_size)
    if address.get_backend_name() == "postgresql":
        return sa.create_engine(
            address.set(drivername="postgresql+psycopg"),
            pool_size=pool_size,
            max_overflow=2,
            pool_pre_ping=True,
            isolation_level="READ COMMITTED",
            hide_parameters=True,  # errors go to logs and admin pages, where no personal data belongs
        )
    raise BadInput("bad_database_url", f"{address.drivername} is not supported.", "Use sqlite or postgresql.")


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
        connection.exec_driver_sql(f"PRAGMA query_only = {not writes:d}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

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
