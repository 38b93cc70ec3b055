"""Databases for tests, on SQLite and on a real PostgreSQL, each a quick copy of a migrated template.

One run of pytest has one folder, shared by its workers through an environment variable. Whoever needs a template
or the server first makes it there, under a file lock.
"""

import fcntl
import os
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import psycopg
import sqlalchemy as sa

from hub.ids import new_id
from hub.store import migrate, open_engine
from tests.postgres import start_server, stop_server

Kind = Literal["sqlite", "postgres"]
MEMORY_NEEDED = 2 * 1024**3

RUN_FOLDER = "HUB_TEST_RUN_FOLDER"
RUN_PID = "HUB_TEST_RUN_PID"
OTHER_SERVER = "HUB_TEST_POSTGRES_URL"
"""An address of a PostgreSQL server to use instead, of a role that may create databases."""

_turns = threading.Lock()
_connections: dict[str, psycopg.Connection] = {}


def begin_run() -> None:
    """Make the folder of this run. For pytest's main process; the workers inherit its environment."""
    folder = tempfile.mkdtemp(prefix="hub-tests-", dir=_memory_if_there_is_some())
    Path(folder).chmod(0o711)  # PostgreSQL's user must be able to pass through
    os.environ[RUN_FOLDER] = folder
    os.environ[RUN_PID] = str(os.getpid())


def _memory_if_there_is_some() -> str | None:
    """Linux's file system in memory, where a database is made four times as fast, or None for the usual place."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > MEMORY_NEEDED else None


def end_run() -> None:
    """Stop the server that this run started, drop the template it left on another one, remove the folder."""
    folder = _run_folder()
    template = folder / "template.url"
    if OTHER_SERVER in os.environ and template.exists():
        drop_database(template.read_text())
    close_connections()
    stop_server(folder)
    shutil.rmtree(folder)


def create_database(kind: Kind, *, migrated: bool = True) -> str:
    """A database nobody else uses; its SQLAlchemy address."""
    name = f"hub_test_{new_id().replace('-', '')}"
    if kind == "sqlite":
        path = _run_folder() / f"{name}.sqlite"
        if migrated:
            shutil.copyfile(sqlite_template(), path)
        return f"sqlite:///{path}"
    template = sa.make_url(_postgres_template()).database if migrated else "template0"
    _maintain(_server(), f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    return _named(_server(), name)


def drop_database(url: str) -> None:
    """Drop a database again."""
    if url.startswith("sqlite"):
        for file in _run_folder().glob(f"{Path(sa.make_url(url).database or '').name}*"):
            file.unlink()
        return
    # FORCE: a test may have left a worker process that is still ending.
    _maintain(_server(), f'DROP DATABASE IF EXISTS "{sa.make_url(url).database}" WITH (FORCE)')


def sqlite_template() -> Path:
    """The migrated SQLite file that the others are copies of; the first to ask makes it."""
    template = _run_folder() / "template.sqlite"
    with _lock("sqlite"):
        if not template.exists():
            draft = template.with_suffix(".draft")
            draft.unlink(missing_ok=True)  # of an attempt that failed
            _migrate(f"sqlite:///{draft}")
            with sqlite3.connect(draft) as connection:
                connection.execute("PRAGMA journal_mode = DELETE")  # so that one file is the whole database
            connection.close()
            draft.rename(template)
    return template


def _server() -> str:
    """The address of the server's maintenance database; the first to ask starts the server."""
    if OTHER_SERVER in os.environ:
        return os.environ[OTHER_SERVER]
    with _lock("server"):
        made = _run_folder() / "server.url"
        if not made.exists():
            made.write_text(start_server(_run_folder(), int(os.environ[RUN_PID])))
        return made.read_text()


def _postgres_template() -> str:
    """The address of the migrated database that the others are copies of."""
    server = _server()
    with _lock("postgres"):
        made = _run_folder() / "template.url"
        if not made.exists():
            url = _named(server, f"hub_template_{new_id().replace('-', '')}")
            _maintain(server, f'CREATE DATABASE "{sa.make_url(url).database}"')
            _migrate(url)
            _connect(url).close()  # leaves what a new connection must know as a file, which each copy gets
            made.write_text(url)
        return made.read_text()


def _migrate(url: str) -> None:
    engine = open_engine(url)
    try:
        migrate(engine)
    finally:
        engine.dispose()


def _maintain(url: str, command: str) -> None:
    """Run a command on the server. By the driver itself, and by one connection: this happens twice for each test."""
    with _turns:
        if url not in _connections:
            _connections[url] = _connect(url)
        _connections[url].execute(command)


def close_connections() -> None:
    """Close what this process maintains the server with."""
    while _connections:
        _connections.popitem()[1].close()


def _connect(url: str) -> psycopg.Connection:
    plain = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


def _named(url: str, database: str) -> str:
    return sa.make_url(url).set(database=database).render_as_string(hide_password=False)


def _run_folder() -> Path:
    return Path(os.environ[RUN_FOLDER])


@contextmanager
def _lock(name: str) -> Iterator[None]:
    with (_run_folder() / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
