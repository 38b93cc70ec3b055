"""An export that follows the journal for ever, seen among the readers as ``export:FOLDER-HASH``."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from hub.errors import Missing
from hub.journal import STATEMENTS, audit
from hub.journal.tables import reader
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.xapi.transfer.export_statements import ExportOptions, ExportReport, export_statements

PREFIX = "export:"
_MAX_FOLDER = 48  # with the prefix and the hash the 64 characters of the column


@contextmanager
def following(hub: Hub, path: Path, options: ExportOptions) -> Iterator[Callable[[], ExportReport]]:
    """A function that exports what came since, and says so to the readers. Where the export is stands in its manifest.

    Its row goes when the block ends, however it does. After a kill it stays, and holds retention back, until the export runs
    again or ``forget_export`` is called.
    """
    name = reader_name(path)

    def export_more() -> ExportReport:
        report = export_statements(hub, path, options)
        with hub.unit_of_work() as uow:
            _show(uow, name, report.position, moved=report.statements > 0)
        return report

    try:
        yield export_more
    finally:
        with hub.unit_of_work() as uow:
            _delete(uow, name)


def reader_name(path: Path) -> str:
    """Under which the readers show an export: its folder's name, and a hash of the whole path, since names repeat."""
    whole = path.resolve()
    return f"{PREFIX}{whole.name[:_MAX_FOLDER]}-{hashlib.sha256(bytes(whole)).hexdigest()[:8]}"


def forget_export(hub: Hub, path: Path) -> str:
    """Take an export that runs no more off the readers; its name. ``path`` is its folder, or the name the readers show.

    Missing when there is none. An export that does run shows itself again.
    """
    name = str(path) if str(path).startswith(PREFIX) else reader_name(path)
    with hub.unit_of_work() as uow:
        is_gone = _delete(uow, name)
        if is_gone:
            audit(uow, "export_forgotten", detail={"reader": name})
    if not is_gone:
        raise Missing("no_export", f"No export follows as {name}.", "The page Readers shows those that do.")
    return name


def _delete(uow: UnitOfWork, name: str) -> bool:
    return uow.connection.execute(sa.delete(reader).where(reader.c.name == name)).rowcount > 0


def _show(uow: UnitOfWork, name: str, position: int, *, moved: bool) -> None:
    dialect = sqlite if uow.is_sqlite else postgresql
    values = {"position": position} | ({"moved_at": uow.now} if moved else {})
    new = {"name": name, "log": STATEMENTS.name, "failures": 0, "moved_at": uow.now}
    uow.connection.execute(
        dialect.insert(reader)
        .values(new | values)
        .on_conflict_do_update(index_elements=["name"], set_=values)
    )
