"""``hub plugins set-aside`` and ``take-back``: plugins that are on and are not called."""

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hub.plugin_views.set_aside import AsidePlan


@click.command("set-aside")
@click.argument("plugin")
@click.option(
    "--because", default="an operator said so", show_default=True, help="Shown with each call it misses."
)
@click.option("--dry-run", is_flag=True, help="Say for whom it decides and what waits for it, and stop.")
@click.option("--hook", default="", hidden=True)
@click.option("--exit-with", default=0, hidden=True)
def set_aside(plugin: str, because: str, dry_run: bool, hook: str, exit_with: int) -> None:
    """Let no process call PLUGIN, from now on and without a restart.

    The hub does so itself when a plugin hangs. What it would be told waits until it is taken back, and people keep what it last
    said about them; where nothing is decided without it, nothing is decided.
    """
    from hub.cli.opening import opened_hub
    from hub.cli.output import end_dry_run
    from hub.journal.aside import set_plugin_aside
    from hub.plugin_views.set_aside import check_there, plan_aside

    with opened_hub() as hub:
        check_there(hub.hooks, hub.settings, plugin)
        if dry_run:
            with hub.reading() as uow:
                plan = plan_aside(uow, plugin)
            if plan.aside:
                click.echo(f"{plugin} is set aside already: {plan.aside.reason}.")
            click.echo(f"It would not be asked about people any more: {_people(plan)}.")
            click.echo(f"{_deliveries(plan)} would wait.")
            end_dry_run()
            return
        with hub.unit_of_work() as uow:
            set_plugin_aside(uow, plugin, because, hook)
    click.echo(f"{plugin} is set aside: {because}. `hub plugins take-back {plugin}` ends that.")
    sys.exit(exit_with)


@click.command("take-back")
@click.argument("plugin")
@click.option(
    "--dry-run", is_flag=True, help="Say what would go out to it and whom it is asked about, and stop."
)
def take_back(plugin: str, dry_run: bool) -> None:
    """Let PLUGIN be called again, from now on."""
    from hub.cli.opening import opened_hub
    from hub.cli.output import end_dry_run
    from hub.journal.aside import take_plugin_back
    from hub.plugin_views.set_aside import plan_taking_back

    with opened_hub() as hub:
        if dry_run:
            with hub.reading() as uow:
                plan = plan_taking_back(uow, plugin)
            click.echo(f"{_deliveries(plan)} would go out now.")
            if plan.missed:
                click.echo(f"It would be asked about those of whom something is new: {_people(plan)}.")
            end_dry_run()
            return
        with hub.unit_of_work() as uow:
            take_plugin_back(uow, plugin)
    click.echo(
        f"{plugin} is called again. What it was to be told goes out now, and it is asked about whoever changed meanwhile."
    )


def _deliveries(plan: "AsidePlan") -> str:
    return f"{plan.waiting:,} {'delivery' if plan.waiting == 1 else 'deliveries'} for it"


def _people(plan: "AsidePlan") -> str:
    return ", ".join(f"{people:,} of {key}" for key, people in plan.audiences) or "it is on for no audience"
