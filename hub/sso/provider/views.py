"""What pages show of clients. Reads only."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.ids import is_id
from hub.journal import tables as journal
from hub.journal.explained import Explanation
from hub.network.tables import connection, partner
from hub.network.views import has_word
from hub.sso.provider.tables import oidc_client, oidc_grant
from hub.sso.words import explain
from hub.store import UnitOfWork

LINES = 50
ACTIONS = ("client_sign_in", "client_token", "client_userinfo", "client_revoke", "client_sign_out")


@dataclass(frozen=True)
class ClientLine:
    """A client in a list. ``partner`` is empty where several partners share it, ``last_at`` None before the first sign-in."""

    client_id: str
    name: str
    slug: str
    partner: str
    disabled: bool
    last_at: datetime | None


@dataclass(frozen=True)
class ClientRefusal:
    """Something that was refused to a client."""

    at: datetime
    action: str
    code: str
    explanation: Explanation


def search_clients(uow: UnitOfWork, words: str = "", after: str = "") -> tuple[list[ClientLine], str]:
    """Clients by their connection's slug and their age whose name, slug or owner has every word, LINES at a time; and where
    to go on, if there are more.
    """
    c, client = connection, oidc_client
    last = (
        sa.select(oidc_grant.c.started_at)
        .where(oidc_grant.c.client_id == client.c.client_id)
        .order_by(oidc_grant.c.started_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        sa.select(
            client.c.client_id,
            client.c.name,
            sa.or_(client.c.disabled, c.c.disabled).label("disabled"),
            c.c.slug,
            partner.c.name.label("partner"),
            last.label("last_at"),
        )
        .join(c, c.c.id == client.c.connection_id)
        .outerjoin(partner, partner.c.id == c.c.partner_id)
        .order_by(c.c.slug, client.c.client_id)
        .limit(LINES + 1)
    )
    slug, _, client_id = after.partition(" ")
    if is_id(client_id):
        query = query.where(
            sa.or_(c.c.slug > slug, sa.and_(c.c.slug == slug, client.c.client_id > client_id))
        )
    for word in words.split():
        query = query.where(has_word(word, client.c.name, c.c.slug, partner.c.name))
    rows = uow.connection.execute(query).all()
    lines = [ClientLine(r.client_id, r.name, r.slug, r.partner or "", r.disabled, r.last_at) for r in rows]
    more = f"{lines[LINES - 1].slug} {lines[LINES - 1].client_id}" if len(lines) > LINES else ""
    return lines[:LINES], more


def last_client_refusals(
    uow: UnitOfWork, connection_id: str, client_id: str, limit: int = 10
) -> list[ClientRefusal]:
    """What was last refused to a client, the newest first; with it what was refused to its connection before it was known."""
    audit = journal.audit
    rows = uow.connection.execute(
        sa.select(audit.c.at, audit.c.action, audit.c.reason)
        .where(
            audit.c.connection_id == connection_id,
            audit.c.outcome == "refused",
            audit.c.action.in_(ACTIONS),
            audit.c.subject_id.in_(("", client_id)),
        )
        .order_by(audit.c.position.desc())
        .limit(limit)
    )
    return [ClientRefusal(row.at, row.action, row.reason, explain(row.reason)) for row in rows]
