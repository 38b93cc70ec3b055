"""Reading a backup into an empty database, of either kind, whichever kind it was taken from."""

import zipfile
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import sqlalchemy as sa

from hub.errors import BadInput, Conflict, Problem
from hub.store.archive import Manifest, check_content, open_archive, read_manifest, read_table
from hub.store.archived_files import read_files
from hub.store.blobs import BlobStore
from hub.store.migrate import migrate
from hub.store.plugin_tables import (
    VERSION_TABLE,
    names_of_plugin_tables,
    owner_of,
    plugins_in,
    read_plugin_tables,
)
from hub.store.revision import newest_revision
from hub.store.types import metadata

Progress = Callable[[str, int, int], None]
Left = Callable[[str], None]
_BATCH = 1_000
_SEEDED = ("dimension",)
"""Tables into which migrations put rows; they come back with the backup."""
_NUMBERS_KEPT_IN = {"statement": "statement_id"}
"""Where the numbers of rows stay when retention or erasure deletes the rows: no position is given out twice."""


def restore_backup(
    engine: sa.Engine,
    file: Path,
    blobs: BlobStore,
    progress: Progress = lambda *_: None,
    *,
    migrate_plugins: Callable[[], object] = lambda: None,
    leave_plugins: bool = False,
    left: Left = lambda _: None,
) -> Manifest:
    """Fill the database with a backup, all of it or nothing; what the backup held.

    ``migrate_plugins`` makes the tables of the plugins that are on. Where the backup has tables of others, or in other versions, it
    is refused, unless ``leave_plugins`` says that they may be left out; ``left`` is told whose were (the plugins' names).

    Its files are put into the blob store before the rows that refer to them. The whole file is checked against its manifest before anything is written. Raises BadInput ``bad_backup``,
    ``damaged_backup`` or ``other_schema``, and Conflict ``not_empty`` when the database holds anything.
    """
    with open_archive(file) as archive:
        manifest = read_manifest(archive)
        _check_schema(manifest)
        progress("checking", 0, manifest.rows)
        check_content(archive, manifest)
        progress("checking", manifest.rows, manifest.rows)
        migrate(engine)
        migrate_plugins()
        with engine.begin() as connection:
            plugins = _tables_of_plugins(connection, archive, manifest, left, leave=leave_plugins)
            _refuse_rows(connection, plugins)
            if not manifest.files_left_in:
                read_files(archive, blobs)
            _fill(connection, archive, manifest, [*metadata.sorted_tables, *plugins], progress)
    return manifest


def _check_schema(manifest: Manifest) -> None:
    newest = newest_revision()
    if manifest.schema != newest:
        raise BadInput(
            "other_schema",
            f"This backup has schema {manifest.schema}; this version of the hub has {newest}.",
            f"Restore it with hub {manifest.hub_version}, then upgrade and run `hub migrate`.",
        )
    own = set(manifest.tables) - names_of_plugin_tables(manifest.tables)
    missing = {table.name for table in metadata.sorted_tables} ^ own
    if missing:
        problems = [Problem("is not in both, the backup and this hub", name) for name in sorted(missing)]
        raise BadInput("other_schema", "This backup has other tables than this hub.", problems=problems)


def _tables_of_plugins(
    connection: sa.Connection, archive: zipfile.ZipFile, manifest: Manifest, left: Left, *, leave: bool
) -> list[sa.Table]:
    """The tables of plugins that are filled.

    With ``leave`` those that are not here, or in another version, are left out, and ``left`` is told; else BadInput ``other_schema``.
    """
    here = {table.name: table for table in read_plugin_tables(connection)}
    there = names_of_plugin_tables(manifest.tables)
    absent = set(plugins_in(there)) - set(plugins_in(here))
    unfit = dict.fromkeys(sorted(absent), "is not on here")
    for plugin in sorted(set(plugins_in(there)) - absent):
        table = here[f"plugin_{plugin}_alembic_version"]
        kept = [row["version_num"] for row in read_table(archive, table)]
        if kept != connection.scalars(sa.select(table.c.version_num)).all():
            unfit[plugin] = f"has its tables in version {kept} there"
    if unfit and not leave:
        problems = [Problem(why, f"plugin {plugin}") for plugin, why in unfit.items()]
        raise BadInput(
            "other_schema",
            "This backup has tables of plugins that are not here, or in other versions.",
            "Install these plugins and put them on the list, or leave their tables out with --leave-plugins.",
            problems,
        )
    for plugin in unfit:
        left(plugin)
    both = plugins_in({*here, *there})
    return [
        table
        for table in here.values()
        if table.name in there
        and not VERSION_TABLE.fullmatch(table.name)
        and owner_of(table.name, both) not in unfit
    ]


def _refuse_rows(connection: sa.Connection, plugins: Sequence[sa.Table]) -> None:
    used = [
        table.name
        for table in (*metadata.sorted_tables, *plugins)
        if table.name not in _SEEDED
        and connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first()
    ]
    if used:
        raise Conflict(
            "not_empty",
            f"The database is not empty: {', '.join(used)} hold rows. Nothing was changed.",
            "Restore into a new database: set database_url and run `hub migrate`.",
        )


def _fill(
    connection: sa.Connection,
    archive: zipfile.ZipFile,
    manifest: Manifest,
    tables: Sequence[sa.Table],
    progress: Progress,
) -> None:
    for name in _SEEDED:
        connection.execute(sa.delete(metadata.tables[name]))
    done = 0
    for table in tables:
        rows = read_table(archive, table)
        while batch := list(islice(rows, _BATCH)):
            connection.execute(sa.insert(table), batch)
            done += len(batch)
            progress("rows", done, manifest.rows)
    for table in tables:
        _continue_numbering(connection, table)
    progress("rows", manifest.rows, manifest.rows)


def _continue_numbering(connection: sa.Connection, table: sa.Table) -> None:
    """Let the database number new rows after the restored ones, and after those that were deleted before the backup."""
    if table.name not in metadata.tables:
        _continue_serials(connection, table)
        return
    numbered = next((column for column in table.c if column.identity is not None), None)
    if numbered is None:
        return
    kept = _NUMBERS_KEPT_IN.get(table.name)
    columns = [numbered, *([metadata.tables[kept].c[numbered.name]] if kept else [])]
    last = max(connection.scalar(sa.select(sa.func.max(column))) or 0 for column in columns)
    if last and connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.setval(f"{table.name}_{numbered.name}_seq", last)))
    elif last and table.dialect_options["sqlite"]["autoincrement"]:
        connection.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = ?", (table.name,))
        connection.exec_driver_sql(
            "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table.name, last)
        )


def _continue_serials(connection: sa.Connection, table: sa.Table) -> None:
    """The same for a plugin's table, whose numbers PostgreSQL may give out in its older way."""
    if connection.dialect.name != "postgresql":
        return
    for column in table.primary_key:
        sequence = connection.scalar(sa.select(sa.func.pg_get_serial_sequence(table.name, column.name)))
        last = connection.scalar(sa.select(sa.func.max(column))) if sequence else None
        if last:
            connection.execute(sa.select(sa.func.setval(sequence, last)))
