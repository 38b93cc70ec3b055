"""Reading the network files from the sheets of one Excel workbook: a sheet ``people`` stands for people.csv."""

import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from hub.errors import BadInput, Problem
from hub.network.roster.company import check_company
from hub.network.roster.files import FILES
from hub.network.roster.rows import read_rows
from hub.network.roster.staging import Staging

if TYPE_CHECKING:
    from hub.network.roster.reading import Progress

_LARGEST = 1 << 28
_BYTES = 1 << 20
_MEMORY, _SECONDS = 1 << 30, 300
"""What reading a workbook may take. Its rows come as a stream: they take no memory here."""
_SCRIPT = Path(__file__).with_name("sheets.py")


def read_workbook(staging: Staging, path: Path, progress: "Progress") -> str:
    """Load all sheets that are called as network files are, with or without ``.csv``; the hash of the workbook.

    Dates may be cells with dates or texts, numbers stand for their digits. Problems are told with sheet, row and column. BadInput
    ``no_workbook`` for what cannot be read or is too large to be, ``no_network_files`` if there is no such sheet.
    """
    content_hash = _check_size(path)
    with _open(path) as book:
        sheets = {name.strip().lower().removesuffix(".csv"): name for name in book.sheet_names}
        found = [file for file in FILES if file.table in sheets]
        if not found:
            names = ", ".join(file.table for file in FILES)
            raise BadInput(
                "no_network_files",
                f"There are no network files in {path.name}.",
                f"Sheets are called {names}.",
            )
        staging.called = {file.name: sheets.get(file.table, file.table) for file in FILES}
        check_company(staging, found)
        known = {sheets[file.table] for file in found}
        others = [name for name in book.sheet_names if name not in known]
        staging.warnings += [
            Problem("is none of the network files and was not read", name) for name in others
        ]
        for done, file in enumerate(found, 1):
            read = read_rows(staging, file, book.lines(sheets[file.table]), _nothing)
            (staging.present if read else staging.unread).add(file.name)
            progress("reading", done, len(found))
    return content_hash


def _check_size(path: Path) -> str:
    """The hash of what is small enough to be unpacked in memory."""
    with path.open("rb") as stream:
        content_hash = hashlib.file_digest(stream, "sha256").hexdigest()
        try:
            with zipfile.ZipFile(stream) as packed:
                size = sum(part.file_size for part in packed.infolist())
        except zipfile.BadZipFile:
            raise _no_workbook(path) from None
    if size > _LARGEST:
        raise BadInput(
            "no_workbook",
            f"{path.name} has {size // _BYTES:,} MB when it is unpacked; at most {_LARGEST // _BYTES:,} are read.",
            "Save its sheets as CSV files and import their folder.",
        )
    return content_hash


@dataclass
class _Workbook:
    """A workbook that another process has open (``sheets.py``)."""

    path: Path
    asked: IO[str]
    told: IO[str]
    sheet_names: list[str]
    is_telling: bool = False

    def lines(self, sheet: str) -> Iterator[tuple[int, list[str]]]:
        """The rows, as wide as the header; cells behind it count only where something stands in them."""
        while self.is_telling:  # of a sheet that was not read to its end
            self._row()
        width = 0
        self.asked.write(json.dumps(sheet) + "\n")
        self.asked.flush()
        self.is_telling = True
        while row := self._row():
            line, cells = row
            width = width or len(cells)
            yield line, cells + [""] * (width - len(cells))

    def _row(self) -> tuple[int, list[str]] | None:
        row: tuple[int, list[str]] | None = _next(self.told, self.path)
        self.is_telling = row is not None
        return row


@contextmanager
def _open(path: Path) -> Iterator[_Workbook]:
    command = [sys.executable, "-P", str(_SCRIPT), str(path), str(_MEMORY), str(_SECONDS)]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, encoding="utf-8"
    ) as process:
        assert process.stdin is not None  # noqa: S101  (for mypy: they are pipes)
        assert process.stdout is not None  # noqa: S101
        try:
            yield _Workbook(path, process.stdin, process.stdout, _next(process.stdout, path))
        finally:
            process.kill()


def _next(told: IO[str], path: Path) -> Any:
    """The next line told. BadInput ``no_workbook`` where there is none, because reading it has failed."""
    line = told.readline()
    if not line.endswith("\n"):
        raise _no_workbook(path)
    return json.loads(line)


def _no_workbook(path: Path) -> BadInput:
    return BadInput(
        "no_workbook",
        f"{path.name} is no Excel workbook, or a sheet of it is damaged or far too large.",
        "Give an .xlsx file without cells far from all others, or a folder of CSV files.",
    )


def _nothing() -> None:
    """Sheets are read at once."""
