"""``hub connect setup-link`` and ``hub sso`` commands about what a partner's administrator does with it."""

import click

DAYS = click.IntRange(1, 90)


@click.command("setup-link")
@click.argument("partner")
@click.option("--name", help="What the partner's administrator reads; “Sign-in of PARTNER” if left out.")
@click.option(
    "--part",
    "parts",
    multiple=True,
    type=click.Choice(["sign_in", "provisioning", "tool", "platform", "admin"]),
    default=("sign_in", "provisioning"),
    show_default=True,
    help="What the link lets them connect: their sign-in, the list of their people, an LMS in either direction; admin lets the first one who signs in look after their people. Repeatable.",
)
@click.option("--new", is_flag=True, help="PARTNER is the name of a partner that is added now.")
@click.option("--external-id", default="", help="How network files call the new partner.")
@click.option("--days", type=DAYS, default=7, show_default=True, help="How long it is good.")
def setup_link(
    partner: str, name: str | None, parts: tuple[str, ...], new: bool, external_id: str, days: int
) -> None:
    """Print a link by which an administrator of PARTNER connects their systems. It is shown once."""
    from hub.cli.opening import opened_hub
    from hub.network.structure.partners import create_partner
    from hub.network.systems.setup_links import make_setup_link
    from hub.network.views import find_partner

    if external_id and not new:
        raise click.UsageError("--external-id is for a partner that is added with --new.")
    with opened_hub() as hub, hub.unit_of_work() as uow:
        partner_id = create_partner(uow, partner, external_id) if new else find_partner(uow, partner)
        made = make_setup_link(uow, partner_id, parts, name or f"Sign-in of {partner}", None, days)
    click.echo(f"Send it to the partner's administrator. It is shown only now, and good for {days} days.\n")
    click.echo(f"  {made.address}")


@click.command()
def expiring() -> None:
    """List secrets, certificates and tokens of sign-ins that end within 30 days or have ended."""
    from hub.cli.opening import opened_hub
    from hub.cli.output import show_table
    from hub.network.views import list_slugs
    from hub.sso.onboarding.expiries import list_expiring
    from hub.sso.onboarding.watch import look_everywhere
    from hub.sso.onboarding.watch_words import KINDS

    with opened_hub() as hub:
        look_everywhere(hub)
        with hub.reading() as uow:
            found = list_expiring(uow)
            slugs = list_slugs(uow, [one.connection_id for one in found])
    if not found:
        click.echo("Nothing ends within 30 days.")
        return
    rows = [
        (
            slugs.get(one.connection_id or "", "this hub"),
            KINDS[one.kind].words,
            f"{one.expires_at:%Y-%m-%d %H:%M}",
        )
        for one in found
    ]
    show_table(("connection", "what", "ends (UTC)"), rows)


@click.command()
@click.argument("slug")
@click.argument("domain")
@click.option("--vouch", is_flag=True, help="Let it lead there on your word, without a record in the DNS.")
@click.option("--remove", is_flag=True, help="Let it lead there no longer.")
def domain(slug: str, domain: str, vouch: bool, remove: bool) -> None:
    """Send people with e-mail addresses at DOMAIN to the sign-in SLUG once its TXT record is in the DNS, and look it up now."""
    from hub.cli.opening import opened_hub
    from hub.network.systems.connections import find_connection
    from hub.sso.onboarding import domains

    if vouch and remove:
        raise click.UsageError("--vouch and --remove exclude each other.")
    with opened_hub() as hub:
        with hub.unit_of_work() as uow:
            connection_id = find_connection(uow, slug).id
            if remove:
                domains.drop_domain(uow, connection_id, domains.clean_domain(domain))
                click.echo(f"{domain} no longer leads to {slug}.")
                return
            if vouch:
                domains.vouch_for_domain(uow, connection_id, domain, None)
                click.echo(f"{domain} leads to {slug}.")
                return
            claim = domains.claim_domain(uow, connection_id, domain)
        claim, answer = domains.check_domain(hub, connection_id, claim.domain)
    click.echo(f"TXT record  {claim.record_name}\n    value   {claim.record_value}")
    if answer.problem:
        click.echo(f"Not proved yet ({answer.problem}). The hub looks it up again by itself.")
    else:
        click.echo(f"Proved: {domain} leads to {slug}.")
