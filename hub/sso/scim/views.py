"""SCIM clients as operators see them. Reads only; of tokens nothing is shown."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.ids import is_id
from hub.network.tables import connection, partner, person
from hub.network.views import has_word
from hub.sso.scim.names import GROUP, USER, compared
from hub.sso.scim.tables import scim_resource, scim_token
from hub.store import UnitOfWork

FOUND = 50
"""Clients on a page."""
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
    """Clients by slug, FOUND at a time, and where to go on; every word is in the slug, the name or the partner's name."""
    c, t = connection, scim_token
    in_force = sa.and_(
        t.c.connection_id == c.c.id,
        t.c.revoked_at.is_(None),
        sa.or_(t.c.expires_at.is_(None), t.c.expires_at > uow.now),
    )
    tokens = sa.select(sa.func.count()).where(in_force).correlate(c).scalar_subquery()
    used = sa.select(sa.func.max(t.c.last_used_at)).where(in_force).correlate(c).scalar_subquery()
    query = (
        sa.select(c, partner.c.name.label("partner"), tokens.label("tokens"), used.label("last_used_at"))
        .join(partner, partner.c.id == c.c.partner_id)
        .where(c.c.kind == "scim", c.c.slug > after)
        .order_by(c.c.slug)
        .limit(FOUND + 1)
    )
    for word in words.split():
        query = query.where(has_word(word, c.c.slug, c.c.name, partner.c.name))
    rows = uow.connection.execute(query).all()
    lines = [
        ClientLine(row.slug, row.name, row.partner, row.disabled, row.tokens, row.last_used_at)
        for row in rows[:FOUND]
    ]
    return lines, lines[-1].slug if len(rows) > FOUND else ""


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
