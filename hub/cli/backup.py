"""``hub backup``: everything in one file."""

from pathlib import Path

import click

KEY_CHECK = "the secret key of this backup"


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """Write everything into one file.

    Everything is as it is at one instant; the hub may go on working meanwhile. The file holds personal data, and secrets sealed with the secret key; keep the key somewhere else.
    """
    from hub.cli.opening import opened_hub
    from hub.cli.output import progress_bars
    from hub.journal import audit
    from hub.store.backup import write_backup

    with opened_hub() as hub:
        with progress_bars() as progress, hub.reading() as uow:
            manifest = write_backup(uow, file, hub.sealer.seal(KEY_CHECK), hub.blobs, progress)
        with hub.unit_of_work() as uow:
            audit(uow, "backup_written", detail={"rows": manifest.rows})
    size = file.stat().st_size / 1_000_000
    files = (
        f" and {manifest.files.rows:,} file{'s' * (manifest.files.rows != 1)}" if manifest.files.rows else ""
    )
    click.echo(
        f"Wrote {manifest.rows:,} rows of {len(manifest.tables)} tables{files} to {file} ({size:,.1f} MB)."
    )
    if manifest.files_left_in:
        click.echo(
            f"Attachments and course packages in {manifest.files_left_in} are not in it:"
            " let that bucket keep versions, or copy it too.",
            err=True,
        )
