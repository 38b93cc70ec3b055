"""How the lists of certified people are doing, and each as a file."""

import csv
import dataclasses
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hub.errors import Missing
from hub.exports.certified import CertifiedPerson, Export, exports_of
from hub.exports.queue import count_waiting
from hub.exports.read_certified import read_all
from hub.exports.tables import export_row, export_state
from hub.hooks import Hooks
from hub.store import UnitOfWork


@dataclass(frozen=True)
class ExportSeen:
    """One list: rows that it has, rows that were refused, and people who are to be compared."""

    plugin: str
    export: str
    rows: int
    refused: int
    waiting: int
    compared_at: datetime | None
    last_error: str


def list_exports(uow: UnitOfWork) -> list[ExportSeen]:
    """Every list that plugins have now."""
    row, state = export_row, export_state
    refused = sa.func.sum(sa.case((row.c.refused != "", 1), else_=0))
    counts = {
        (each.plugin, each.export): (each.all, int(each.refused))
        for each in uow.connection.execute(
            sa.select(
                row.c.plugin, row.c.export, sa.func.count().label("all"), refused.label("refused")
            ).group_by(row.c.plugin, row.c.export)
        )
    }
    states = {(each.plugin, each.export): each for each in uow.connection.execute(sa.select(state))}
    found = []
    for key in exports_of(uow.hooks):
        everything, not_taken = counts.get(key, (0, 0))
        mine: Any = states.get(key)
        at, error = (mine.compared_at, mine.last_error) if mine is not None else (None, "")
        waiting = count_waiting(uow, *key)
        found.append(ExportSeen(*key, everything - not_taken, not_taken, waiting, at, error))
    return found


def find_export(hooks: Hooks, plugin: str, key: str) -> Export:
    """One list. Missing ``no_export`` where the plugin is off or has no such list."""
    found = exports_of(hooks).get((plugin, key))
    if found is None:
        known = ", ".join(f"{name} {each}" for name, each in exports_of(hooks))
        raise Missing("no_export", f"There is no list {key} of {plugin}.", f"There are: {known or 'none'}.")
    return found


def write_csv(uow: UnitOfWork, export: Export, file: Path) -> int:
    """Write the whole list, readable by its owner alone; how many rows. A cell that a spreadsheet would take for a formula is quoted."""
    names = [field.name for field in dataclasses.fields(CertifiedPerson)]
    count = 0
    file.touch(mode=0o600)
    file.chmod(0o600)
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(names)
        for row in read_all(uow, export):
            writer.writerow([_cell(getattr(row, name)) for name in names])
            count += 1
    return count


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    text = ";".join(value) if isinstance(value, tuple) else str("" if value is None else value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
