"""``hub state``: what the hub has worked out."""

import click


@click.group()
def state() -> None:
    """Look at what was worked out from the journals."""


@state.command("hash")
@click.option("--dimension", help="Only the field, goals, sources and credits of this dimension.")
def hash_command(dimension: str | None) -> None:
    """Print a hash of every derived table and of all together.

    Equal rows give equal hashes, on any database and whenever they were written.
    """
    from hub.cli.opening import opened_hub
    from hub.cli.output import progress_bars
    from hub.rebuild.state_hash import hash_state, overall_hash

    with opened_hub() as hub, progress_bars() as progress, hub.reading() as uow:
        hashes = hash_state(uow, dimension, progress)
    for table in hashes:
        click.echo(f"{table.hash}  {table.rows:>12,}  {table.name}")
    click.echo(
        f"{overall_hash(hashes)}  {sum(h.rows for h in hashes):>12,}  all{f' of {dimension}' if dimension else ''}"
    )
