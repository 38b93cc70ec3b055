"""SCIM clients as operators see them. Reads only; of tokens nothing is shown."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.ids import is_id
from hub.network.systems.find_connections import search_connections
from hub.network.tables import person
from hub.sso.scim.names import GROUP, USER, compared
from hub.sso.scim.tables import scim_resource, scim_token
from hub.store import UnitOfWork

KIND = "scim"
"""The kind of the clients' connections."""
COUNTED = 10_000
"""Users are counted up to here: more are just more."""


@dataclass(frozen=True)
class ClientLine:
    """A client in a list."""

    slug: str
    name: str
    partner: str
    disabled: bool
    tokens: int
    last_used_at: datetime | None


@dataclass(frozen=True)
class FoundUser:
    """A user of a client and the person it means."""

    person_id: str
    external_id: str
    active: bool
    disabled: bool
    modified_at: datetime


def search_clients(uow: UnitOfWork, words: str = "", after: str = "") -> tuple[list[ClientLine], str]:
    """Clients as ``search_connections`` finds them, a page at a time, and where to go on."""
    found, more = search_connections(uow, words, after, KIND)
    t = scim_token
    rows = uow.connection.execute(
        sa.select(
            t.c.connection_id,
            sa.func.count().label("tokens"),
            sa.func.max(t.c.last_used_at, type_=t.c.last_used_at.type).label("last_used_at"),
        )
        .where(
            t.c.connection_id.in_([each.id for each in found]),
            t.c.revoked_at.is_(None),
            sa.or_(t.c.expires_at.is_(None), t.c.expires_at > uow.now),
        )
        .group_by(t.c.connection_id)
    )
    used = {row.connection_id: (row.tokens, row.last_used_at) for row in rows}
    lines = [
        ClientLine(each.slug, each.name, each.partner, each.disabled, *used.get(each.id, (0, None)))
        for each in found
    ]
    return lines, more


def count_resources(uow: UnitOfWork, connection_id: str) -> dict[str, int]:
    """How many users and groups a client has, up to COUNTED."""
    r = scim_resource
    return {
        kind: uow.connection.scalar(
            sa.select(sa.func.count()).select_from(
                sa.select(r.c.id)
                .where(r.c.connection_id == connection_id, r.c.kind == kind)
                .limit(COUNTED + 1)
                .subquery()
            )
        )
        or 0
        for kind in (USER, GROUP)
    }


def find_user(uow: UnitOfWork, connection_id: str, name: str) -> FoundUser | None:
    """The user whom the client calls exactly so: by userName, externalId or id."""
    r = scim_resource
    named = [r.c.user_name == compared(name), r.c.external_id == name]
    if is_id(name):
        named.append(r.c.id == name)
    # One after the other: each by its index.
    for each in named:
        row = uow.connection.execute(
            sa.select(r.c.person_id, r.c.external_id, r.c.body, r.c.modified_at, person.c.disabled)
            .join(person, person.c.id == r.c.person_id)
            .where(r.c.connection_id == connection_id, r.c.kind == USER, each)
            .limit(1)
        ).first()
        if row is not None:
            active = row.body.get("active") is not False
            return FoundUser(row.person_id, row.external_id or "", active, row.disabled, row.modified_at)
    return None
