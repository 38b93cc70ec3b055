"""``hub catalogue``: the courses of the learning systems, and whose their accounts are."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hub.runtime import Hub
    from hub.training.courses.sources import SourceKind
    from hub.training.courses.sync_roster import RosterCounts

SECRET = "A key or token of the system, if it needs one: env:NAME, file:PATH, or itself."  # noqa: S105
_secret = click.option("--secret", default="", help=SECRET)


@click.group()
def catalogue() -> None:
    """Read the courses of learning systems, and whose their accounts are.

    Plugin, address and secret are named once; from then on the slug of the connection is enough.
    """


@catalogue.command()
@click.argument("connection")
@click.argument("address", required=False)
@click.option("--plugin", default="csv_catalogue", show_default=True, help="The plugin that reads it.")
@click.option("--dry-run", is_flag=True, help="Read the catalogue, show what would change, and stop.")
@_secret
def sync(connection: str, address: str | None, plugin: str, dry_run: bool, secret: str) -> None:
    """Make the hub's courses of CONNECTION (its slug) equal to the catalogue at ADDRESS.

    Courses that are no longer listed are retired; what people completed stays.
    """
    from hub.cli.opening import opened_hub
    from hub.training.courses.sync_catalogue import sync_source

    with opened_hub() as hub:
        if dry_run:
            _preview(hub, connection, plugin, address, secret)
            return
        _lay_down(hub, connection, "catalogue", plugin, address, secret)
        counts = sync_source(hub, connection)
    click.echo(
        f"{counts.added} added, {counts.changed} changed, {counts.retired} retired, {counts.unchanged} unchanged."
    )


@catalogue.command()
@click.argument("connection")
@click.argument("address", required=False)
@click.option("--plugin", default="csv_roster", show_default=True, help="The plugin that reads it.")
@click.option(
    "--dry-run", is_flag=True, help="Read the roster, show whose accounts would be linked, and stop."
)
@_secret
def roster(connection: str, address: str | None, plugin: str, dry_run: bool, secret: str) -> None:
    """Learn from ADDRESS whose the accounts of CONNECTION (its slug) are.

    Owners are named as in the network files. Nothing is unlinked; what does not fit is listed and left alone.
    """
    from hub.cli.opening import opened_hub
    from hub.training.courses.sync_roster import sync_roster

    with opened_hub() as hub:
        if dry_run:
            _preview_roster(hub, connection, plugin, address, secret)
            return
        _lay_down(hub, connection, "roster", plugin, address, secret)
        counts = sync_roster(hub, connection)
    click.echo(f"{_numbers(counts)}.")
    for problem in counts.problems:
        click.echo(f"  {problem}")


@catalogue.command()
def sources() -> None:
    """List where catalogues and rosters are read from, and how the last run went."""
    from hub.cli.opening import opened_hub
    from hub.cli.output import show_table
    from hub.training.courses.sources import list_sources

    with opened_hub() as hub, hub.reading() as uow:
        found = list_sources(uow)
    rows = [
        (
            source.slug,
            source.kind,
            source.plugin,
            source.address.partition("?")[0],
            f"{source.last_run_at:%Y-%m-%d %H:%M}" if source.last_run_at else "never",
            source.last_error or ", ".join(f"{n} {name}" for name, n in (source.last_counts or {}).items()),
        )
        for source in found
    ]
    show_table(("Connection", "Reads", "Plugin", "Address", "Last run (UTC)", "How it went"), rows)


def _preview(hub: "Hub", connection: str, plugin: str, address: str | None, secret: str) -> None:
    """What a sync would do; nothing is kept, not even the address."""
    from hub.training.courses.preview_catalogue import preview_catalogue

    source = _read_from(hub, connection, "catalogue", plugin, address, secret)
    found = preview_catalogue(hub, connection, *source)
    c = found.counts
    click.echo(
        f"Would be: {c.added} added, {c.changed} changed, {c.retired} retired, {c.unchanged} unchanged. Nothing was written."
    )
    for mark, titles in (("+", found.added), ("-", found.retired)):
        for title in titles:
            click.echo(f"  {mark} {title}")
    for before, after in found.renamed:
        click.echo(f"  {before} -> {after}")


def _preview_roster(hub: "Hub", connection: str, plugin: str, address: str | None, secret: str) -> None:
    """The same for a roster."""
    from hub.training.courses.preview_roster import preview_roster

    found = preview_roster(hub, connection, *_read_from(hub, connection, "roster", plugin, address, secret))
    click.echo(f"Would be: {_numbers(found.counts)}. Nothing was written.")
    for person, form in found.linked:
        click.echo(f"  + {person} ({form})")
    for problem in found.counts.problems:
        click.echo(f"  {problem}")


def _read_from(
    hub: "Hub", connection: str, kind: "SourceKind", plugin: str, address: str | None, secret: str
) -> tuple[str, str, str]:
    """Plugin, address and secret of a preview; without an address, those that were named before, the secret as it is kept."""
    from hub.cli.secret_option import read_secret
    from hub.training.courses.sources import find_source

    _refuse_secret_alone(address, secret)
    if address is not None:
        return plugin, address, read_secret(secret) if secret else ""
    with hub.reading() as uow:
        source = find_source(uow, connection, kind)
    return source.plugin, source.address, ""


def _numbers(counts: "RosterCounts") -> str:
    return ", ".join(f"{number} {name}" for name, number in counts.as_numbers().items())


def _refuse_secret_alone(address: str | None, secret: str) -> None:
    if secret and address is None:
        raise click.UsageError("A secret is for an address: name the ADDRESS too.")


def _lay_down(
    hub: "Hub", connection: str, kind: "SourceKind", plugin: str, address: str | None, secret: str
) -> None:
    """Keep what was named; without an address, what was named before counts."""
    from hub.cli.secret_option import read_secret
    from hub.network.systems.connections import find_connection
    from hub.training.courses.sources import set_source

    _refuse_secret_alone(address, secret)
    if address is None:
        return
    with hub.unit_of_work() as uow:
        connection_id = find_connection(uow, connection).id
        set_source(uow, connection_id, kind, plugin, address, read_secret(secret) if secret else "")
