"""``hub plugins set-aside`` and ``take-back``: plugins that are on and are not called."""

import sys

import click


@click.command("set-aside")
@click.argument("plugin")
@click.option(
    "--because", default="an operator said so", show_default=True, help="Shown with each call it misses."
)
@click.option("--hook", default="", hidden=True)
@click.option("--exit-with", default=0, hidden=True)
def set_aside(plugin: str, because: str, hook: str, exit_with: int) -> None:
    """Let no process call PLUGIN, from now on and without a restart.

    The hub does so itself when a plugin hangs. What it would be told waits until it is taken back, and people keep what it last
    said about them; where nothing is decided without it, nothing is decided.
    """
    from hub.cli.opening import opened_hub
    from hub.journal.aside import set_plugin_aside

    with opened_hub() as hub, hub.unit_of_work() as uow:
        set_plugin_aside(uow, plugin, because, hook)
    click.echo(f"{plugin} is set aside: {because}. `hub plugins take-back {plugin}` ends that.")
    sys.exit(exit_with)


@click.command("take-back")
@click.argument("plugin")
def take_back(plugin: str) -> None:
    """Let PLUGIN be called again, from now on."""
    from hub.cli.opening import opened_hub
    from hub.journal.aside import take_plugin_back

    with opened_hub() as hub, hub.unit_of_work() as uow:
        take_plugin_back(uow, plugin)
    click.echo(
        f"{plugin} is called again. What it was to be told goes out now, and it is asked about whoever changed meanwhile."
    )
