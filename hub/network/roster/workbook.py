"""Reading the network files from the sheets of one Excel workbook: a sheet ``people`` stands for people.csv."""

import hashlib
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.errors import BadInput, Problem
from hub.network.roster.company import check_company
from hub.network.roster.files import FILES
from hub.network.roster.rows import read_rows
from hub.network.roster.staging import Staging

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

    from hub.network.roster.reading import Progress

_LARGEST = 1 << 30
_BYTES = 1 << 20


def read_workbook(staging: Staging, path: Path, progress: "Progress") -> str:
    """Load all sheets that are called as network files are, with or without ``.csv``; the hash of the workbook.

    Dates may be cells with dates or texts, numbers stand for their digits. Problems are told with sheet, row and column. BadInput
    ``no_workbook`` for what cannot be read or is too large to be, ``no_network_files`` if there is no such sheet.
    """
    content_hash = _check_size(path)
    book = _open(path)
    sheets = {name.strip().lower().removesuffix(".csv"): name for name in book.sheet_names}
    found = [file for file in FILES if file.table in sheets]
    if not found:
        names = ", ".join(file.table for file in FILES)
        raise BadInput(
            "no_network_files", f"There are no network files in {path.name}.", f"Sheets are called {names}."
        )
    staging.called = {file.name: sheets.get(file.table, file.table) for file in FILES}
    check_company(staging, found)
    known = {sheets[file.table] for file in found}
    others = [name for name in book.sheet_names if name not in known]
    staging.warnings += [Problem("is none of the network files and was not read", name) for name in others]
    for done, file in enumerate(found, 1):
        read = read_rows(staging, file, _lines(book.get_sheet_by_name(sheets[file.table])), _nothing)
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


def _open(path: Path) -> "CalamineWorkbook":
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        return CalamineWorkbook.from_path(path)
    except (CalamineError, OSError):
        raise _no_workbook(path) from None


def _no_workbook(path: Path) -> BadInput:
    return BadInput(
        "no_workbook", f"{path.name} is no Excel workbook.", "Give an .xlsx file, or a folder of CSV files."
    )


def _lines(sheet: "CalamineSheet") -> Iterator[tuple[int, list[str]]]:
    """The rows, as wide as the header; cells behind it count only where something stands in them."""
    width = 0
    for line, row in enumerate(sheet.to_python(skip_empty_area=False), 1):
        cells = list(map(_text, row))
        used = _used(cells)
        width = width or used
        if used:
            yield line, (cells + [""] * width)[: max(width, used)]


def _used(cells: list[str]) -> int:
    return next((place for place in range(len(cells), 0, -1) if cells[place - 1]), 0)


def _text(cell: Any) -> str:
    """What the cell would be in a CSV file."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime) and (cell.hour, cell.minute, cell.second) == (0, 0, 0):
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _nothing() -> None:
    """Sheets are read at once."""
