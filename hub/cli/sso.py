"""``hub sso``: signing in at the hub, and at other systems with it."""

import click

from hub.cli.connect_saml import rotate_saml_key
from hub.cli.setup_link import domain, expiring


@click.group()
def sso() -> None:
    """Look after signing in: keys and accounts."""


sso.add_command(expiring)
sso.add_command(domain)
sso.add_command(rotate_saml_key)


@sso.command()
def keys() -> None:
    """List the keys that sign who has signed in, for the systems behind the hub."""
    from hub.cli.opening import opened_hub
    from hub.cli.output import show_table
    from hub.signing.keys import list_signing_keys

    with opened_hub() as hub, hub.reading() as uow:
        found, now = list_signing_keys(uow, "oidc"), uow.now
    rows = []
    for key in found:
        state = "signs"
        if key.retired_at is not None:
            is_out = key.retired_at > now
            state = f"published until {key.retired_at:%Y-%m-%d %H:%M}" if is_out else "gone"
        rows.append((key.kid, f"{key.created_at:%Y-%m-%d %H:%M}", state))
    if rows:
        show_table(("key", "made (UTC)", "state"), rows)
    else:
        click.echo("There is no key yet; the first one is made when it is needed.")


@sso.command("rotate-key")
def rotate_key() -> None:
    """Sign with a new key from now on. The one before it stays published for a day."""
    from hub.cli.opening import opened_hub
    from hub.signing.keys import rotate_signing_key

    with opened_hub() as hub, hub.unit_of_work() as uow:
        kid = rotate_signing_key(uow, "oidc")
    click.echo(f"{kid} signs from now on.")


@sso.command("rotate-secret")
@click.argument("client_id")
@click.option(
    "--overlap",
    type=click.IntRange(0, 30),
    default=1,
    show_default=True,
    help="For how many days the old secret stays good.",
)
def rotate_secret(client_id: str, overlap: int) -> None:
    """Print a new secret for the system with this CLIENT_ID, which signs people in with the hub."""
    from datetime import timedelta

    from hub.cli.opening import opened_hub
    from hub.sso.provider.clients import rotate_client_secret

    with opened_hub() as hub, hub.unit_of_work() as uow:
        new = rotate_client_secret(uow, client_id, timedelta(days=overlap))
    click.echo("The secret is shown only now.\n")
    click.echo(f"  client id  {new.client_id}\n  secret     {new.secret}")


@sso.command("try")
@click.argument("slug")
def try_connection(slug: str) -> None:
    """Ask the identity provider SLUG for its metadata and keys, and by OpenID Connect whether it knows the hub."""
    from hub.cli.opening import opened_hub
    from hub.cli.show_exchange import show_exchange
    from hub.network.systems.connections import find_connection
    from hub.sso.oidc.try_provider import try_provider
    from hub.sso.saml.try_provider import try_saml_provider

    with opened_hub() as hub:
        with hub.reading() as uow:
            kind = find_connection(uow, slug).kind
        exchange = (try_saml_provider if kind == "saml" else try_provider)(hub, slug)
    show_exchange(exchange)


@sso.command("sign-out")
@click.argument("person")
@click.option(
    "--dry-run", is_flag=True, help="Count the sessions, name the systems that would be told, and stop."
)
def sign_out_person(person: str, dry_run: bool) -> None:
    """End every session of PERSON (the person_id of the network files, or the hub's own id), and tell the systems behind the hub."""
    from hub.cli.opening import opened_hub
    from hub.cli.output import end_dry_run
    from hub.ids import is_id
    from hub.journal import audit
    from hub.network.importing.roster_keys import find_id
    from hub.network.people.person import read_person
    from hub.network.views import names_of_connections
    from hub.sso.sessions import end_sessions_of, plan_sign_out

    with opened_hub() as hub:
        if dry_run:
            with hub.reading() as uow:
                found = read_person(uow, person if is_id(person) else find_id(uow, "person", person))
                plan = plan_sign_out(uow, found.id)
                names = names_of_connections(uow, list(plan.told))
            click.echo(f"{_sessions(plan.sessions)} would end.")
            for id, times in plan.told.items():
                click.echo(f"  {names[id]} would be told of {_sessions(times)}")
            end_dry_run()
            return
        with hub.unit_of_work() as uow:
            found = read_person(uow, person if is_id(person) else find_id(uow, "person", person))
            ended = end_sessions_of(uow, found.id)
            if ended:
                detail = {"sessions": ended}
                audit(uow, "session_ended", found.id, partner_id=found.partner_id, detail=detail)
    click.echo(f"Ended {_sessions(ended)}.")


def _sessions(count: int) -> str:
    return f"{count} {'session' if count == 1 else 'sessions'}"


@sso.command()
@click.argument("name")
@click.argument("partner")
@click.option("--location", help="One of its locations, as the network files call it.")
@click.option("--remove", is_flag=True, help="Let the name lead nowhere any more.")
def door(name: str, partner: str, location: str | None, remove: bool) -> None:
    """Let /sign-in/NAME show where the people of PARTNER sign in (its name, or as the network files call it)."""
    from hub.cli.opening import opened_hub
    from hub.errors import Missing
    from hub.network.importing.roster_keys import find_id
    from hub.network.views import find_partner
    from hub.sso.doors import add_door, list_doors, remove_door

    with opened_hub() as hub, hub.unit_of_work() as uow:
        partner_id = find_partner(uow, partner)
        if remove and name not in {each.slug for each in list_doors(uow, partner_id)}:
            raise Missing("no_door", f"{partner} has no door {name}.")
        if remove:
            remove_door(uow, name)
        else:
            add_door(uow, name, partner_id, find_id(uow, "location", location) if location else None)
        address = hub.settings.url(f"/sign-in/{name}")
    click.echo(f"{address} leads nowhere any more." if remove else f"Its people sign in at {address}")


@sso.command()
@click.argument("person")
@click.option(
    "--partner", help="At which partner, as partner_id of the network files; the employer if left out."
)
@click.option("--partner-admin", is_flag=True, help="They also look after the people of this partner.")
@click.option("--dry-run", is_flag=True, help="Check everything, say where the mail would go, and stop.")
def invite(person: str, partner: str | None, partner_admin: bool, dry_run: bool) -> None:
    """Invite PERSON to an account of the hub's own, and print the link to hand over. It works once, for 14 days.

    PERSON is the person_id of the network files, or the hub's own id. The same invitation goes out by mail.
    """
    from hub.cli.dry import dry
    from hub.cli.opening import opened_hub
    from hub.cli.output import end_dry_run
    from hub.ids import is_id
    from hub.network.importing.roster_keys import find_id
    from hub.network.people.person import read_person
    from hub.network.views import find_partner
    from hub.sso.local.invite import invite_person

    with opened_hub() as hub, (dry(hub) if dry_run else hub).unit_of_work() as uow:
        found = read_person(uow, person if is_id(person) else find_id(uow, "person", person))
        partner_id = find_partner(uow, partner) if partner else found.partner_id
        address = invite_person(uow, partner_id, found.id, None, looks_after=partner_admin)
    if dry_run:
        click.echo(f"{found.name} would be invited, by a mail to {found.email}.")
        end_dry_run()
        return
    click.echo(f"{found.name} is invited. Hand over this link, or let the mail do it:\n  {address}")
