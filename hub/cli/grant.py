"""``hub grant``: roles of people."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hub.store import UnitOfWork


@click.command()
@click.argument("person")
@click.argument("role", type=click.Choice(["operator", "partner_admin"]))
@click.option(
    "--partner", help="Whose people a partner_admin looks after: partner_id of the files, id, or name."
)
@click.option("--withdraw", is_flag=True, help="Take the role of a partner_admin back.")
def grant(person: str, role: str, partner: str | None, withdraw: bool) -> None:
    """Give PERSON a ROLE. PERSON is the person_id of the network files, or the hub's own id."""
    from hub.cli.opening import opened_hub
    from hub.ids import is_id
    from hub.network.importing.roster_keys import find_id
    from hub.network.people.person import grant_role, read_person
    from hub.sso.local.accounts import refuse_power

    if (role == "partner_admin") != (partner is not None):
        raise click.UsageError("--partner belongs to the role partner_admin, and is needed there.")
    if withdraw and partner is None:
        raise click.UsageError("--withdraw is for the role partner_admin.")
    with opened_hub() as hub, hub.unit_of_work() as uow:
        found = read_person(uow, person if is_id(person) else find_id(uow, "person", person))
        if partner is not None:
            click.echo(_partner_admin(uow, found.id, partner, withdraw).format(found.name))
            return
        if role in found.roles:
            click.echo(f"{found.name} already is {role}.")
            return
        refuse_power(uow, found.id, None)
        grant_role(uow, found.id, role)
    click.echo(f"{found.name} now is {role}.")


def _partner_admin(uow: "UnitOfWork", person_id: str, partner: str, withdraw: bool) -> str:
    """What was done, with a place for the person's name."""
    from hub.access.roles import grant_partner_admin, withdraw_partner_admin
    from hub.ids import is_id
    from hub.network.views import find_partner
    from hub.sso.local.accounts import refuse_power

    partner_id = partner if is_id(partner) else find_partner(uow, partner)
    if withdraw:
        done = withdraw_partner_admin(uow, person_id, partner_id)
        return "{} is no partner_admin any more." if done else "{} was no partner_admin there."
    refuse_power(uow, person_id, partner_id)
    done = grant_partner_admin(uow, person_id, partner_id)
    return "{} now is partner_admin." if done else "{} already is partner_admin."
