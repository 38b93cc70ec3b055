"""``hub lti``: learning systems that speak LTI: keys, deployments, setup links, trials, and scores passed back."""

from typing import TYPE_CHECKING, Literal

import click

if TYPE_CHECKING:
    from hub.lti.bridge.deliveries import GradeRow


@click.group()
def lti() -> None:
    """Look after learning systems that speak LTI."""


@lti.command()
def keys() -> None:
    """List the hub's signing keys."""
    from hub.cli.opening import opened_hub
    from hub.cli.output import show_table
    from hub.lti.platform_keys import list_platform_keys

    with opened_hub() as hub, hub.reading() as uow:
        found, now = list_platform_keys(uow), uow.now
    rows = [
        (
            key.kid,
            f"{key.created_at:%Y-%m-%d %H:%M}",
            "signs"
            if key.retired_at is None
            else f"published until {key.retired_at:%Y-%m-%d %H:%M}"
            if key.retired_at > now
            else "gone",
        )
        for key in found
    ]
    if rows:
        show_table(("key", "made (UTC)", "state"), rows)
    else:
        click.echo("There is no key yet; the first one is made when it is needed.")


@lti.command("rotate-key")
def rotate_key() -> None:
    """Sign with a new key from now on. The one before it stays published for a day."""
    from hub.cli.opening import opened_hub
    from hub.lti.platform_keys import rotate_platform_key

    with opened_hub() as hub, hub.unit_of_work() as uow:
        kid = rotate_platform_key(uow)
    click.echo(f"{kid} signs from now on.")


@lti.command()
@click.argument("slug")
@click.option("--approve", help="Let in launches from this deployment of a platform.")
@click.option("--refuse", help="Refuse launches from this deployment of a platform.")
@click.option("--add", help="Add this deployment of a tool, for the partner of --partner.")
@click.option("--partner", help="Whose people it is for: partner_id of the network files, or the full name.")
def deployments(
    slug: str, approve: str | None, refuse: str | None, add: str | None, partner: str | None
) -> None:
    """List the deployments of SLUG, as tool and as platform, or decide on one."""
    from hub.cli.opening import opened_hub
    from hub.cli.output import show_table
    from hub.lti.connection_views import platform_part, tool_part
    from hub.lti.deployments import save_deployment
    from hub.lti.tool.platform_deployments import decide_deployment
    from hub.network.systems.connections import find_connection
    from hub.network.views import find_partner, names_of_partners

    if add and not partner:
        raise click.UsageError("Say with --partner for whose people it is.")
    with opened_hub() as hub:
        with hub.unit_of_work() as uow:
            id = find_connection(uow, slug).id
            partner_id = find_partner(uow, partner) if partner else None
            if add:
                save_deployment(uow, id, add, partner_id=partner_id, name="", disabled=False)
            if approve:
                decide_deployment(uow, id, approve, "approved", partner_id)
            if refuse:
                decide_deployment(uow, id, refuse, "refused", partner_id)
        with hub.reading() as uow:
            tool, platform = tool_part(uow, id), platform_part(uow, id)
            of_tool = tool.deployments if tool else []
            of_platform = platform.deployments if platform else []
            names = names_of_partners(
                uow, [*(d.partner_id for d in of_tool), *(d.partner_id for d in of_platform)]
            )
    rows = [
        ("tool", d.deployment_id, names.get(d.partner_id or "", "all"), "off" if d.disabled else "on")
        for d in of_tool
    ]
    rows += [
        ("platform", d.deployment_id, names.get(d.partner_id or "", "all"), d.state) for d in of_platform
    ]
    if rows:
        show_table(("as", "deployment", "partner", "state"), rows)
    else:
        click.echo("It has no deployments.")


@lti.command("setup-link")
@click.argument("partner")
@click.option("--name", required=True, help="What the partner's administrator reads.")
@click.option(
    "--kind",
    type=click.Choice(["tool", "platform", "both"]),
    default="both",
    show_default=True,
    help="tool: the hub opens courses of their LMS; platform: their LMS opens courses of the hub.",
)
@click.option("--days", type=click.IntRange(1, 90), default=7, show_default=True, help="How long it is good.")
def setup_link(partner: str, name: str, kind: Literal["tool", "platform", "both"], days: int) -> None:
    """Print a link by which an administrator of PARTNER connects their LMS. It is shown once."""
    from hub.cli.opening import opened_hub
    from hub.network.systems.setup_links import make_setup_link
    from hub.network.views import find_partner

    parts = ["tool", "platform"] if kind == "both" else [kind]
    with opened_hub() as hub, hub.unit_of_work() as uow:
        made = make_setup_link(uow, find_partner(uow, partner), parts, name, None, days)
    click.echo(f"Send it to the partner's administrator. It is shown only now, and good for {days} days.\n")
    click.echo(f"  {made.address}")


