"""``hub connect``: systems outside the hub."""

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from hub.cli.connect_saml import saml
from hub.cli.connect_saml_client import saml_client
from hub.cli.connect_scim import scim
from hub.cli.secret_option import read_secret
from hub.cli.setup_link import setup_link

if TYPE_CHECKING:
    from hub.lti.registration.drafts import Direction
    from hub.store import UnitOfWork

PARTNER = "The partner it belongs to, as partner_id of the network files; left out if several share it."


@click.group()
def connect() -> None:
    """Connect identity providers and learning systems."""


connect.add_command(setup_link)
connect.add_command(saml)
connect.add_command(saml_client)
connect.add_command(scim)


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
@click.option("--scope", "scopes", multiple=True, help="What is asked for beside openid. Repeatable.")
@click.option("--required-acr", default="", help="How people must have signed in there, as its acr says it.")
@click.option("--secret-expires-on", default="", help="A date such as 2027-03-31, of which you are reminded.")
@click.option("--stay-signed-in", is_flag=True, help="Signing out of the hub does not sign out there.")
def idp(
    slug: str,
    name: str,
    partner: str | None,
    issuer: str,
    client_id: str,
    client_secret: str,
    domains: tuple[str, ...],
    scopes: tuple[str, ...],
    required_acr: str,
    secret_expires_on: str,
    stay_signed_in: bool,
) -> None:
    """Connect an identity provider (OpenID Connect) under the name SLUG. It is asked first; nothing is saved if it fails."""
    from hub.cli.opening import opened_hub
    from hub.errors import BadInput
    from hub.sso.oidc.connect import connect_identity_provider
    from hub.sso.oidc.settings import ProviderSettings, change_provider, check

    settings = ProviderSettings(
        client_id,
        scopes=" ".join(("openid", *scopes)),
        required_acr=required_acr,
        secret_expires_on=secret_expires_on,
        signs_out=not stay_signed_in,
    )
    if problems := check(settings):
        raise BadInput("bad_provider", "The provider cannot be connected like that.", "", problems)
    with opened_hub() as hub:
        with hub.reading() as uow:
            partner_id = _partner_id(uow, partner)
        connect_identity_provider(hub, slug, name, partner_id, issuer, client_id, client_secret, domains)
        with hub.unit_of_work() as uow:
            change_provider(uow, slug, settings)
        callback = hub.settings.url(f"/sso/oidc/{slug}/callback")
    click.echo(f"Connected {name}. Its administrator must allow this redirect URI:\n  {callback}")


@connect.command()
@click.argument("slug")
@click.option("--name", required=True, help="What people read on the plan.")
@click.option("--partner", help=PARTNER)
@click.option("--login-url", help="Where a launch begins (OIDC initiation).")
@click.option("--launch-url", help="Where it ends (target link URI).")
@click.option("--jwks-url", help="The tool's public keys.")
@click.option(
    "--registration-url",
    help="Where the tool registers itself (dynamic registration); instead of the other addresses.",
)
@click.option(
    "--redirect-uri",
    "redirect_uris",
    multiple=True,
    help="Where an id_token may be posted to. Repeatable; the launch URL if none.",
)
@click.option("--deep-linking-url", help="Where its courses are chosen.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    help="A service it may use, such as score or the whole address of the scope. Repeatable; the usual ones if none.",
)
@click.option("--anonymous", is_flag=True, help="Tell the tool neither names nor e-mail addresses.")
def tool(
    slug: str,
    name: str,
    partner: str | None,
    registration_url: str | None,
    scopes: tuple[str, ...],
    anonymous: bool,
    **addresses: Any,
) -> None:
    """Connect a learning system as LTI 1.3 tool under the name SLUG, and print what it must know of the hub."""
    from hub.cli.opening import opened_hub
    from hub.errors import Missing
    from hub.lti.tools import add_tool, connect_tool
    from hub.network.systems.connections import find_connection

    if registration_url:
        _open_registration("tool", slug, name, partner, registration_url)
        return
    for option in ("login_url", "launch_url", "jwks_url"):
        if not addresses[option]:
            raise click.UsageError(f"Missing option '--{option.replace('_', '-')}', or --registration-url.")
    given: dict[str, Any] = {**addresses, "shares_personal_data": not anonymous}
    if scopes:
        given["scopes"] = [_whole_scope(scope) for scope in scopes]
    with opened_hub() as hub, hub.unit_of_work() as uow:
        try:
            known = find_connection(uow, slug)
        except Missing:
            registration = connect_tool(uow, slug, name, _partner_id(uow, partner), **given)
        else:
            registration = add_tool(uow, known.id, **given)
    click.echo(f"Connected {name}. Its administrator enters this about the hub:\n")
    _show(dataclasses.asdict(registration))


