"""Reading the network files into staging, judging every cell on the way."""

import csv
import hashlib
import io
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from hub.errors import BadInput, Problem
from hub.network.roster.files import FILES, NetworkFile
from hub.network.roster.staging import ROWS, Staging

if TYPE_CHECKING:
    from _csv import Reader

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""

Pick = Callable[[list[str]], Sequence[str]]
"""Puts a row's cells into the order of the file's columns."""

_BATCH = 10_000
_JUDGMENTS = 1 << 14
_BLOCK = 1 << 20


def read_files(staging: Staging, directory: Path, progress: Progress) -> str:
    """Load all network files of a directory; the hash of all of them together.

    A file may be missing if nothing in it is to change; one that belongs to another must come with it. Problems with
    files, headers and cells are noted in ``staging``. BadInput ``no_network_files`` if there is not one file.
    """
    paths = {file.name: directory / file.name for file in FILES}
    found = [file for file in FILES if paths[file.name].is_file()]
    if not found:
        names = ", ".join(paths)
        raise BadInput(
            "no_network_files", f"There are no network files in {directory}.", f"They are called {names}."
        )
    _check_company(staging, found)
    staging.warnings += [
        Problem("is none of the network files and was not read", path.name)
        for path in sorted(directory.glob("*.csv"))
        if path.name not in paths
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


def _check_company(staging: Staging, found: Sequence[NetworkFile]) -> None:
    """Two files that make up one whole come together: an absent list of appointments is not an empty one."""
    for file in FILES:
        if not file.main:
            continue
        main = next(f for f in FILES if f.name == file.main)
        for missing, other in ((file, main), (main, file)):
            if missing not in found and other in found and missing.name not in staging.unread:
                staging.report(missing, f"is missing; {other.name} cannot be used without it")
                staging.unread.add(missing.name)


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
            header = next(reader, [])
            pick = _read_header(staging, file, header)
            if pick is not None:
                _read_rows(staging, file, reader, len(header), pick, lambda: at(stream.tell()))
                return True
        except csv.Error as error:
            staging.report(file, f"is not CSV: {error}", reader.line_num or 1)
    return False


def _first_bad_line(stream: BinaryIO) -> int:
    """The first line that is not text, or 0. The csv module takes NUL characters, PostgreSQL does not."""
    stream.seek(0)
    lines = 0
    while block := b"".join(stream.readlines(_BLOCK)):
        try:
            block.decode()
            bad = block.find(b"\0")
        except UnicodeDecodeError as error:
            bad = error.start
        if bad >= 0:
            return lines + block.count(b"\n", 0, bad) + 1
        lines += block.count(b"\n")
    return 0


def _read_header(staging: Staging, file: NetworkFile, header: list[str]) -> Pick | None:
    names = [column.name for column in file.columns]
    spare = {column.name for column in file.columns if column.spare}
    wrong = [(name, "this column is missing") for name in names if name not in header and name not in spare]
    wrong += [(name, "there is no such column") for name in dict.fromkeys(header) if name not in names]
    wrong += [(name, "this column is there twice") for name in names if header.count(name) > 1]
    for name, message in wrong:
        staging.report(file, message, 1, name)
    if wrong:
        return None
    if header == names:
        return list
    if spare.difference(header):
        # What is absent stands for empty cells, which follow the row's own.
        places = [header.index(name) if name in header else len(header) for name in names]
        return lambda row: itemgetter(*places)([*row, ""])
    return itemgetter(*(header.index(name) for name in names))


def _read_rows(
    staging: Staging, file: NetworkFile, reader: "Reader", width: int, pick: Pick, at: Callable[[], None]
) -> None:
    table = ROWS[file.name]
    # What tells rows apart is never the same again; most other cells are.
    judges = [c.judge if c.name in file.key else lru_cache(_JUDGMENTS)(c.judge) for c in file.columns]
    batch: list[tuple[int | str, ...]] = []
    line = reader.line_num + 1
    for row in reader:
        if len(row) == width:
            cells = pick(row)
            batch.append((line, *cells))
            for number, (judge, cell) in enumerate(zip(judges, cells)):  # noqa: B905  # of one length, and often
                if message := judge(cell):
                    staging.report(file, message, line, file.columns[number].name)
            _check_row(staging, file, line, cells)
        elif row:
            staging.report(file, f"has {len(row)} cells where the header has {width}", line)
            # Stands there all the same, so that what refers to it is not reported as well.
            batch.append((line, *pick((row + [""] * width)[:width])))
        # A quoted cell may go over several lines.
        line = reader.line_num + 1
        if len(batch) >= _BATCH:
            staging.load(table, batch)
            batch.clear()
            at()
    staging.load(table, batch)


def _check_row(staging: Staging, file: NetworkFile, line: int, cells: Sequence[str]) -> None:
    """What cells of one row say together."""
    if file.period_places:
        start, end = file.period_places
        if cells[start] >= cells[end] > "":
            message = f'"{cells[end]}" is not after {file.columns[start].name} "{cells[start]}"'
            staging.report(file, message, line, file.columns[end].name)
    if file.row_check and (wrong := file.row_check(cells)):
        column, message = wrong
        staging.report(file, message, line, column)
