"""Reading the rows of one network file or sheet into staging, judging every cell on the way."""

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any

from hub.network.roster.files import NetworkFile
from hub.network.roster.staging import ROWS, Staging

Pick = Callable[[list[str]], Sequence[str]]
"""Puts a row's cells into the order of the file's columns."""
Lines = Iterator[tuple[int, list[str]]]
"""The header and the rows, each with the line it begins in, counted from 1."""

_BATCH = 10_000


def read_rows(staging: Staging, file: NetworkFile, lines: Lines, at: Callable[[], None]) -> bool:
    """Load all rows; False if the header is not the file's. Problems are noted in ``staging``; ``at`` is called now and then."""
    line, header = next(lines, (1, []))
    pick = _read_header(staging, file, line, header)
    if pick is None:
        return False
    _load_rows(staging, file, lines, len(header), pick, at)
    return True


def _read_header(staging: Staging, file: NetworkFile, line: int, header: list[str]) -> Pick | None:
    names = [column.name for column in file.columns]
    spare = {column.name for column in file.columns if column.spare}
    wrong = [(name, "this column is missing") for name in names if name not in header and name not in spare]
    wrong += [(name, "there is no such column") for name in dict.fromkeys(header) if name not in names]
    wrong += [(name, "this column is there twice") for name in names if header.count(name) > 1]
    for name, message in wrong:
        staging.report(file, message, line, name)
    if wrong:
        return None
    if header == names:
        return _as_it_is
    if spare.difference(header):
        # What is absent stands for empty cells, which follow the row's own.
        places = [header.index(name) if name in header else len(header) for name in names]
        return lambda row: itemgetter(*places)([*row, ""])
    return itemgetter(*(header.index(name) for name in names))


def _as_it_is(row: list[str]) -> list[str]:
    return row


def _load_rows(
    staging: Staging, file: NetworkFile, lines: Lines, width: int, pick: Pick, at: Callable[[], None]
) -> None:
    table = ROWS[file.name]
    batch: list[tuple[Any, ...]] = []
    uneven: list[tuple[Any, ...]] = []
    for line, row in lines:
        if len(row) == width:
            batch.append((line, *pick(row)))
        elif row:
            staging.report(file, f"has {len(row)} cells where the header has {width}", line)
            # Stands there all the same, so that what refers to it is not reported as well.
            uneven.append((line, *pick((row + [""] * width)[:width])))
        if len(batch) + len(uneven) >= _BATCH:
            _judge(staging, file, batch)
            staging.load(table, [*batch, *uneven])
            batch.clear()
            uneven.clear()
            at()
    _judge(staging, file, batch)
    staging.load(table, [*batch, *uneven])


def _judge(staging: Staging, file: NetworkFile, rows: Sequence[tuple[Any, ...]]) -> None:
    """Judge every cell, a column at a time: what many rows say alike is judged once."""
    lines, *columns = zip(*rows, strict=True) if rows else [()]
    for column, cells in zip(file.columns, columns, strict=bool(rows)):
        wrong = {cell: message for cell in set(cells) if (message := column.judge(cell))}
        if wrong:
            for line, cell in zip(lines, cells, strict=True):
                if cell in wrong:
                    staging.report(file, wrong[cell], line, column.name)
    if rows and file.period_places:
        start, end = file.period_places
        for line, since, until in zip(lines, columns[start], columns[end], strict=True):
            if since >= until > "":
                message = f'"{until}" is not after {file.columns[start].name} "{since}"'
                staging.report(file, message, line, file.columns[end].name)
    if file.row_check:
        for line, *row in rows:
            if contradiction := file.row_check(row):
                staging.report(file, contradiction[1], line, contradiction[0])
