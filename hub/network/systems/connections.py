"""Connections: one row per outside system, owned by a partner or shared by all."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from hub.errors import BadInput, Conflict, Missing
from hub.ids import is_id, new_id
from hub.journal import Change, record_changes
from hub.network import tables
from hub.network.systems.mail_domains import ascii_domain
from hub.store import UnitOfWork

ConnectionKind = Literal["oidc", "saml", "local", "scim", "lms", "cmi5"]
SIGN_IN_KINDS: tuple[ConnectionKind, ...] = ("oidc", "saml", "local")
"""Kinds of connection through which people sign in."""
_SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?")


@dataclass(frozen=True)
class Connection:
    """One outside system: an identity provider, local accounts, a SCIM client, an LMS, or cmi5 courses. ``partner_id`` is None where several partners share it."""

    id: str
    slug: str
    partner_id: str | None
    kind: ConnectionKind
    name: str
    disabled: bool


def create_connection(
    uow: UnitOfWork, slug: str, kind: ConnectionKind, name: str, partner_id: str | None = None
) -> str:
    """A new connection's id. BadInput for a slug that cannot stand in an address, Conflict when it is taken."""
    check_new_connection(uow, slug, partner_id)
    connection = Connection(new_id(), slug, partner_id, kind, name, disabled=False)
    _save(uow, connection)
    return connection.id


def check_new_connection(uow: UnitOfWork, slug: str, partner_id: str | None) -> None:
    """Raise what ``create_connection`` would, and make nothing; Missing when there is no such partner."""
    if not _SLUG.fullmatch(slug):
        raise BadInput(
            "bad_slug", f"{slug!r} cannot name a connection.", "Use lower case letters, digits and hyphens."
        )
    if uow.connection.scalar(sa.select(tables.connection.c.id).where(tables.connection.c.slug == slug)):
        raise Conflict("connection_exists", f"There is already a connection {slug}.", "Choose another name.")
    if partner_id and not uow.connection.scalar(
        sa.select(tables.partner.c.id).where(tables.partner.c.id == partner_id)
    ):
        raise Missing("no_partner", "There is no such partner.")


def set_connection_disabled(uow: UnitOfWork, connection_id: str, *, disabled: bool) -> None:
    """Switch a connection off or on: sign-ins, launches, scores and statements are refused while it is off."""
    connection = read_connection(uow, connection_id)
    if connection.disabled != disabled:
        _save(uow, Connection(**{**vars(connection), "disabled": disabled}))


def set_connection_kind(uow: UnitOfWork, connection_id: str, kind: ConnectionKind) -> None:
    """Let a connection that nothing hangs from yet be of another kind."""
    connection = read_connection(uow, connection_id)
    if connection.kind != kind:
        _save(uow, Connection(**{**vars(connection), "kind": kind}))


def read_connection(uow: UnitOfWork, connection_id: str) -> Connection:
    """The connection with this id; Missing when there is none."""
    return _connection(uow.find(tables.connection, id=connection_id) if is_id(connection_id) else None)


def find_connection(uow: UnitOfWork, slug: str) -> Connection:
    """The connection with this slug; Missing when there is none."""
    return _connection(uow.find(tables.connection, slug=slug))


def list_connections(uow: UnitOfWork, limit: int = 100) -> list[Connection]:
    """The first connections by slug, for the admin pages."""
    rows = uow.connection.execute(
        sa.select(tables.connection).order_by(tables.connection.c.slug).limit(limit)
    )
    return [_connection(row) for row in rows]


def route_email_domain(uow: UnitOfWork, connection_id: str, domain: str) -> None:
    """Send people with addresses of this domain to this connection's sign-in; the same again changes nothing."""
    values = {"domain": domain.lower(), "connection_id": connection_id}
    known = sa.select(tables.email_domain).filter_by(**values)
    if uow.connection.execute(known).first() is None:
        apply_email_domain(uow, values)
        record_changes(uow, [Change("email_domain_routed", domain.lower(), values)])


def unroute_email_domain(uow: UnitOfWork, connection_id: str, domain: str) -> None:
    """Send nobody with such an address to this connection any more; where nobody was sent, nothing changes."""
    values = {"domain": domain.lower(), "connection_id": connection_id}
    if uow.find(tables.email_domain, **values) is not None:
        apply_no_email_domain(uow, values)
        record_changes(uow, [Change("email_domain_unrouted", domain.lower(), values)])


def connections_for_email(uow: UnitOfWork, email: str) -> list[Connection]:
    """Where somebody with this address can sign in. It chooses the door, never who comes through it."""
    typed = email.rpartition("@")[2]
    domain = ascii_domain(typed) or typed.strip().lower()
    table = tables.connection
    rows = uow.connection.execute(
        sa.select(table)
        .join(tables.email_domain, tables.email_domain.c.connection_id == table.c.id)
        .where(tables.email_domain.c.domain == domain, table.c.kind.in_(SIGN_IN_KINDS), ~table.c.disabled)
        .order_by(table.c.slug)
    )
    return [_connection(row) for row in rows]


def apply_connection(uow: UnitOfWork, body: Mapping[str, Any]) -> None:
    """Write a connection as a change of kind ``connection_changed`` has it (also used by a rebuild)."""
    updated = uow.connection.execute(
        sa.update(tables.connection).where(tables.connection.c.id == body["id"]).values(**body)
    )
    if not updated.rowcount:
        uow.connection.execute(sa.insert(tables.connection).values(**body))


def apply_email_domain(uow: UnitOfWork, body: Mapping[str, Any]) -> None:
    """Route a domain as a change of kind ``email_domain_routed`` has it (also used by a rebuild)."""
    uow.connection.execute(sa.insert(tables.email_domain).values(**body))


def apply_no_email_domain(uow: UnitOfWork, body: Mapping[str, Any]) -> None:
    """End a route as a change of kind ``email_domain_unrouted`` has it (also used by a rebuild)."""
    uow.connection.execute(sa.delete(tables.email_domain).filter_by(**body))


def _save(uow: UnitOfWork, connection: Connection) -> None:
    record_changes(uow, [Change("connection_changed", connection.id, vars(connection))])
    apply_connection(uow, vars(connection))


def _connection(row: Any) -> Connection:
    if row is None:
        raise Missing("no_connection", "There is no such connection.")
    return Connection(row.id, row.slug, row.partner_id, row.kind, row.name, row.disabled)
