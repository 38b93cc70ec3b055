"""Writing all rows of the database, plugins' too, as they were at one instant, and the files they refer to into one file."""

import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hub import __version__
from hub.errors import Conflict
from hub.store.archive import FORMAT, Manifest, TableContent, write_manifest, write_table
from hub.store.archived_files import write_files
from hub.store.blobs import BlobStore
from hub.store.plugin_tables import read_plugin_tables
from hub.store.revision import read_revision
from hub.store.types import metadata
from hub.store.unit_of_work import UnitOfWork

Progress = Callable[[str, int, int], None]
_BATCH = 5_000


def write_backup(
    uow: UnitOfWork, file: Path, key_check: str, blobs: BlobStore, progress: Progress = lambda *_: None
) -> Manifest:
    """Write a backup to ``file``, which must not exist yet; readable by its owner alone, whole or not at all.

    ``uow`` is a reading unit, which sees everything as it is at one instant, on SQLite (in WAL mode) as on PostgreSQL;
    the hub goes on working meanwhile. ``key_check`` is kept in the manifest. Attachments and course packages in a folder
    go with it; those in S3 stay there, and the manifest says so.
    """
    if file.exists():
        raise Conflict(
            "already_there", f"{file} is there already; nothing was written.", "Choose another name."
        )
    draft = file.with_name(file.name + ".part")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            with zipfile.ZipFile(opened, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
                manifest = _write(uow.connection, archive, key_check, blobs, progress)
            opened.flush()
            os.fsync(opened.fileno())
        draft.rename(file)
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def _write(
    connection: sa.Connection,
    archive: zipfile.ZipFile,
    key_check: str,
    blobs: BlobStore,
    progress: Progress,
) -> Manifest:
    schema = read_revision(connection) or ""  # the first query: what is seen from here on is this instant's
    tables = [*metadata.sorted_tables, *read_plugin_tables(connection)]
    contents = {}
    for done, table in enumerate(tables):
        progress("tables", done, len(tables))
        contents[table.name] = write_table(archive, table, _rows(connection, table))
    progress("tables", len(tables), len(tables))
    in_folder = blobs.folder is not None
    files = TableContent(*write_files(archive, blobs)) if in_folder else TableContent(0, "")
    manifest = Manifest(
        FORMAT,
        __version__,
        schema,
        connection.dialect.name,
        datetime.now(UTC).isoformat(timespec="seconds"),
        key_check,
        contents,
        files,
        "" if in_folder else blobs.place,
    )
    write_manifest(archive, manifest)
    return manifest


def _rows(connection: sa.Connection, table: sa.Table) -> Iterator[Mapping[Any, Any]]:
    """All rows in order of their key; those of a table that refers to itself, so that each comes after its parent."""
    query = sa.select(table).order_by(*table.primary_key)
    to_itself = next((c for c in table.c if any(k.column.table is table for k in c.foreign_keys)), None)
    if to_itself is None:
        for rows in connection.execute(query.execution_options(yield_per=_BATCH)).mappings().partitions():
            yield from rows
        return
    waiting = {row["id"]: row for row in connection.execute(query).mappings()}
    while waiting:
        branch = [waiting.pop(next(iter(waiting)))]
        while (parent := branch[-1][to_itself.name]) in waiting:
            branch.append(waiting.pop(parent))
        yield from reversed(branch)
