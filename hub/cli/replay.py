"""``hub replay``: the journals, played again."""

import sys

import click


@click.command()
@click.option(
    "--verify", "verify_", is_flag=True, required=True, help="Rebuild beside the live tables and compare."
)
@click.option(
    "--wait", type=float, default=30, show_default=True, help="Seconds to wait for the worker to catch up."
)
def replay(verify_: bool, wait: float) -> None:
    """Check the state against the journals.

    Plays both journals into a scratch database and compares what comes out with what the hub has. The live tables are only read. The scratch database is a file among the system's temporary files ($TMPDIR). Exits with
    0 when everything is equal, with 1 and the differences when not.
    """
    from hub.cli.opening import opened_hub
    from hub.cli.output import progress_bars
    from hub.rebuild.verify import verify

    with opened_hub() as hub, progress_bars() as progress:
        comparison = verify(hub, progress, patience=wait)
    if comparison.equal:
        total = sum(comparison.rows.values())
        click.echo(f"Equal: {total:,} rows in {len(comparison.rows)} tables are what the journals say.")
        return
    for difference in comparison.differences:
        click.secho(str(difference), fg="red")
        for example in difference.examples:
            click.echo(f"  {example}")
    click.echo("\nThe live tables differ from what the journals say. Nothing was changed.", err=True)
    sys.exit(1)
