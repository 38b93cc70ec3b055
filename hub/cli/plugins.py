"""``hub plugins``: what is plugged in."""

import click


@click.group(invoke_without_command=True)
@click.pass_context
def plugins(ctx: click.Context) -> None:
    """Show the plugins that are on, or switch one.

    The table has them in their order, each with its hooks, audiences and timings.
    """
    if ctx.invoked_subcommand is None:
        _show()


@plugins.command()
@click.argument("audience")
@click.argument("plugin")
@click.argument("state", type=click.Choice(["on", "off"]))
def switch(audience: str, plugin: str, state: str) -> None:
    """Switch PLUGIN on or off for AUDIENCE, from now on, without a restart."""
    from hub.audiences.rules.rule import switch_plugin
    from hub.cli.opening import opened_hub

    with opened_hub() as hub, hub.unit_of_work() as uow:
        changed = switch_plugin(uow, audience, plugin, on=state == "on")
    if changed:
        click.echo(f"{plugin} is now {state} for {audience}. The worker brings everybody's goals up to date.")
    else:
        click.echo(f"{plugin} already is {state} for {audience}.")


def _show() -> None:
    from hub.audiences.views import list_switches
    from hub.cli.opening import opened_hub
    from hub.cli.output import show_table
    from hub.journal.views import list_timings

    with opened_hub() as hub:
        with hub.reading() as uow:
            switches, timings = list_switches(uow), {(t.plugin, t.hook): t for t in list_timings(uow)}
        rows = []
        for number, plugin in enumerate(hub.hooks.plugins, start=1):
            on_for = ", ".join(s.key for s in switches if plugin.name in s.on_since)
            name = f"{number}. {plugin.name}", plugin.version, "built in" if plugin.built_in else "installed"
            hooks = [h for h in hub.hooks.contracts if plugin.name in hub.hooks.implementers(h)]
            for hook in hooks or [""]:
                timing = timings.get((plugin.name, hook))
                contract = hub.hooks.contracts.get(hook)
                shape = f"{contract.shape}, {contract.scope}" if contract else ""
                scope = (on_for or "no audience") if contract and contract.scope == "subject" else ""
                counted = (
                    (
                        f"{timing.calls:,}",
                        f"{1000 * timing.mean:.1f}",
                        f"{1000 * timing.slowest:.1f}",
                        str(timing.errors),
                    )
                    if timing
                    else ("", "", "", "")
                )
                rows.append((*name, hook, shape, scope, *counted))
                name = "", "", ""
    columns = (
        "plugin",
        "version",
        "from",
        "hook",
        "shape, scope",
        "on for",
        "calls",
        "mean ms",
        "slowest ms",
        "errors",
    )
    show_table(columns, rows)
    if not switches:
        click.echo("\nThere are no audiences yet; `hub audiences apply` makes them.")
