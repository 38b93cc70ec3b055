"""Reading the network files into staging, judging every cell on the way."""

import csv
import hashlib
import io
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from hub.errors import BadInput, Problem
from hub.network.roster.company import check_company
from hub.network.roster.files import FILES, NetworkFile
from hub.network.roster.rows import read_rows
from hub.network.roster.staging import Staging
from hub.network.roster.workbook import read_workbook

if TYPE_CHECKING:
    from _csv import Reader

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""

_BLOCK = 1 << 20


def read_files(staging: Staging, path: Path, progress: Progress) -> str:
    """Load all network files of a directory, or all sheets of an Excel workbook; the hash of all of them together.

    A file may be missing if nothing in it is to change; one that belongs to another must come with it. Problems with
    files, headers and cells are noted in ``staging``. BadInput ``no_network_files`` if there is not one file.
    """
    if path.is_file():
        return read_workbook(staging, path, progress)
    paths = {file.name: path / file.name for file in FILES}
    found = [file for file in FILES if paths[file.name].is_file()]
    if not found:
        names = ", ".join(paths)
        raise BadInput(
            "no_network_files", f"There are no network files in {path}.", f"They are called {names}."
        )
    check_company(staging, found)
    staging.warnings += [
        Problem("is none of the network files and was not read", other.name)
        for other in sorted(path.glob("*.csv"))
        if other.name not in paths
    ]
    total = sum(paths[file.name].stat().st_size for file in found)
    done, hashes = 0, hashlib.sha256()
    for file in found:
        with paths[file.name].open("rb") as stream:
            hashes.update(file.name.encode() + hashlib.file_digest(stream, "sha256").digest())
            size = stream.tell()
            read = _read_file(staging, file, stream, partial(_tell, progress, done, total))
        (staging.present if read else staging.unread).add(file.name)
        done += size
        progress("reading", done, total)
    return hashes.hexdigest()


def _tell(progress: Progress, before: int, total: int, at: int) -> None:
    progress("reading", before + at, total)


def _read_file(staging: Staging, file: NetworkFile, stream: BinaryIO, at: Callable[[int], None]) -> bool:
    """Whether the file could be read to its end."""
    bad = _first_bad_line(stream)
    if bad:
        staging.report(file, "is not UTF-8 text", bad)
        return False
    stream.seek(0)
    with io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as text:
        reader = csv.reader(text, strict=True)
        try:
            return read_rows(staging, file, _numbered(reader), lambda: at(stream.tell()))
        except csv.Error as error:
            staging.report(file, f"is not CSV: {error}", reader.line_num or 1)
    return False


def _numbered(reader: "Reader") -> Iterator[tuple[int, list[str]]]:
    line = 1
    for row in reader:
        yield line, row
        line = reader.line_num + 1  # a quoted cell may go over several lines


def _first_bad_line(stream: BinaryIO) -> int:
    """The first line that is not text, or 0. The csv module takes NUL characters, PostgreSQL does not."""
    stream.seek(0)
    lines = 0
    while block := stream.read(_BLOCK) + stream.readline():  # whole lines, so that no character is cut in two
        try:
            block.decode()
            bad = block.find(b"\0")
        except UnicodeDecodeError as error:
            bad = error.start
        if bad >= 0:
            return lines + block.count(b"\n", 0, bad) + 1
        lines += block.count(b"\n")
    return 0
