"""``hub files``: attachments and course packages."""

import click


@click.group()
def files() -> None:
    """Look after the files of attachments."""


@files.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be deleted.")
def sweep(dry_run: bool) -> None:
    """Delete files that belong to no statement.

    They come from requests that were refused, or from deletions that were interrupted. Nothing younger than a day is touched.
    """
    from hub.cli.opening import opened_hub
    from hub.lifecycle.unreferenced_files import find_unreferenced, sweep_files

    with opened_hub() as hub:
        if dry_run:
            found = list(find_unreferenced(hub))
            size = sum(each.size for each in found) / 1_000_000
            click.echo(f"{len(found):,} files ({size:,.1f} MB) belong to no statement; nothing was deleted.")
        else:
            click.echo(f"Deleted {sweep_files(hub):,} files that belonged to no statement.")
