"""The file of a backup: a zip with the rows of every table as JSON lines, files, and a manifest of how many and their hashes.

Plain rows, in an order in which references always point backwards, so that a backup of one kind of database can be
restored on the other.
"""

import base64
import hashlib
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import sqlalchemy as sa

from hub.errors import BadInput, Problem
from hub.store.archived_files import LIST, check_files, list_files, member
from hub.store.types import Time

FORMAT = 2
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class TableContent:
    """How many rows of a table there are, and the SHA-256 of their lines (hex)."""

    rows: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. ``key_check`` is sealed with the secret key, to tell later whether that is the same."""

    format: int
    hub_version: str
    schema: str
    database: str
    taken_at: str
    key_check: str
    tables: Mapping[str, TableContent]
    files: TableContent
    """The list of attachments and course packages, if they are in the backup."""
    files_left_in: str = ""
    """Where they are instead."""

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables.values())


def write_table(archive: zipfile.ZipFile, table: sa.Table, rows: Iterable[Mapping[Any, Any]]) -> TableContent:
    """Add the rows of one table; what was written."""
    digest, count = hashlib.sha256(), 0
    with archive.open(_member(table.name), "w", force_zip64=True) as file:
        for row in rows:
            line = (
                json.dumps({name: _to_json(row[name]) for name in row}, separators=(",", ":")).encode()
                + b"\n"
            )
            digest.update(line)
            file.write(line)
            count += 1
    return TableContent(count, digest.hexdigest())


def write_manifest(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Add the manifest; it comes last."""
    archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=2))


def read_manifest(archive: zipfile.ZipFile) -> Manifest:
    """The manifest; BadInput ``bad_backup`` when there is none that can be read."""
    try:
        read = json.loads(archive.read(MANIFEST))
        tables = {name: TableContent(**content) for name, content in read.pop("tables").items()}
        manifest = Manifest(**read | {"tables": tables, "files": TableContent(**read["files"])})
    except (KeyError, TypeError, ValueError):
        raise BadInput(
            "bad_backup", "This file is no backup of a hub: it has no manifest that can be read."
        ) from None
    if manifest.format != FORMAT:
        raise BadInput(
            "bad_backup", f"This backup has format {manifest.format}; this version of the hub reads {FORMAT}."
        )
    return manifest


def open_archive(file: Path) -> zipfile.ZipFile:
    """Open a backup for reading; BadInput ``bad_backup`` when it is none."""
    try:
        return zipfile.ZipFile(file)
    except zipfile.BadZipFile:
        raise BadInput("bad_backup", f"{file} is no backup of a hub, or it is cut off.") from None


def check_content(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Read everything and compare it with the manifest; BadInput ``damaged_backup`` names every table that differs."""
    problems = []
    for name, wanted in manifest.tables.items():
        try:
            with archive.open(_member(name)) as file:
                found = _content(file)
        except (KeyError, zipfile.BadZipFile, EOFError):
            found = TableContent(0, "")
        if found != wanted:
            problems.append(Problem("is not what was backed up", name))
    known = {MANIFEST, *map(_member, manifest.tables)}
    if not manifest.files_left_in:
        damaged = list(check_files(archive, manifest.files.rows, manifest.files.sha256))
        problems += damaged
        if Problem("is not what was backed up", LIST) not in damaged:
            known |= {LIST, *(member(file.key) for file in list_files(archive))}
    extra = set(archive.namelist()) - known
    problems += [Problem("does not belong to the backup", name) for name in sorted(extra)]
    if problems:
        raise BadInput(
            "damaged_backup", "This backup is damaged; nothing was changed.", "Use another one.", problems
        )


def read_table(archive: zipfile.ZipFile, table: sa.Table) -> Iterator[dict[str, Any]]:
    """The rows of one table, ready to be inserted."""
    readers = {column.name: _from_json(column.type) for column in table.c}
    with archive.open(_member(table.name)) as file:
        for line in file:
            yield {
                name: value if value is None else readers[name](value)
                for name, value in json.loads(line).items()
            }


def _member(table: str) -> str:
    return f"tables/{table}.jsonl"


def _content(file: IO[bytes]) -> TableContent:
    digest, rows = hashlib.sha256(), 0
    while block := file.read(1 << 20):
        digest.update(block)
        rows += block.count(b"\n")
    return TableContent(rows, digest.hexdigest())


def _to_json(value: Any) -> Any:
    if isinstance(value, datetime):
        utc = value.astimezone(UTC) if value.tzinfo else value  # plugins may keep naive ones
        return utc.isoformat(timespec="microseconds")
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode("ascii")
    return str(value) if isinstance(value, date | time | Decimal | UUID) else value


_READERS: Mapping[type, Callable[[str], Any]] = {
    Time: datetime.fromisoformat,
    sa.DateTime: datetime.fromisoformat,
    sa.Date: date.fromisoformat,
    sa.Time: time.fromisoformat,
    sa.Numeric: lambda text: Decimal(str(text)),
    sa.LargeBinary: base64.b64decode,
}
"""Those after the first are of columns that only plugins have."""


def _from_json(kind: sa.types.TypeEngine[Any]) -> Any:
    """What turns a value of JSON back into one of this column."""
    for column, read in _READERS.items():
        if isinstance(kind, column):
            return read
    return _as_it_is


def _as_it_is(value: Any) -> Any:
    return value
