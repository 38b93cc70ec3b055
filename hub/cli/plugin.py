"""``hub plugin``: one plugin's life, from its first file to its removal."""

from pathlib import Path

import click

from hub.cli.remove_plugin import remove


@click.group()
def plugin() -> None:
    """Make a plugin, or remove one.

    `hub plugins` shows those that are on, `hub plugins check` looks at one before it is, `hub try` asks it.
    """


plugin.add_command(remove)


@plugin.command()
@click.argument("name")
@click.option("--hook", default="decide_assignments", show_default=True, help="The hook that it answers.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Where the project's folder is made, if not here.",
)
def new(name: str, hook: str, folder: Path) -> None:
    """Make a project for the plugin NAME: one hook, settings, a test that passes, a README. It can be installed as it is."""
    from hub.testing.plugin_template.generate import make_plugin

    made = make_plugin(name, hook, folder)
    click.echo(f"Made {made}. Next:")
    for command in (f"pip install -e {made}", f"pytest {made}", f"hub plugins check {made}"):
        click.echo(f"  {command}")
