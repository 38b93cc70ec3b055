"""A PostgreSQL server of the run's own, as safe as it is in production: fsync and synchronous commit on, on a disk."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hub.store import migrate, open_engine
from tests.postgres import start_server, stop_server

OPTIONS = {
    "listen_addresses": "",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "max_connections": "100",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "track_io_timing": "off",
}
"""Beyond PostgreSQL's own defaults only what every operator sets: memory, and room between checkpoints."""
SHOWN = (
    "server_version",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "shared_buffers",
    "wal_sync_method",
)


class Server:
    """The server and the databases on it."""

    def __init__(self, url: str) -> None:
        self._url = sa.make_url(url)
        self._engine = sa.create_engine(self._url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)

    def create(self, name: str, *, migrated: bool = True) -> str:
        """A new database; its SQLAlchemy address."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE template0')
        url = self._url.set(database=name).render_as_string(hide_password=False)
        if migrated:
            engine = open_engine(url)
            migrate(engine)
            engine.dispose()
        return url

    def facts(self) -> dict[str, Any]:
        """The settings that decide what a commit means."""
        with self._engine.connect() as connection:
            return {name: connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in SHOWN}


@contextmanager
def postgres_server(folder: Path) -> Iterator[Server]:
    """Run a server below ``folder`` until the block ends."""
    url = start_server(folder, os.getpid(), OPTIONS)
    try:
        yield Server(url)
    finally:
        stop_server(folder)


@contextmanager
def run_folder(parent: Path | None) -> Iterator[Path]:
    """A folder for the run, removed afterwards; PostgreSQL's user can pass through it."""
    folder = Path(tempfile.mkdtemp(prefix="hub-bench-", dir=parent))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def file_system(folder: Path) -> str:
    """Device and kind of the file system a folder is on, as Linux lists it."""
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return "unknown"
    listed = [line.split()[:3] for line in mounts.read_text().splitlines()]
    device, point, kind = max(
        (each for each in listed if folder.resolve().is_relative_to(each[1])), key=lambda each: len(each[1])
    )
    return f"{kind} on {device} at {point}"
