"""SCIM clients of a partner, for whoever administers that partner: never those of others."""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from hub.access.roles import require_partner_admin
from hub.errors import Missing
from hub.network.systems.slugs import free_slug
from hub.network.tables import connection
from hub.network.views import names_of_partners
from hub.sso.scim.happened import Happened, last_requests
from hub.sso.scim.names import TOKEN_DAYS
from hub.sso.scim.tokens import (
    NewToken,
    TokenLine,
    connect_client,
    list_tokens,
    make_token,
    revoke_token,
)
from hub.store import UnitOfWork

REQUESTS = 10
MAX_CLIENTS = 20


@dataclass(frozen=True)
class OwnClient:
    """A client with its tokens and what it did lately."""

    slug: str
    name: str
    disabled: bool
    tokens: tuple[TokenLine, ...]
    happened: tuple[Happened, ...]


def list_own_clients(uow: UnitOfWork, admin_id: str, partner_id: str) -> list[OwnClient]:
    """The partner's clients. NotAllowed ``not_partner_admin``."""
    require_partner_admin(uow, admin_id, partner_id)
    query = (
        sa.select(connection)
        .where(connection.c.partner_id == partner_id, connection.c.kind == "scim")
        .order_by(connection.c.slug)
        .limit(MAX_CLIENTS)
    )
    return [
        OwnClient(
            row.slug,
            row.name,
            row.disabled,
            tuple(list_tokens(uow, row.id)),
            tuple(last_requests(uow, row.id, REQUESTS)),
        )
        for row in uow.connection.execute(query).all()
    ]


def make_own_token(uow: UnitOfWork, admin_id: str, partner_id: str, slug: str, label: str) -> NewToken:
    """A token for one of the partner's clients, or for a new client where ``slug`` is empty; good for TOKEN_DAYS.

    NotAllowed ``not_partner_admin``; Missing ``no_connection``, also for a client of another partner; BadInput
    ``bad_token``.
    """
    require_partner_admin(uow, admin_id, partner_id)
    if slug:
        connection_id = _own(uow, partner_id, slug)
    else:
        name = names_of_partners(uow, [partner_id])[partner_id]
        new_slug = free_slug(uow, f"{name} people", partner_id, "people")
        connection_id = connect_client(uow, new_slug, f"People of {name}", partner_id, actor_id=admin_id)
    ends = uow.now + timedelta(days=TOKEN_DAYS)
    return make_token(uow, connection_id, label, ends, actor_id=admin_id)


def revoke_own_token(uow: UnitOfWork, admin_id: str, partner_id: str, slug: str, token_id: str) -> None:
    """Refuse a token of one of the partner's clients from now on. NotAllowed, Missing ``no_connection``, ``no_token``."""
    require_partner_admin(uow, admin_id, partner_id)
    revoke_token(uow, _own(uow, partner_id, slug), token_id, actor_id=admin_id)


def _own(uow: UnitOfWork, partner_id: str, slug: str) -> str:
    mine = sa.and_(
        connection.c.slug == slug, connection.c.partner_id == partner_id, connection.c.kind == "scim"
    )
    found = uow.connection.scalar(sa.select(connection.c.id).where(mine))
    if found is None:
        raise Missing("no_connection", "There is no such connection.")
    return str(found)
