"""``hub config``: what can be set."""

import click


@click.group()
def config() -> None:
    """Show what can be set."""


@config.command()
def example() -> None:
    """Print every setting with its description and default, as TOML."""
    from hub.cli.settings_text import example_settings

    click.echo(example_settings(), nl=False)
