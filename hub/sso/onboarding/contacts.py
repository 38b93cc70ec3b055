"""Who is told about a connection: addresses of its administrators. Personal data, so neither journal nor audit has them."""

import sqlalchemy as sa

from hub.errors import BadInput, Conflict, Problem
from hub.ids import new_id
from hub.journal import audit
from hub.network.people.mail_address import is_address
from hub.network.systems.connections import read_connection
from hub.sso.onboarding.tables import connection_contact
from hub.store import UnitOfWork
from hub.store.insert import insert_once

ACTION = "connection_contact"
MAX_CONTACTS = 10


def add_contact(uow: UnitOfWork, connection_id: str, email: str, actor_id: str | None = None) -> None:
    """Tell this address what expires. The same again changes nothing. BadInput ``bad_email``, Conflict ``too_many_contacts``."""
    email = email.strip().lower()
    if not is_address(email) or "." not in email.rpartition("@")[2]:
        raise BadInput("bad_email", "This is no e-mail address.", "", [Problem("is no address", "email")])
    connection = read_connection(uow, connection_id)
    known = list_contacts(uow, connection_id)
    if email not in known and len(known) >= MAX_CONTACTS:
        raise Conflict(
            "too_many_contacts", f"At most {MAX_CONTACTS} people are told.", "Take somebody away first."
        )
    values = {"connection_id": connection_id, "email": email, "added_at": uow.now}
    if insert_once(uow, connection_contact, id=new_id(), **values):
        _audit(uow, connection_id, connection.partner_id, "added", actor_id)


def drop_contact(uow: UnitOfWork, connection_id: str, email: str, actor_id: str | None = None) -> None:
    """Tell this address nothing any more; where it was told nothing, nothing changes."""
    table = connection_contact
    this = (table.c.connection_id == connection_id, table.c.email == email.strip().lower())
    if uow.connection.execute(sa.delete(table).where(*this)).rowcount:
        _audit(uow, connection_id, read_connection(uow, connection_id).partner_id, "dropped", actor_id)


def list_contacts(uow: UnitOfWork, connection_id: str) -> list[str]:
    """The addresses of a connection in their order."""
    table = connection_contact
    query = sa.select(table.c.email).where(table.c.connection_id == connection_id)
    return list(uow.connection.scalars(query.order_by(table.c.email)))


def _audit(
    uow: UnitOfWork, connection_id: str, partner_id: str | None, done: str, actor_id: str | None
) -> None:
    audit(
        uow,
        ACTION,
        connection_id,
        actor_id=actor_id,
        partner_id=partner_id,
        connection_id=connection_id,
        detail={"done": done},
    )
