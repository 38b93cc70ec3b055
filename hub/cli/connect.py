"""``hub connect``: systems outside the hub."""

import dataclasses
from typing import TYPE_CHECKING

import click

from hub.cli.secret_option import read_secret

if TYPE_CHECKING:
    from hub.store import UnitOfWork

PARTNER = "The partner it belongs to, as partner_id of the network files; left out if several share it."


@click.group()
def connect() -> None:
    """Connect identity providers and learning systems."""


@connect.command()
@click.argument("slug")
@click.option("--name", required=True, help="What people read on the sign-in page.")
@click.option("--partner", help=PARTNER)
@click.option("--issuer", required=True, help="The provider's issuer, spelled exactly as it spells it.")
@click.option("--client-id", required=True)
@click.option(
    "--client-secret",
    prompt="Client secret",
    hide_input=True,
    callback=lambda _, __, value: read_secret(value),
    help="env:NAME or file:PATH; asked for if left out, so that it stands in no history.",
)
@click.option(
    "--domain", "domains", multiple=True, help="Mail domain of the people who sign in there. Repeatable."
)
def idp(
    slug: str,
    name: str,
    partner: str | None,
    issuer: str,
    client_id: str,
    client_secret: str,
    domains: tuple[str, ...],
) -> None:
    """Connect an identity provider (OpenID Connect) under the name SLUG. It is asked first; nothing is saved if it fails."""
    from hub.cli.opening import opened_hub
    from hub.sso.connect import connect_identity_provider

    with opened_hub() as hub:
        with hub.reading() as uow:
            partner_id = _partner_id(uow, partner)
        connect_identity_provider(hub, slug, name, partner_id, issuer, client_id, client_secret, domains)
        callback = hub.settings.url(f"/sso/oidc/{slug}/callback")
    click.echo(f"Connected {name}. Its administrator must allow this redirect URI:\n  {callback}")


@connect.command()
@click.argument("slug")
@click.option("--name", required=True, help="What people read on the plan.")
@click.option("--partner", help=PARTNER)
@click.option("--login-url", required=True, help="Where a launch begins (OIDC initiation).")
@click.option("--launch-url", required=True, help="Where it ends (target link URI).")
@click.option("--jwks-url", required=True, help="The tool's public keys.")
@click.option(
    "--redirect-uri",
    "redirect_uris",
    multiple=True,
    help="Where an id_token may be posted to. Repeatable; the launch URL if none.",
)
@click.option("--anonymous", is_flag=True, help="Tell the tool neither names nor e-mail addresses.")
def tool(
    slug: str,
    name: str,
    partner: str | None,
    login_url: str,
    launch_url: str,
    jwks_url: str,
    redirect_uris: tuple[str, ...],
    anonymous: bool,
) -> None:
    """Connect a learning system as LTI 1.3 tool under the name SLUG, and print what it must know of the hub."""
    from hub.cli.opening import opened_hub
    from hub.errors import Missing
    from hub.lti.tools import add_tool, connect_tool
    from hub.network.connections import find_connection

    with opened_hub() as hub, hub.unit_of_work() as uow:
        urls = {"login_url": login_url, "launch_url": launch_url, "jwks_url": jwks_url}
        given = {"redirect_uris": redirect_uris, "shares_personal_data": not anonymous}
        try:
            known = find_connection(uow, slug)
        except Missing:
            registration = connect_tool(uow, slug, name, _partner_id(uow, partner), **urls, **given)  # type: ignore[arg-type]
        else:
            registration = add_tool(uow, known.id, **urls, **given)  # type: ignore[arg-type]
    click.echo(f"Connected {name}. Its administrator enters this about the hub:\n")
    for field, value in dataclasses.asdict(registration).items():
        shown = " ".join(value) if isinstance(value, tuple) else value
        click.echo(f"  {field.replace('_', ' '):<16}{shown}")


@connect.command()
@click.argument("slug")
@click.option("--name", help="What people read; needed if SLUG is new.")
@click.option("--partner", help=PARTNER)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    default=("statements/write", "statements/read/mine", "define"),
    show_default=True,
    help="What it may do. Repeatable.",
)
def source(slug: str, name: str | None, partner: str | None, scopes: tuple[str, ...]) -> None:
    """Let a learning system send xAPI statements: print a new key and secret for SLUG, which may be connected already."""
    from hub.cli.opening import opened_hub
    from hub.errors import Missing
    from hub.network.connections import create_connection, find_connection
    from hub.xapi.credentials import create_credential

    with opened_hub() as hub, hub.unit_of_work() as uow:
        try:
            connection_id = find_connection(uow, slug).id
        except Missing:
            if name is None:
                raise click.UsageError(
                    f"There is no connection {slug} yet; name the new one with --name."
                ) from None
            connection_id = create_connection(uow, slug, "lms", name, _partner_id(uow, partner))
        credential = create_credential(uow, connection_id, scopes)
        endpoint = hub.settings.url("/xapi")
    click.echo("The system sends its statements with HTTP Basic. The secret is shown only now.\n")
    click.echo(f"  endpoint  {endpoint}/\n  key       {credential.key}\n  secret    {credential.secret}")


def _partner_id(uow: "UnitOfWork", partner: str | None) -> str | None:
    from hub.network.roster_keys import find_id

    return find_id(uow, "partner", partner) if partner else None
