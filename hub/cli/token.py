"""``hub token``: tokens of programs that use the REST interface (/api/v1)."""

from datetime import timedelta

import click


@click.group()
def token() -> None:
    """Make, list and revoke the tokens of programs that use the REST interface (/api/v1)."""


@token.command()
@click.option(
    "--partner", default="", help="It reaches as far as this partner, as partner_id of the network files."
)
@click.option(
    "--person", default="", help="It reaches as far as this person, as person_id of the network files."
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    help="What it is for, such as people/read; the page of tokens lists them all. Repeatable.",
)
@click.option("--label", default="", help="What it is for; people see it in lists.")
@click.option("--days", type=click.IntRange(1, 3650), help="How long it is good; without end if left out.")
def create(partner: str, person: str, scopes: tuple[str, ...], label: str, days: int | None) -> None:
    """Make a token. It is shown once, and reaches everything unless --partner or --person says how far."""
    from hub.access.api_tokens import make_api_token
    from hub.access.reach import OPERATOR, Reach
    from hub.cli.opening import opened_hub
    from hub.network.importing.roster_keys import find_id

    if partner and person:
        raise click.UsageError("A token belongs to a partner or to a person, not to both.")
    with opened_hub() as hub, hub.unit_of_work() as uow:
        reach = OPERATOR
        if partner:
            reach = Reach("partner", find_id(uow, "partner", partner))
        elif person:
            reach = Reach("person", find_id(uow, "person", person))
        ends = uow.now + timedelta(days=days) if days else None
        new = make_api_token(uow, reach, scopes, label, ends)
        address = hub.settings.url("/api/v1/openapi.json")
    click.echo(f"document: {address}")
    click.echo(f"token:    {new.token}")
    click.echo("The token is shown only now. Programs send it as Authorization: Bearer.", err=True)


@token.command("list")
def list_() -> None:
    """List the newest hundred tokens, also those that ended."""
    from hub.access.api_tokens import list_api_tokens
    from hub.cli.opening import opened_hub
    from hub.cli.output import show_table

    with opened_hub() as hub, hub.reading() as uow:
        rows = [
            (
                line.id,
                line.owner or "the hub",
                line.label,
                " ".join(line.scopes),
                f"{line.last_used_at:%Y-%m-%d %H:%M}" if line.last_used_at else "never",
                f"until {line.expires_at:%Y-%m-%d}"
                if line.state == "active" and line.expires_at
                else line.state,
            )
            for line in list_api_tokens(uow)
        ]
    if rows:
        show_table(("token", "owner", "label", "scopes", "last used", "state"), rows)
    else:
        click.echo("There are no tokens yet.")


@token.command()
@click.argument("token_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
def revoke(token_id: str, yes: bool) -> None:
    """Refuse the token TOKEN_ID from now on, for good."""
    from hub.access.api_tokens import revoke_api_token
    from hub.cli.opening import opened_hub

    if not yes:
        click.confirm("Whoever sends this token is refused at once. Revoke it?", abort=True)
    with opened_hub() as hub, hub.unit_of_work() as uow:
        revoke_api_token(uow, token_id)
    click.echo("Revoked.")
