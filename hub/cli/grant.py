"""``hub grant``: roles of people."""

import click


@click.command()
@click.argument("person")
@click.argument("role", type=click.Choice(["operator"]))
def grant(person: str, role: str) -> None:
    """Give PERSON a ROLE. PERSON is the person_id of the network files, or the hub's own id."""
    from hub.cli.opening import opened_hub
    from hub.ids import is_id
    from hub.network.people import grant_role, read_person
    from hub.network.roster_keys import find_id

    with opened_hub() as hub, hub.unit_of_work() as uow:
        found = read_person(uow, person if is_id(person) else find_id(uow, "person", person))
        if role in found.roles:
            click.echo(f"{found.name} already is {role}.")
            return
        grant_role(uow, found.id, role)
    click.echo(f"{found.name} now is {role}.")
