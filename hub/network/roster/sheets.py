"""Reads an Excel workbook in a process of its own, with little memory: a script, asked and answered in lines of JSON.

A workbook of two kilobytes may stand for gigabytes, and the library that reads it ends its process then, or panics.
The first line told are the names of the sheets. For each name that comes in, the rows come out as ``[number, cells]``, without
empty ones, and null at the end. It imports nothing of the hub, so that it starts in an instant.
"""

import json
import sys
from contextlib import suppress
from datetime import date, datetime
from typing import Any

_LONGEST = 1 << 20
"""Letters of a row: whoever reads them keeps one at a time."""


def main(path: str, memory: str, seconds: str) -> None:
    """Tell what is in the workbook, with so many bytes of memory and seconds of work at most."""
    from python_calamine import CalamineWorkbook

    _limit(int(memory), int(seconds))
    book = CalamineWorkbook.from_path(path)
    _tell(book.sheet_names)
    sys.stdout.flush()
    for name in sys.stdin:
        for number, row in enumerate(book.get_sheet_by_name(json.loads(name)).iter_rows(), 1):
            cells = list(map(_text, row))
            while cells and not cells[-1]:
                cells.pop()
            if sum(map(len, cells)) > _LONGEST:
                raise ValueError("a row is too long")
            if cells:
                _tell([number, cells])
        _tell(None)
        sys.stdout.flush()


def _limit(memory: int, seconds: int) -> None:
    """Where the system has such limits."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _tell(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")


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


if __name__ == "__main__":
    main(*sys.argv[1:])
