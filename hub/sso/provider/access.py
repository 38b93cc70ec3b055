"""Who may sign in at a client: people of its partner, of the partners and audiences it is for."""

import sqlalchemy as sa

from hub.audiences import tables as audience_tables
from hub.audiences.assigning.read_facts import read_facts
from hub.audiences.rules.conditions import Conditions, match
from hub.network.people.person import Person, read_person, works_for
from hub.network.validity.intervals import holds
from hub.sso.provider.refusals import Refused
from hub.sso.provider.served import Served
from hub.store import UnitOfWork


def refuse_outsider(uow: UnitOfWork, client: Served, person_id: str) -> Person:
    """The person, who may sign in at this client now; Refused ``access_denied`` for anybody else."""
    person = read_person(uow, person_id)
    if person.disabled:
        raise _denied("person_disabled", "This person's access is switched off.", client)
    if client.partner_id and not works_for(uow, person, client.partner_id):
        raise _denied("not_of_partner", f"{client.name} is for people of another company.", client)
    if client.partner_ids and not any(works_for(uow, person, one) for one in client.partner_ids):
        raise _denied("not_of_partners", f"{client.name} is for people of other companies.", client)
    if client.audiences and not _is_in_audience(uow, client, person_id):
        raise _denied("not_in_audience", f"{client.name} is for other positions or locations.", client)
    return person


def _is_in_audience(uow: UnitOfWork, client: Served, person_id: str) -> bool:
    """Whether an appointment that is in force now belongs to one of the client's audiences."""
    audience = audience_tables.audience
    conditions = [
        Conditions.from_json(told)
        for told in uow.connection.scalars(
            sa.select(audience.c.conditions).where(uow.among(audience.c.key, list(client.audiences)))
        )
    ]
    for facts in read_facts(uow, [person_id]).get(person_id, []):
        for asked in conditions:
            found = match(asked, facts)
            if found and any(holds(interval, uow.now) for interval in found.during):
                return True
    return False


def _denied(reason: str, message: str, client: Served) -> Refused:
    return Refused(reason, message, "access_denied", connection_id=client.connection_id)
