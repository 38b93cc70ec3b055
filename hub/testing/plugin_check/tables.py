"""Migrations: up, down and up again, on a database of their own, and nothing is left where they were."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa

from hub.errors import HubError
from hub.plugin_data.migrate import downgrade_plugin, migrate_plugin
from hub.plugin_data.ownership import prefix_of, tables_of, version_table_of
from hub.store import open_engine
from hub.testing.plugin_check.finding import Place
from hub.testing.plugin_check.trial import Trial, outcome

HOOK = "register_migrations"
Schema = dict[str, list[str]]


def check_migrations(trial: Trial, postgres: str = "") -> None:
    """``postgres`` is the address of an empty database, if there is one to try it with."""
    if HOOK not in trial.hooks("register"):
        return
    folder = outcome(lambda: Path(trial.call(trial.cls(), HOOK, {})))
    if isinstance(folder, Exception) or not folder.is_dir():
        trial.findings.add(
            "migration-fails",
            f"register_migrations names no folder: {folder}",
            'Give Path(__file__).parent / "migrations", and put your revisions there, also into the wheel.',
            trial.place(HOOK),
        )
        return
    with TemporaryDirectory(prefix="hub-check-") as place:
        _try(trial, folder, f"sqlite:///{place}/tables.sqlite")
    if postgres:
        _try(trial, folder, postgres)


def _try(trial: Trial, folder: Path, url: str) -> None:
    engine = open_engine(url)
    try:
        if sa.inspect(engine).get_table_names():
            trial.findings.add(
                "no-sample",
                "The database to try the migrations with is not empty, so it was left alone.",
                "Give the address of an empty database: tables are made and dropped there.",
            )
            return
        _up_and_down(trial, engine, folder)
    finally:
        _clear(engine, trial.subject.name)
        engine.dispose()


def _up_and_down(trial: Trial, engine: sa.Engine, folder: Path) -> None:
    name = trial.subject.name
    if not _run(trial, folder, "up", lambda: migrate_plugin(engine, name, folder)):
        return
    first = _schema(engine, name)
    if not _run(trial, folder, "down", lambda: downgrade_plugin(engine, name, folder)):
        return
    left = sorted(_schema(engine, name))
    if left:
        trial.findings.add(
            "leaves-tables",
            f"After going down, {', '.join(left)} is still there.",
            "Drop in downgrade() what upgrade() made, in the reverse order.",
            _place_of(trial, folder, left[0]),
        )
        return
    if _run(trial, folder, "up again", lambda: migrate_plugin(engine, name, folder)) and first != _schema(
        engine, name
    ):
        trial.findings.add(
            "migration-fails",
            "Up, down and up again does not come to the same tables.",
            "Let each upgrade() begin with what its downgrade() leaves.",
            _place_of(trial, folder, ""),
        )


def _run(trial: Trial, folder: Path, way: str, do: Callable[[], Any]) -> bool:
    error = outcome(do)
    if not isinstance(error, Exception):
        return True
    if isinstance(error, HubError) and error.code in {"foreign_table", "foreign_key"}:
        table = next((word for word in error.message.split() if (folder_has(folder, word.strip(",.")))), "")
        trial.findings.add(
            "foreign-table",
            error.message,
            error.help or f"Let the names of all your tables begin with {prefix_of(trial.subject.name)}.",
            _place_of(trial, folder, table.strip(",.")),
        )
    else:
        said = error.message if isinstance(error, HubError) else f"{type(error).__name__}: {error}"
        trial.findings.add(
            "migration-fails",
            f"The migrations do not go {way}: {said[:300]}",
            "Write upgrade() and downgrade() so that each takes back what the other did, on SQLite and PostgreSQL.",
            _line_of(error, folder) or _place_of(trial, folder, ""),
        )
    return False


def folder_has(folder: Path, word: str) -> bool:
    """Whether a revision speaks of it."""
    return len(word) > 3 and any(f'"{word}"' in path.read_text("utf-8") for path in folder.glob("*.py"))


def _schema(engine: sa.Engine, name: str) -> Schema:
    """The plugin's tables with their columns and indexes."""
    with engine.connect() as connection:
        inspector = sa.inspect(connection)
        return {
            table: [
                *(f"{c['name']} {c['type']} {c['nullable']}" for c in inspector.get_columns(table)),
                *sorted(str(index["name"]) for index in inspector.get_indexes(table)),
            ]
            for table in tables_of(connection, name)
            if table != version_table_of(name)
        }


def _clear(engine: sa.Engine, name: str) -> None:
    with engine.begin() as connection:
        for table in tables_of(connection, name):
            sa.Table(table, sa.MetaData()).drop(connection)


def _place_of(trial: Trial, folder: Path, text: str) -> Place:
    """The line of a revision that has a text, else its first."""
    for path in sorted(folder.glob("*.py")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if f'"{text}"' in line if text else "def upgrade" in line:
                return Place(str(path), number, HOOK)
    return trial.place(HOOK)


def _line_of(error: BaseException, folder: Path) -> Place | None:
    found, trace = None, error.__traceback__
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if path.is_relative_to(folder):
            found = Place(str(path), trace.tb_lineno, HOOK)
        trace = trace.tb_next
    return found
