"""``hub certified``: the lists of certified people that plugins keep in other systems."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hub.exports.compare import ComparisonPlan


@click.group()
def certified() -> None:
    """See the lists of certified people that plugins keep in other systems, and write one as a file."""


@certified.command("list")
def list_() -> None:
    """Show every list: how many rows it has, how many were refused, who waits, and what went wrong."""
    from hub.cli.opening import opened_hub
    from hub.cli.output import show_table
    from hub.exports.views import list_exports

    with opened_hub() as hub, hub.reading() as uow:
        found = list_exports(uow)
    rows = [
        (
            each.plugin,
            each.export,
            str(each.rows),
            str(each.refused),
            str(each.waiting),
            f"{each.compared_at:%Y-%m-%d %H:%M}" if each.compared_at else "never",
            each.last_error,
        )
        for each in found
    ]
    show_table(("Plugin", "List", "Rows", "Refused", "People waiting", "Compared (UTC)", "Last error"), rows)


@certified.command("csv")
@click.argument("plugin")
@click.argument("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def csv_(plugin: str, export: str, file: Path) -> None:
    """Write the whole list EXPORT of PLUGIN, as it should be now, to FILE.

    It names people: keep it as you would keep a list of staff.
    """
    from hub.cli.opening import opened_hub
    from hub.exports.views import find_export, write_csv

    with opened_hub() as hub, hub.reading() as uow:
        count = write_csv(uow, find_export(hub.hooks, plugin, export), file)
    click.echo(f"{count} rows written to {file}.")


@certified.command()
@click.argument("plugin")
@click.argument("export")
@click.option(
    "--dry-run", is_flag=True, help="Compare everybody now, show what would be handed on, and stop."
)
def compare(plugin: str, export: str, dry_run: bool) -> None:
    """Compare everybody with the list EXPORT of PLUGIN as soon as the worker comes to it, also what was refused."""
    from hub.cli.opening import opened_hub
    from hub.exports.compare import plan_comparison
    from hub.exports.queue import compare_everybody
    from hub.exports.views import find_export

    with opened_hub() as hub:
        found = find_export(hub.hooks, plugin, export)
        if dry_run:
            with hub.reading() as uow:
                _show(plan_comparison(uow, plugin, found))
            return
        with hub.unit_of_work() as uow:
            compare_everybody(uow, plugin, found.key)
    click.echo("Everybody will be compared.")


def _show(plan: "ComparisonPlan") -> None:
    from hub.cli.output import end_dry_run

    click.echo(
        f"{plan.people:,} people would be compared. Rows: {plan.new:,} new, {plan.changed:,} changed, "
        f"{plan.refused_before:,} refused before and offered again, {plan.gone:,} taken away."
    )
    for each in plan.first:
        row = each.row
        click.echo(
            f"  + {row.person or row.person_id}, {row.location_name}, {row.target}"
            if row
            else f"  - {each.id}"
        )
    if (more := plan.new + plan.changed + plan.refused_before + plan.gone - len(plan.first)) > 0:
        click.echo(f"  and {more:,} more")
    end_dry_run()
