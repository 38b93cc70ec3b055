"""Attachments and course packages in the file of a backup: each as it is, and a list of them with their hashes."""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from itertools import chain
from typing import IO, NamedTuple

from hub.errors import OutsideFailed, Problem
from hub.store.blobs import CHUNK, BlobStore

LIST = "files.jsonl"


class ArchivedFile(NamedTuple):
    """A blob in a backup: its key, its size in bytes, and its SHA-256 (hex)."""

    key: str
    size: int
    sha256: str


def write_files(archive: zipfile.ZipFile, blobs: BlobStore) -> tuple[int, str]:
    """Add every blob and the list of them; how many, and the SHA-256 of the list.

    Call after the database was read: a blob is there before the row that refers to it. What is deleted meanwhile is
    left out, as its rows will be next time.
    """
    lines = bytearray()
    count = 0
    for found in blobs.list_blobs():
        chunks = blobs.chunks(found.key)
        try:
            first = next(chunks, b"")
        except OutsideFailed as error:
            if error.code == "blob_lost":
                continue
            raise
        written = _write_file(archive, found.key, first, chunks)
        lines += json.dumps(written, separators=(",", ":")).encode() + b"\n"
        count += 1
    archive.writestr(LIST, bytes(lines))
    return count, hashlib.sha256(lines).hexdigest()


def check_files(archive: zipfile.ZipFile, count: int, sha256: str) -> Iterator[Problem]:
    """Read everything and compare it with the list, and the list with the manifest."""
    try:
        listed = archive.read(LIST)
        files = list(list_files(archive))
    except (KeyError, zipfile.BadZipFile, EOFError, TypeError, ValueError):
        yield Problem("is not what was backed up", LIST)
        return
    if (len(files), hashlib.sha256(listed).hexdigest()) != (count, sha256):
        yield Problem("is not what was backed up", LIST)
        return
    for file in files:
        try:
            with archive.open(member(file.key)) as opened:
                found = _hash(file.key, opened)
        except (KeyError, zipfile.BadZipFile, EOFError):
            found = None
        if found != file:
            yield Problem("is not what was backed up", file.key)


def list_files(archive: zipfile.ZipFile) -> Iterator[ArchivedFile]:
    """The files of a backup."""
    with archive.open(LIST) as lines:
        for line in lines:
            yield ArchivedFile(*json.loads(line))


def read_files(archive: zipfile.ZipFile, blobs: BlobStore) -> int:
    """Put every file of a backup into a blob store; how many. Those that are there already stay."""
    count = 0
    for file in list_files(archive):
        blobs.put(file.key, archive.read(member(file.key)))
        count += 1
    return count


def member(key: str) -> str:
    """The name of a blob in the archive."""
    return f"files/{key}"


def _write_file(archive: zipfile.ZipFile, key: str, first: bytes, rest: Iterator[bytes]) -> ArchivedFile:
    digest, size = hashlib.sha256(), 0
    with archive.open(member(key), "w", force_zip64=True) as file:
        for chunk in chain((first,), rest):
            digest.update(chunk)
            size += len(chunk)
            file.write(chunk)
    return ArchivedFile(key, size, digest.hexdigest())


def _hash(key: str, file: IO[bytes]) -> ArchivedFile:
    digest, size = hashlib.sha256(), 0
    while chunk := file.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return ArchivedFile(key, size, digest.hexdigest())
