"""``hub network``: the files of the partner network."""

from pathlib import Path

import click


@click.group()
def network() -> None:
    """Read the files of the partner network."""


@network.command("import")
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--dry-run", is_flag=True, help="Check everything and show what would change, and stop.")
def import_files(directory: Path, dry_run: bool) -> None:
    """Import partners, locations, people and the rest from the CSV files in DIRECTORY.

    All files are checked first; one bad row stops everything and every problem is told. The same files again change
    nothing. An import that was interrupted is finished by running it again.
    """
    from hub.cli.opening import opened_hub
    from hub.cli.output import progress_bars, show_table
    from hub.network.import_network import import_network

    with opened_hub() as hub, progress_bars() as progress:
        report = import_network(hub, directory, dry_run=dry_run, progress=progress)
    rows = [
        (
            kind.replace("_", " "),
            *(f"{number:,}" for number in (counts.new, counts.changed, counts.unchanged)),
        )
        for kind, counts in report.counts.items()
    ]
    show_table(("what", "new", "changed", "unchanged"), rows)
    for warning in report.warnings:
        click.echo(f"Worth a look: {warning}", err=True)
    if dry_run:
        click.echo("\nThis was a dry run: nothing was changed.")
    elif report.changes:
        click.echo("\nThe worker brings everybody's goals up to date.")
    else:
        click.echo("\nNothing to change.")
