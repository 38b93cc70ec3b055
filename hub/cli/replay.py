"""``hub replay``: the journals, played again."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hub.rebuild.branch import Branch


@click.command()
@click.option("--verify", "verify_", is_flag=True, help="Rebuild beside the live tables and compare.")
@click.option(
    "--branch",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file of audiences or of profiles: what if all it says had been so --since that day.",
)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="The day from which a branch differs.")
@click.option(
    "--wait", type=float, default=30, show_default=True, help="Seconds to wait for the worker to catch up."
)
def replay(verify_: bool, branch: Path | None, since: datetime | None, wait: float) -> None:
    """Check the state against the journals, or try what would be if rules, audiences or profiles had been others.

    Plays both journals into a scratch database, a file among the system's temporary files ($TMPDIR). The live
    tables are only read. With --verify compares what comes out with what the hub has, and exits with 0 when
    everything is equal, with 1 and the differences when not. With --branch makes what FILE says so in the
    scratch database, and shows what was asked for and reached since that day beside what would have been.
    """
    from hub.cli.opening import opened_hub
    from hub.cli.output import progress_bars
    from hub.rebuild.branch import try_branch
    from hub.rebuild.verify import verify

    if verify_ == (branch is not None) or (branch is None) != (since is None):
        raise click.UsageError("Say --verify, or --branch FILE --since DAY.")
    if branch is not None and since is not None:
        with opened_hub() as hub, progress_bars() as progress:
            tried = try_branch(hub, branch, since.replace(tzinfo=UTC), progress)
        _show_branch(tried, since)
        return

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


def _show_branch(tried: "Branch", since: datetime) -> None:
    from hub.cli.output import show_table

    rows = [
        (name, f"{getattr(tried.was, name):,}", f"{getattr(tried.would_be, name):,}")
        for name in ("goals", "people", "reached", "overdue", "credits")
    ]
    show_table(("goals of this kind", "as it was", "on the branch"), rows)
    click.echo(
        f"\nIf {', '.join(tried.keys)} had been so since {since:%Y-%m-%d}: {tried.gained:,} goals more, "
        f"{tried.lost:,} fewer. Nothing was changed."
    )
