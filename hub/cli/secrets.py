"""``hub secrets``: a new secret key for everything that is stored sealed."""

import sys

import click


@click.group()
def secrets() -> None:
    """Secrets that the hub keeps: sealed with the settings' secret key."""


@secrets.command()
@click.option("--dry-run", is_flag=True, help="Count what would be sealed anew, and change nothing.")
def rotate(dry_run: bool) -> None:
    """Seal every stored secret with the newest secret key.

    First make a new secret_key in the settings, put the old one into secret_key_fallbacks, and start the hub anew. After
    this command the old key opens nothing any more and can go. It may be interrupted and run again. Ends with 1 when there
    are secrets that no key in the settings opens.
    """
    from hub.cli.opening import opened_hub
    from hub.cli.output import progress_bars, show_table
    from hub.lifecycle.rotate_secrets import count_secrets, rotate_secrets

    with opened_hub() as hub, progress_bars() as progress:
        found = (count_secrets if dry_run else rotate_secrets)(hub, progress)
    told = [one for one in found if one.newest or one.older or one.lost]
    if told:
        anew = "would be sealed anew" if dry_run else "sealed anew"
        rows = [(o.column, f"{o.newest:,}", f"{o.older:,}", f"{o.lost:,}") for o in told]
        show_table(("secrets", "newest key", anew, "no key opens"), rows)
    older, lost = sum(one.older for one in found), sum(one.lost for one in found)
    if dry_run:
        click.echo(f"This was a dry run: {older:,} secrets would be sealed anew.")
    elif not lost:
        click.echo("All secrets have the newest key. Earlier keys can leave secret_key_fallbacks.")
    if lost:
        click.echo(
            f"{lost:,} secrets were sealed with a key that is not in the settings; put it into secret_key_fallbacks."
        )
        sys.exit(1)
