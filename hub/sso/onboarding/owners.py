"""Telling the owners of a connection: its contacts, else those of the partner's other connections, its admins, the operators."""

from collections.abc import Mapping

import sqlalchemy as sa

from hub.access.tables import partner_admin
from hub.errors import BadInput
from hub.network.systems.connections import read_connection
from hub.network.tables import connection, person, role_grant
from hub.notify.letter import Value
from hub.notify.send_mail import send_mail
from hub.sso.onboarding.tables import connection_contact
from hub.store import UnitOfWork

OPERATOR = "operator"
MAX_TOLD = 20


def tell_owners(
    uow: UnitOfWork, connection_id: str | None, template: str, values: Mapping[str, Value], *, key: str
) -> int:
    """Write them a mail, each of them one for this ``key``, which holds ids only; how many were written."""
    told = 0
    for id, address in _owners(uow, connection_id):
        try:
            told += send_mail(uow, address, template, values, key=f"{key}:{id}")
        except BadInput:
            continue  # somebody without an address; the others are told
    return told


def _owners(uow: UnitOfWork, connection_id: str | None) -> list[tuple[str, str]]:
    """Ids with addresses, or ids of people twice."""
    if connection_id is None:
        return _operators(uow)
    table = connection_contact
    contacts = sa.select(table.c.id, table.c.email).order_by(table.c.email).limit(MAX_TOLD)
    own = contacts.where(table.c.connection_id == connection_id)
    found = [(row.id, row.email) for row in uow.connection.execute(own)]
    partner_id = read_connection(uow, connection_id).partner_id
    if not found and partner_id is not None:
        others = contacts.join(connection, connection.c.id == table.c.connection_id)
        rows = uow.connection.execute(others.where(connection.c.partner_id == partner_id))
        found = list({row.email: (row.id, row.email) for row in rows}.values())
    if not found and partner_id is not None:
        admins = sa.select(person.c.id).join(partner_admin, partner_admin.c.person_id == person.c.id)
        here = admins.where(partner_admin.c.partner_id == partner_id, ~person.c.disabled)
        found = [(id, id) for id in uow.connection.scalars(here.order_by(person.c.id).limit(MAX_TOLD))]
    return found or _operators(uow)


def _operators(uow: UnitOfWork) -> list[tuple[str, str]]:
    query = sa.select(person.c.id).join(role_grant, role_grant.c.person_id == person.c.id)
    query = query.where(role_grant.c.role == OPERATOR, ~person.c.disabled).order_by(person.c.id)
    return [(id, id) for id in uow.connection.scalars(query.limit(MAX_TOLD))]