@connect.command()
@click.argument("slug")
@click.option("--name", required=True, help="What people call it.")
@click.option("--partner", help=PARTNER)
@click.option("--issuer", help="Its issuer (platform id), spelled exactly as it spells it.")
@click.option("--client-id", help="How it calls the hub.")
@click.option("--authorize-url", help="Its authentication address.")
@click.option("--token-url", help="Where it gives access tokens.")
@click.option("--jwks-url", help="Its public keys.")
@click.option("--deployment", help="Its deployment id; without one, the first launch waits for approval.")
@click.option(
    "--unknown-people",
    type=click.Choice(["link", "refuse"]),
    default="link",
    show_default=True,
    help="What becomes of people the hub does not know: they sign in once to link their account, or are refused.",
)
@click.option(
    "--registration",
    is_flag=True,
    help="Print an address by which it registers the hub, instead of the rest.",
)
def platform(
    slug: str,
    name: str,
    partner: str | None,
    deployment: str | None,
    registration: bool,
    **settings: Any,
) -> None:
    """Let a learning system open courses of the hub (LTI 1.3 platform) under the name SLUG, and print what it must know."""
    from hub.cli.opening import opened_hub
    from hub.errors import Missing
    from hub.lti.tool.platforms import add_platform, connect_platform
    from hub.network.systems.connections import find_connection

    if registration:
        _open_registration("platform", slug, name, partner, "")
        return
    for option in ("issuer", "client_id", "authorize_url", "token_url", "jwks_url"):
        if not settings[option]:
            raise click.UsageError(f"Missing option '--{option.replace('_', '-')}', or --registration.")
    if deployment:
        settings["deployment_id"] = deployment
    with opened_hub() as hub, hub.unit_of_work() as uow:
        try:
            known = find_connection(uow, slug)
        except Missing:
            made = connect_platform(uow, slug, name, _partner_id(uow, partner), **settings)
        else:
            made = add_platform(uow, known.id, **settings)
    click.echo(f"Connected {name}. Its administrator enters this about the hub:\n")
    _show(dataclasses.asdict(made))


@connect.command()
@click.argument("slug")
@click.option("--name", help="What people read; needed if SLUG is new.")
@click.option("--partner", help=PARTNER)
@click.option(
    "--redirect-uri",
    "redirect_uris",
    multiple=True,
    required=True,
    help="Where people come back to after signing in, exactly as the system sends it. Repeatable.",
)
@click.option(
    "--auth-method",
    type=click.Choice(["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]),
    default="client_secret_basic",
    show_default=True,
    help="How it shows who it is; none for a program on people's own devices.",
)
@click.option("--jwks-url", "jwks_uri", default="", help="Where it publishes its keys, for private_key_jwt.")
@click.option(
    "--logout-redirect-uri",
    "logout_redirect_uris",
    multiple=True,
    help="Where people may be sent after signing out. Repeatable.",
)
@click.option("--logout-url", default="", help="Where it hears that a session is over (back-channel logout).")
@click.option("--refresh", "refreshes", is_flag=True, help="Give it refresh tokens.")
@click.option("--anonymous", is_flag=True, help="Tell it neither names nor e-mail addresses.")
def client(slug: str, name: str | None, partner: str | None, anonymous: bool, **settings: Any) -> None:
    """Let people sign in at SLUG with the hub (OpenID Connect): print client id and secret for it."""
    from hub.cli.opening import opened_hub
    from hub.errors import Missing
    from hub.network.systems.connections import create_connection, find_connection
    from hub.sso.provider.clients import add_client

    given: dict[str, Any] = {
        field: list(value) if isinstance(value, tuple) else value for field, value in settings.items()
    }
    given["scopes"] = [] if anonymous else ["profile", "email"]
    with opened_hub() as hub, hub.unit_of_work() as uow:
        try:
            known = find_connection(uow, slug)
        except Missing:
            if name is None:
                raise click.UsageError(
                    f"There is no connection {slug} yet; name the new one with --name."
                ) from None
            connection_id = create_connection(uow, slug, "lms", name, _partner_id(uow, partner))
        else:
            connection_id, name = known.id, name or known.name
        made = add_client(uow, connection_id, name=name, **given)
        discovery = hub.settings.url("/.well-known/openid-configuration")
        issuer = hub.settings.public_url
    click.echo("Its administrator enters this about the hub. The secret is shown only now.\n")
    _show(
        {
            "discovery": discovery,
            "issuer": issuer,
            "client_id": made.client_id,
            "secret": made.secret or "none",
        }
    )


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
    from hub.network.systems.connections import create_connection, find_connection
    from hub.xapi.callers.credentials import create_credential

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


def _open_registration(
    direction: "Direction", slug: str, name: str, partner: str | None, registration_url: str
) -> None:
    from hub.cli.opening import opened_hub
    from hub.lti.registration.drafts import open_draft

    with opened_hub() as hub, hub.unit_of_work() as uow:
        new = open_draft(
            uow,
            direction=direction,
            partner_id=_partner_id(uow, partner),
            slug=slug,
            name=name,
            created_by=None,
            registration_url=registration_url,
        )
    if direction == "tool":
        click.echo("Open this address in a browser, then approve what the system sent under Registrations:\n")
    else:
        click.echo("Paste this address into the system. It is shown only now, and works once:\n")
    click.echo(f"  {new.address}")


def _whole_scope(scope: str) -> str:
    """The scope of this last part, such as ``score``; what is none is left for the hub to refuse."""
    from hub.lti.vocabulary import ALL_SCOPES

    return next((whole for whole in ALL_SCOPES if whole.endswith(f"/{scope}")), scope)


def _show(facts: Mapping[str, Any]) -> None:
    for field, value in facts.items():
        shown = " ".join(value) if isinstance(value, tuple) else value
        click.echo(f"  {field.replace('_', ' '):<18}{shown}")


def _partner_id(uow: "UnitOfWork", partner: str | None) -> str | None:
    from hub.network.importing.roster_keys import find_id

    return find_id(uow, "partner", partner) if partner else None
