"""``hub connect scim``: a partner's SCIM client, and its tokens."""

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from hub.sso.scim.names import PATH

if TYPE_CHECKING:
    from hub.store import UnitOfWork


@click.group()
def scim() -> None:
    """Let a partner's identity provider keep its people here by SCIM."""


@scim.command()
@click.argument("slug")
@click.option("--name", required=True, help="What operators read.")
@click.option(
    "--partner", required=True, help="Whose people it provides, as partner_id of the network files."
)
@click.option(
    "--days", type=click.IntRange(1, 3650), help="How long its token is good; without end if left out."
)
def add(slug: str, name: str, partner: str, days: int | None) -> None:
    """Connect a SCIM client under the name SLUG. Its token is shown once."""
    from hub.cli.opening import opened_hub
    from hub.network.importing.roster_keys import find_id
    from hub.sso.scim.tokens import connect_client, make_token

    with opened_hub() as hub, hub.unit_of_work() as uow:
        connection_id = connect_client(uow, slug, name, find_id(uow, "partner", partner))
        ends = uow.now + timedelta(days=days) if days else None
        token = make_token(uow, connection_id, "first", ends).token
        address = hub.settings.url(PATH)
    _show_token(address, token)


@scim.command()
@click.argument("slug")
@click.option("--label", default="", help="What it is for; people see it in lists.")
@click.option("--days", type=click.IntRange(1, 3650), help="How long it is good; without end if left out.")
def token(slug: str, label: str, days: int | None) -> None:
    """Make one more token for the client SLUG. It is shown once."""
    from hub.cli.opening import opened_hub
    from hub.sso.scim.tokens import make_token

    with opened_hub() as hub, hub.unit_of_work() as uow:
        ends = uow.now + timedelta(days=days) if days else None
        new = make_token(uow, _find(uow, slug), label, ends)
        address = hub.settings.url(PATH)
    _show_token(address, new.token)


@scim.command("list")
@click.argument("slug")
def list_(slug: str) -> None:
    """List the tokens of the client SLUG."""
    from hub.cli.opening import opened_hub
    from hub.cli.output import show_table
    from hub.sso.scim.tokens import list_tokens

    with opened_hub() as hub, hub.reading() as uow:
        rows = [
            (
                line.id,
                line.label,
                line.state,
                f"{line.expires_at:%Y-%m-%d}" if line.expires_at else "",
                f"{line.last_used_at:%Y-%m-%d %H:%M}" if line.last_used_at else "never",
            )
            for line in list_tokens(uow, _find(uow, slug))
        ]
    if rows:
        show_table(("token", "label", "state", "until", "last used"), rows)
    else:
        click.echo("It has no token yet.")


@scim.command()
@click.argument("slug")
@click.argument("token_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
def revoke(slug: str, token_id: str, yes: bool) -> None:
    """Refuse the token TOKEN_ID of the client SLUG from now on, for good."""
    from hub.cli.opening import opened_hub
    from hub.sso.scim.tokens import revoke_token

    if not yes:
        click.confirm("Whoever sends this token is refused at once. Revoke it?", abort=True)
    with opened_hub() as hub, hub.unit_of_work() as uow:
        revoke_token(uow, _find(uow, slug), token_id)
    click.echo("Revoked.")


def _find(uow: "UnitOfWork", slug: str) -> str:
    """The connection's id; Missing where there is no such SCIM client."""
    from hub.errors import Missing
    from hub.network.systems.connections import find_connection

    connection = find_connection(uow, slug)
    if connection.kind != "scim":
        raise Missing("no_connection", f"{slug} is no SCIM client.", "`hub connect scim add` connects one.")
    return connection.id


def _show_token(address: str, token: str) -> None:
    click.echo(f"address: {address}")
    click.echo(f"token:   {token}")
    click.echo("The token is shown only now. Enter it at the identity provider.", err=True)
