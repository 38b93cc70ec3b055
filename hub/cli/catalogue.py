"""``hub catalogue``: the courses of the learning systems."""

import click


@click.group()
def catalogue() -> None:
    """Read the courses of learning systems."""


@catalogue.command()
@click.argument("connection")
@click.argument("address")
@click.option("--plugin", default="csv_catalogue", show_default=True, help="The plugin that reads it.")
def sync(connection: str, address: str, plugin: str) -> None:
    """Make the hub's courses of CONNECTION (its slug) equal to the catalogue at ADDRESS.

    Courses that are no longer listed are retired; what people completed stays.
    """
    from hub.cli.opening import opened_hub
    from hub.training.sync_catalogue import sync_catalogue

    with opened_hub() as hub:
        counts = sync_catalogue(hub, connection, address, plugin)
    click.echo(
        f"{counts.added} added, {counts.changed} changed, {counts.retired} retired, {counts.unchanged} unchanged."
    )
