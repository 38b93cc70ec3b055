"""Home-realm discovery: where somebody signs in.

It looks at the domain of an e-mail, never at who has it; at the name of a door, which stands for a partner, one of its
locations or a connection; or at what this browser chose before.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from hub.network import tables as network
from hub.network.people.mail_address import is_address
from hub.network.systems.connections import SIGN_IN_KINDS, Connection, connections_for_email
from hub.sso.doors import Door, find_door
from hub.sso.tables import policy_partner
from hub.store import UnitOfWork

MAX_CHOICES = 20


@dataclass(frozen=True)
class Ways:
    """The ways in that an e-mail leads to. ``local`` says that accounts of the hub's own are among them."""

    connections: list[Connection]
    local: bool


def find_ways(uow: UnitOfWork, email: str) -> Ways:
    """The ways in for the domain of an e-mail, by slug; where it has none, local accounts if any partner uses them.

    The answer and the work are the same for every e-mail of a domain, whether anybody has it or not, and for every
    domain that is not connected.
    """
    connections = find_sign_ins(uow, email)
    return Ways(connections, local=not connections and has_local_accounts(uow))


def find_sign_ins(uow: UnitOfWork, email: str) -> list[Connection]:
    """The connections for the domain of an e-mail, by slug; none for what is not an e-mail."""
    email = email.strip()
    return connections_for_email(uow, f"@{email.rpartition('@')[2]}") if is_address(email) else []


def has_local_accounts(uow: UnitOfWork) -> bool:
    """Whether any partner's people sign in with accounts of the hub's own."""
    table = network.connection
    query = sa.select(table.c.id).where(table.c.kind == "local", ~table.c.disabled).limit(1)
    return uow.connection.scalar(query) is not None


def read_choices(uow: UnitOfWork, slugs: Iterable[str]) -> list[Connection]:
    """The connections among these slugs that people can sign in through, for the page on which they choose."""
    wanted = [slug for slug in dict.fromkeys(slugs) if slug.isprintable()][:MAX_CHOICES]
    table = network.connection
    found = {each.slug: each for each in _connections(uow, table.c.slug.in_(wanted))} if wanted else {}
    return [found[slug] for slug in wanted if slug in found]


def ways_of_door(uow: UnitOfWork, slug: str) -> tuple[Door | None, list[Connection]]:
    """The door of this name with the ways in behind it; without a door the connection of this name, if people sign in there."""
    if not slug.isprintable():
        return None, []
    door = find_door(uow, slug)
    return (door, ways_of_partner(uow, door.partner_id)) if door else (None, read_choices(uow, [slug]))


def ways_of_partner(uow: UnitOfWork, partner_id: str) -> list[Connection]:
    """Where people of a partner sign in: its own connections, and the shared ones whose claims can name it."""
    table, named = network.connection, policy_partner
    own = _connections(uow, table.c.partner_id == partner_id)
    by_claim = sa.select(named.c.connection_id).where(named.c.partner_id == partner_id)
    shared = _connections(uow, table.c.partner_id.is_(None), table.c.id.in_(by_claim))
    return [*own, *shared][:MAX_CHOICES]


def _connections(uow: UnitOfWork, *where: sa.ColumnElement[bool]) -> list[Connection]:
    table = network.connection
    rows = uow.connection.execute(
        sa.select(table)
        .where(*where, table.c.kind.in_(SIGN_IN_KINDS), ~table.c.disabled)
        .order_by(table.c.name, table.c.slug)
        .limit(MAX_CHOICES)
    )
    return [Connection(**row._mapping) for row in rows]
