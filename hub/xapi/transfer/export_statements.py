"""Exporting statements into a folder, in files of many each; a killed export goes on where its manifest says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hub.errors import BadInput
from hub.journal import STATEMENTS
from hub.journal.tables import statement
from hub.network.systems.connections import find_connection
from hub.network.tables import connection
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.store.blobs import BlobStore
from hub.xapi.forward.filters import StatementFilter
from hub.xapi.forward.select import select_stretch
from hub.xapi.storing.attachments import StoredFile, find_files
from hub.xapi.transfer.formats import PARQUET, Rows, Writer, need_pyarrow, open_writer
from hub.xapi.transfer.manifest import (
    ATTACHMENTS,
    ExportedFile,
    ExportFolder,
    opened_folder,
    settle,
    sha256_of,
)

STATEMENTS_PER_FILE = 50_000
AT_ONCE = 1_000
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class ExportOptions:
    """What goes out: statements that pass the filter, of some connections (slugs; none for all), stored in [since, until)."""

    format: str
    filter: StatementFilter = field(default_factory=StatementFilter)
    connections: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    attachments: bool = False
    per_file: int = STATEMENTS_PER_FILE

    def asked(self) -> dict[str, Any]:
        """As the manifest keeps it."""
        return {
            **self.filter.to_json(),
            "connections": list(self.connections),
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
            "attachments": self.attachments,
        }


@dataclass(frozen=True)
class ExportReport:
    """What a run added, and what there is in the folder now. ``position`` is how far the journal was read."""

    statements: int
    files: int
    total: int
    position: int


def export_statements(
    hub: Hub, path: Path, options: ExportOptions, progress: Progress = lambda *_: None
) -> ExportReport:
    """Write what is there and not in the folder yet; the same again later adds what came since.

    Missing ``no_connection`` for unknown slugs, HubError ``no_pyarrow``, and as ``opened_folder`` raises.
    """
    if options.format == PARQUET:
        need_pyarrow()
    if options.per_file < 1:
        raise BadInput("bad_options", "A file must hold at least one statement.")
    with hub.reading() as uow:
        end = STATEMENTS.safe_position(uow)
        where = _where(uow, options)
    with opened_folder(path, options.format, options.asked()) as folder:
        before = folder.manifest
        run = _Run(hub, folder, options, where, end, progress)
        while folder.manifest.position < end:
            run.write_file()
        after = folder.manifest
    return ExportReport(
        after.statements - before.statements,
        len(after.files) - len(before.files),
        after.statements,
        after.position,
    )


@dataclass
class _Run:
    hub: Hub
    folder: ExportFolder
    options: ExportOptions
    where: sa.ColumnElement[bool]
    end: int
    progress: Progress

    def write_file(self) -> None:
        """Fill one file, and enter it in the manifest when it is whole."""
        start = position = self.folder.manifest.position
        part = self.folder.path / f"statements-{start + 1:012}-{0:012}.{self.options.format}.part"
        writer: Writer | None = None
        first = last = count = 0
        try:
            while position < self.end and count < self.options.per_file:
                rows, files, position = self._read(position, min(AT_ONCE, self.options.per_file - count))
                if rows:
                    writer = writer or open_writer(self.options.format, part)
                    writer.write(rows)
                    first, last, count = first or rows[0].position, rows[-1].position, count + len(rows)
                for attached in files:
                    _copy_file(self.hub.blobs, attached, self.folder.path / ATTACHMENTS)
                self.progress("statements read", position, self.end)
        finally:
            if writer:
                writer.close()
        file = self._settle(part, first, last, count) if writer else None
        self.folder.save(self.folder.manifest.with_file(file, position))

    def _read(self, after: int, limit: int) -> tuple[Rows, list[StoredFile], int]:
        with self.hub.reading() as uow:
            stretch = select_stretch(uow, self.options.filter, after, self.end, only=self.where, limit=limit)
            rows = _rows(uow, stretch.positions, self.options.format)
            attached = [bytes(row.payload) for row in rows] if self.options.attachments else []
            files = find_files(uow, attached) if attached else []
        return rows, files, stretch.upto

    def _settle(self, part: Path, first: int, last: int, count: int) -> ExportedFile:
        name = f"statements-{first:012}-{last:012}.{self.options.format}"
        digest, size = sha256_of(part), part.stat().st_size
        settle(part, self.folder.path / name)
        return ExportedFile(name, first, last, count, size, digest)


def _where(uow: UnitOfWork, options: ExportOptions) -> sa.ColumnElement[bool]:
    asked: list[sa.ColumnElement[bool]] = [sa.true()]
    if options.connections:
        ids = [find_connection(uow, slug).id for slug in options.connections]
        asked.append(statement.c.connection_id.in_(ids))
    if options.since is not None:
        asked.append(statement.c.stored >= options.since)
    if options.until is not None:
        asked.append(statement.c.stored < options.until)
    return sa.and_(*asked)


def _rows(uow: UnitOfWork, positions: Sequence[int], format: str) -> Rows:
    """The statements at these positions, with no more columns than the format has."""
    if not positions:
        return []
    s = statement
    query: sa.Select[Any] = sa.select(s.c.position, s.c.payload)
    if format == PARQUET:
        joined = s.outerjoin(connection, connection.c.id == s.c.connection_id)
        query = sa.select(s, connection.c.slug.label("connection")).select_from(joined)
    return uow.connection.execute(query.where(s.c.position.in_(positions)).order_by(s.c.position)).all()


def _copy_file(blobs: BlobStore, file: StoredFile, folder: Path) -> None:
    """The bytes of an attachment under its SHA-2, unless they are there already."""
    target = folder / file.sha2
    if target.exists():
        return
    folder.mkdir(exist_ok=True)
    part = folder / f"{file.sha2}.part"
    with part.open("wb") as out:
        for chunk in blobs.chunks(file.key):
            out.write(chunk)
    settle(part, target)
