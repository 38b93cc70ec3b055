"""What an export folder holds: a manifest that is written anew after each file, so that a killed export can go on."""

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from hub.errors import BadInput, Conflict

MANIFEST = "manifest.json"
FORMAT_VERSION = 1
ATTACHMENTS = "attachments"
_LOCK = ".lock"
_OURS = re.compile(r"statements-\d{12}-\d{12}\.(ndjson|parquet)(\.part)?")


@dataclass(frozen=True)
class ExportedFile:
    """A finished file: the positions of its first and last statement, how many it has, and its SHA-256 in hex."""

    name: str
    first: int
    last: int
    statements: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """``position`` is how far the journal has been read; ``asked`` what the export was asked for, which never changes."""

    format: str
    asked: dict[str, Any]
    position: int = 0
    files: tuple[ExportedFile, ...] = ()
    version: int = FORMAT_VERSION

    @property
    def statements(self) -> int:
        """How many are in all files."""
        return sum(file.statements for file in self.files)

    def with_file(self, file: ExportedFile | None, position: int) -> "Manifest":
        """After one more file, if there is one, and up to a position."""
        files = (*self.files, file) if file else self.files
        return replace(self, files=files, position=position)


@dataclass
class ExportFolder:
    """A folder that one export at a time writes to."""

    path: Path
    manifest: Manifest

    def save(self, manifest: Manifest) -> None:
        """Write the manifest, whole or not at all."""
        part = self.path / f"{MANIFEST}.part"
        part.write_text(json.dumps(asdict(manifest), indent=1) + "\n", encoding="utf-8")
        settle(part, self.path / MANIFEST)
        self.manifest = manifest


@contextmanager
def opened_folder(path: Path, format: str, asked: dict[str, Any]) -> Iterator[ExportFolder]:
    """The folder, new or as an earlier export with the same questions left it.

    BadInput ``not_an_export`` for a folder with other things in it, Conflict ``other_export`` when it was asked for
    something else, Conflict ``export_runs`` while another export writes to it.
    """
    path.mkdir(parents=True, exist_ok=True)
    with (path / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict("export_runs", f"Another export is writing to {path}.") from None
        if not (path / MANIFEST).is_file():
            _refuse_others(path)
            folder = ExportFolder(path, Manifest(format, asked))
            folder.save(folder.manifest)
        else:
            folder = ExportFolder(path, read_manifest(path))
            if (folder.manifest.format, folder.manifest.asked) != (format, asked):
                raise Conflict(
                    "other_export",
                    f"{path} holds an export that was asked for something else.",
                    "Give the same options to continue it, or another folder.",
                )
        _remove_unfinished(folder)
        yield folder


def read_manifest(path: Path) -> Manifest:
    """The manifest of a folder; BadInput ``bad_manifest``."""
    try:
        manifest = msgspec.json.decode((path / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise BadInput("bad_manifest", f"{path / MANIFEST} cannot be read: {error}") from None
    if manifest.version != FORMAT_VERSION:
        raise BadInput(
            "bad_manifest", f"{path / MANIFEST} is of version {manifest.version}, which is unknown."
        )
    return manifest


def settle(part: Path, name: Path) -> None:
    """Give a finished file its name; it and its name survive a loss of power."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(name)
    folder = os.open(name.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _refuse_others(path: Path) -> None:
    others = sorted(found.name for found in path.iterdir() if found.name not in {_LOCK, f"{MANIFEST}.part"})
    if others:
        raise BadInput(
            "not_an_export",
            f"{path} is not empty and holds no export: {', '.join(others[:3])}",
            "Choose another.",
        )


def _remove_unfinished(folder: ExportFolder) -> None:
    """Take away files that were begun and never entered in the manifest."""
    known = {file.name for file in folder.manifest.files}
    for found in folder.path.iterdir():
        if _OURS.fullmatch(found.name) and found.name not in known:
            found.unlink()