@lti.command("try")
@click.argument("slug")
def try_(slug: str) -> None:
    """Do the exchange with SLUG, as tool and as platform, and tell step by step what happened."""
    from hub.cli.opening import opened_hub
    from hub.cli.show_exchange import show_exchange
    from hub.errors import Missing
    from hub.exchange import Exchange, Step
    from hub.lti.registration.try_platform import try_platform
    from hub.lti.registration.try_tool import try_tool
    from hub.network.systems.connections import find_connection

    steps: list[Step] = []
    with opened_hub() as hub:
        with hub.reading() as uow:
            id = find_connection(uow, slug).id
        for attempt in (try_tool, try_platform):
            try:
                steps += attempt(hub, id).steps
            except Missing:
                continue  # it is not both
    if not steps:
        raise Missing("not_lti", f"{slug} is neither an LTI tool nor a platform.", "Connect it first.")
    show_exchange(Exchange(steps))


@lti.group()
def passback() -> None:
    """Look after scores that go to other systems' gradebooks."""


@passback.command("list")
@click.option(
    "--state", type=click.Choice(["waiting", "parked", "delivered", "superseded", "dismissed"]), default=None
)
@click.option("--connection", "slug", help="Only to this system (its slug).")
def list_(state: str | None, slug: str | None) -> None:
    """List the latest scores that were passed back, or could not be."""
    from hub.cli.opening import opened_hub
    from hub.cli.output import show_table
    from hub.lti.bridge.deliveries import list_grades
    from hub.network.systems.connections import find_connection
    from hub.network.views import names_of_connections

    with opened_hub() as hub, hub.reading() as uow:
        id = find_connection(uow, slug).id if slug else None
        found = list_grades(uow, connection_id=id, state=state or "")
        names = names_of_connections(uow, [grade.connection_id for grade in found.rows])
    rows = [
        (
            grade.id,
            names.get(grade.connection_id, ""),
            _points(grade),
            grade.state,
            str(grade.attempts),
            grade.code,
            f"{grade.created_at:%Y-%m-%d %H:%M}",
        )
        for grade in found.rows
    ]
    if rows:
        show_table(("score", "to", "points", "state", "attempts", "reason", "since (UTC)"), rows)
    else:
        click.echo("There is no such score.")
    if found.older:
        click.echo("There are older ones; they stand on the page of each learner.", err=True)


@passback.command()
@click.argument("score")
@click.option("--dismiss", is_flag=True, help="Do not send it; let it be.")
@click.option("--dry-run", is_flag=True, help="Show the score and why it is parked, and stop.")
def resend(score: str, dismiss: bool, dry_run: bool) -> None:
    """Send the parked SCORE (its id) again."""
    from hub.cli.opening import opened_hub
    from hub.cli.output import end_dry_run
    from hub.lti.bridge.deliveries import dismiss_grade, find_parked_grade, resend_grade
    from hub.network.views import names_of_connections

    with opened_hub() as hub:
        if not dry_run:
            with hub.unit_of_work() as uow:
                (dismiss_grade if dismiss else resend_grade)(uow, score, None)
            click.echo("It will not be sent." if dismiss else "It will be sent again now.")
            return
        with hub.reading() as uow:
            found = find_parked_grade(uow, score)
            to = names_of_connections(uow, [found.connection_id])[found.connection_id]
    click.echo(
        f"{_points(found)}, to {to}, parked after {_attempts(found)}: {found.code} {found.reason}".rstrip()
    )
    click.echo(f"It would {'not be sent' if dismiss else 'be sent again now'}.")
    end_dry_run()


def _points(grade: "GradeRow") -> str:
    return f"{grade.given}/{grade.maximum}" if grade.given is not None else "completed"


def _attempts(grade: "GradeRow") -> str:
    return f"{grade.attempts:,} attempt{'' if grade.attempts == 1 else 's'}"
