"""``hub credential``: keys and secrets of the systems that use the record store."""

from datetime import timedelta

import click

SCOPE_DEFAULT = ("statements/write", "statements/read/mine", "define")


@click.group()
def credential() -> None:
    """Make, list, test, renew and revoke the credentials of systems that use the record store (/xapi)."""


@credential.command("list")
@click.argument("words", nargs=-1)
@click.option("--revoked", is_flag=True, help="Show those that were revoked as well.")
def list_(words: tuple[str, ...], revoked: bool) -> None:
    """List credentials by connection: of all, or where WORDS occur in the connection, its partner, a key or a label."""
    from hub.cli.opening import opened_hub
    from hub.cli.output import show_table
    from hub.xapi.callers.credential_views import list_credentials, search_connections_with_credentials

    with opened_hub() as hub, hub.reading() as uow:
        found, more = search_connections_with_credentials(uow, " ".join(words))
        rows = [
            (
                connection.slug,
                line.key,
                line.label,
                " ".join(line.scopes),
                f"{line.last_used_at:%Y-%m-%d %H:%M}" if line.last_used_at else "never",
                f"until {line.expires_at:%Y-%m-%d}"
                if line.state == "active" and line.expires_at
                else line.state,
            )
            for connection in found
            for line in list_credentials(uow, connection.id, with_revoked=revoked)
        ]
    if rows:
        show_table(("connection", "key", "label", "scopes", "last used", "state"), rows)
    else:
        click.echo("There is no such credential." if words else "There are no credentials yet.")
    if more:
        click.echo("There are more connections; name words that narrow the list.", err=True)


@credential.command()
@click.argument("slug")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    default=SCOPE_DEFAULT,
    show_default=True,
    help="What it may do: statements/write, statements/read/mine, statements/read, state, profile, define, all/read"
    " or all. Repeatable.",
)
@click.option("--label", default="", help="What it is for; people see it in lists.")
@click.option("--days", type=click.IntRange(1, 3650), help="How long it is good; without end if left out.")
def create(slug: str, scopes: tuple[str, ...], label: str, days: int | None) -> None:
    """Make one more credential for the connection SLUG. Its secret is shown once."""
    from hub.cli.opening import opened_hub
    from hub.network.systems.connections import find_connection
    from hub.xapi.callers.credentials import create_credential

    with opened_hub() as hub, hub.unit_of_work() as uow:
        ends = uow.now + timedelta(days=days) if days else None
        new = create_credential(uow, find_connection(uow, slug).id, scopes, label, ends)
        endpoint, token_url = hub.settings.url("/xapi/"), hub.settings.url("/xapi/oauth/token")
    click.echo(
        "The system sends key and secret as HTTP Basic, or exchanges them for an access token (OAuth 2)."
    )
    _show_secret(new.key, new.secret, ("endpoint", endpoint), ("tokens", token_url))


@credential.command()
@click.argument("key")
def rotate(key: str) -> None:
    """Give the credential KEY a new secret, shown once. The old one and its access tokens are refused at once."""
    from hub.cli.opening import opened_hub
    from hub.xapi.callers.credentials import rotate_credential

    with opened_hub() as hub, hub.unit_of_work() as uow:
        new = rotate_credential(uow, key)
    click.echo("The old secret is refused from now on.")
    _show_secret(new.key, new.secret)


@credential.command()
@click.argument("key")
@click.option("--yes", is_flag=True, help="Do not ask.")
def revoke(key: str, yes: bool) -> None:
    """Refuse the credential KEY and its access tokens at once and for good."""
    from hub.cli.opening import opened_hub
    from hub.network.systems.connections import read_connection
    from hub.xapi.callers.credential_views import find_credential
    from hub.xapi.callers.credentials import revoke_credential

    with opened_hub() as hub:
        with hub.reading() as uow:
            line = find_credential(uow, key)
            name = read_connection(uow, line.connection_id).name
        if not yes:
            click.confirm(f"Refuse {line.label or 'this credential'} of {name} for good?", abort=True)
        with hub.unit_of_work() as uow:
            revoke_credential(uow, key)
    click.echo(f"Revoked. {name} is refused with it from now on.")


@credential.command()
@click.argument("key")
@click.option(
    "--secret",
    prompt="Secret",
    hide_input=True,
    help="Asked for if left out, so that it stands in no history.",
)
def test(key: str, secret: str) -> None:
    """Use the credential KEY as its system would, at public_url, and tell step by step what happened."""
    from hub.cli.opening import opened_hub
    from hub.cli.show_exchange import show_exchange
    from hub.xapi.callers.credential_views import find_credential
    from hub.xapi.callers.try_credential import try_credential

    with opened_hub() as hub:
        with hub.reading() as uow:
            line = find_credential(uow, key)
        exchange = try_credential(hub, line, secret)
    show_exchange(exchange)


def _show_secret(key: str, secret: str, *more: tuple[str, str]) -> None:
    click.echo("The secret is shown only now.\n")
    for name, value in (*more, ("key", key), ("secret", secret)):
        click.echo(f"  {name:<9} {value}")
