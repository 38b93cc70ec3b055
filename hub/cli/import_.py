"""``hub import``: statements out of files."""

from pathlib import Path

import click


@click.command("import")
@click.argument("connection")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--dry-run", is_flag=True, help="Check everything and count, and store nothing.")
def import_(connection: str, files: tuple[Path, ...], dry_run: bool) -> None:
    """Import statements into CONNECTION, from FILES or from folders that `hub export` has written.

    A file holds one statement a line (NDJSON), or is Parquet with a column named statement; other record stores can write
    such files as well. All lines are checked first; one bad line stops everything and every problem is told. The same
    files again change nothing, and an import that was interrupted is finished by running it again.
    """
    from hub.cli.opening import opened_hub
    from hub.cli.output import progress_bars, show_table
    from hub.network.systems.connections import find_connection
    from hub.xapi.transfer.import_statements import import_statements

    with opened_hub() as hub:
        with hub.reading() as uow:
            connection_id = find_connection(uow, connection).id
        with progress_bars() as progress:
            report = import_statements(hub, connection_id, files, dry_run=dry_run, progress=progress)
    counts = report.counts
    show_table(
        ("new", "stored already", "twice in the files"),
        [(f"{counts.new:,}", f"{counts.known:,}", f"{counts.repeated:,}")],
    )
    if dry_run:
        click.echo("\nThis was a dry run: nothing was stored.")
    elif report.stored:
        click.echo(f"\nStored {report.stored:,} statements. The worker recognizes what they complete.")
    else:
        click.echo("\nNothing to store.")
