"""``hub restore``: a backup into an empty database."""

from pathlib import Path

import click


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--leave-plugins",
    is_flag=True,
    help="Leave out tables of plugins that are not on here, or in another version.",
)
def restore(file: Path, leave_plugins: bool) -> None:
    """Read a backup into an empty database.

    It is the database of the settings, SQLite or PostgreSQL, whichever the backup was taken from. The file is checked first; it is all or nothing.
    """
    from hub.app import open_hub
    from hub.cli.backup import KEY_CHECK
    from hub.cli.opening import read_settings
    from hub.cli.output import progress_bars
    from hub.errors import HubError
    from hub.plugin_data.migrate import migrate_plugins
    from hub.store.restore import restore_backup

    hub = open_hub(read_settings())
    left: list[str] = []
    try:
        with progress_bars() as progress:
            manifest = restore_backup(
                hub.engine,
                file,
                hub.blobs,
                progress,
                migrate_plugins=lambda: migrate_plugins(hub.engine, hub.hooks),
                leave_plugins=leave_plugins,
                left=left.append,
            )
    finally:
        hub.close()
    files = (
        f" and {manifest.files.rows:,} file{'s' * (manifest.files.rows != 1)}" if manifest.files.rows else ""
    )
    click.echo(
        f"Restored {manifest.rows:,} rows of {len(manifest.tables)} tables{files}, taken at {manifest.taken_at}."
    )
    for plugin in left:
        click.echo(
            f"Left out the tables of {plugin}, which is not on here or has them in another version.", err=True
        )
    if manifest.files_left_in:
        click.echo(
            f"Attachments and course packages were in {manifest.files_left_in} and are not in the backup:"
            " storage_url must name that bucket or a copy of it.",
            err=True,
        )
    try:
        same_key = hub.sealer.open(manifest.key_check) == KEY_CHECK
    except HubError:
        same_key = False
    if not same_key:
        click.echo(
            "It was taken with another secret_key: sign-in and launches will fail until that key is in"
            " secret_key_fallbacks (or is secret_key again).",
            err=True,
        )
