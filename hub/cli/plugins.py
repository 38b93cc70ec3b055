"""``hub plugins``: what is plugged in, how it does, and for whom it is on."""

import json

import click

from hub.cli.check_plugin import check_plugin
from hub.cli.set_aside import set_aside, take_back


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of lines.")
@click.pass_context
def plugins(ctx: click.Context, as_json: bool) -> None:
    """Show the plugins that are on, or switch one.

    Each is shown in its place, with its hooks, how often they were called in the last 24 hours, how often they failed and how
    long they took, with its settings and for whom it is on. `hub plugins show PLUGIN` says all about one.
    """
    if ctx.invoked_subcommand is None:
        _list(as_json)


plugins.add_command(check_plugin)
plugins.add_command(set_aside)
plugins.add_command(take_back)


@plugins.command()
@click.argument("plugin")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of lines.")
def show(plugin: str, as_json: bool) -> None:
    """Say all about PLUGIN: its hooks with their last errors, settings, audiences, partners and tables."""
    from hub.cli.opening import opened_hub
    from hub.cli.plugins_text import show_lines
    from hub.plugin_views.as_json import plugin_as_json
    from hub.plugin_views.overview import read_plugin

    with opened_hub() as hub, hub.reading() as uow:
        found = read_plugin(uow, plugin)
    click.echo(json.dumps(plugin_as_json(found), indent=2) if as_json else "\n".join(show_lines(found)))


@plugins.command()
@click.option(
    "--partner",
    help="Switch it for this partner (its partner_id or name), inside the audiences for which it is on.",
)
@click.option("--dry-run", is_flag=True, help="Show what that would do to people and goals, and stop.")
@click.argument("words", nargs=-1, metavar="[AUDIENCE] PLUGIN on|off")
def switch(partner: str | None, dry_run: bool, words: tuple[str, ...]) -> None:
    """Switch PLUGIN on or off for AUDIENCE, or for a partner, from now on, without a restart.

    \b
      hub plugins switch technicians first_90_days on
      hub plugins switch --partner P-0042 first_90_days off
    """
    from hub.audiences.rules.partner_switches import switch_for_partner
    from hub.audiences.rules.rule import switch_plugin
    from hub.cli.opening import opened_hub
    from hub.network.views import find_partner

    said = [*(() if partner is None else (partner,)), *words]
    if len(said) != 3 or said[2] not in ("on", "off"):
        raise click.UsageError("Say AUDIENCE PLUGIN on|off, or --partner PARTNER PLUGIN on|off.")
    whom, plugin, state = said
    if dry_run:
        _plan_switch(plugin, state == "on", whom, is_partner=partner is not None)
        return
    with opened_hub() as hub, hub.unit_of_work() as uow:
        if partner is None:
            changed = switch_plugin(uow, whom, plugin, on=state == "on")
        else:
            changed = switch_for_partner(uow, find_partner(uow, partner), plugin, on=state == "on")
    if changed:
        click.echo(f"{plugin} is now {state} for {whom}. The worker brings everybody's goals up to date.")
    else:
        click.echo(f"{plugin} already is {state} for {whom}.")


def _plan_switch(plugin: str, on: bool, whom: str, *, is_partner: bool) -> None:
    from hub.audiences.plans.plan_switch import switch_change
    from hub.audiences.plans.planning import plan_change
    from hub.cli.audiences import show_plan
    from hub.cli.opening import opened_hub
    from hub.network.views import find_partner

    with opened_hub() as hub:
        with hub.reading() as uow:
            named = {"partner_id": find_partner(uow, whom)} if is_partner else {"audience": whom}
        show_plan(plan_change(hub, switch_change(plugin, on=on, **named)))


def _list(as_json: bool) -> None:
    from hub.audiences.remote.remote_plugins import list_remote_plugins
    from hub.audiences.views import list_switches
    from hub.cli.opening import opened_hub
    from hub.cli.plugins_text import list_lines
    from hub.plugin_views.as_json import plugins_as_json
    from hub.plugin_views.installed import list_not_on
    from hub.plugin_views.overview import list_plugins

    with opened_hub() as hub:
        with hub.reading() as uow:
            on, audiences = list_plugins(uow), list_switches(uow)
            remote = [each for each in list_remote_plugins(uow) if each.ended_at is None]
        not_on = list_not_on(hub.hooks, hub.settings)
    if as_json:
        click.echo(json.dumps(plugins_as_json(on, not_on, remote), indent=2))
    else:
        click.echo("\n".join(list_lines(on, not_on, bool(audiences), remote)))
