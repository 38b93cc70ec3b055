"""Credentials as operators see them: in lists of connections, found by words. Reads only; of secrets nothing is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from hub.errors import Missing
from hub.network.tables import connection, partner
from hub.store import UnitOfWork
from hub.xapi.callers.credentials import in_order
from hub.xapi.tables import xapi_credential

FOUND = 50
"""Connections on a page."""

SOON = timedelta(days=14)
"""An end so near wants a new credential."""

CredentialState = Literal["active", "expired", "revoked"]
Which = Literal["given", "ending", "all"]


@dataclass(frozen=True)
class CredentialLine:
    """One credential. ``last_used_at`` is right to about a minute; None: never."""

    id: str
    key: str
    connection_id: str
    label: str
    scopes: Sequence[str]
    state: CredentialState
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True)
class ConnectionCredentials:
    """A connection with how many credentials it has in force, and when one was last used."""

    id: str
    slug: str
    name: str
    partner: str
    kind: str
    disabled: bool
    active: int
    last_used_at: datetime | None


def list_credentials(
    uow: UnitOfWork, connection_id: str, *, with_revoked: bool = False
) -> list[CredentialLine]:
    """The credentials of a connection, the oldest first; those that were revoked only if asked for."""
    table = xapi_credential
    query = (
        sa.select(table)
        .where(table.c.connection_id == connection_id, table.c.kind == "system")
        .order_by(table.c.created_at, table.c.id)
    )
    if not with_revoked:
        query = query.where(table.c.revoked_at.is_(None))
    return [_line(row, uow.now) for row in uow.connection.execute(query)]


def find_credential(uow: UnitOfWork, key: str) -> CredentialLine:
    """The credential with this key, whatever its state; Missing ``no_credential``."""
    table = xapi_credential
    query = sa.select(table).where(table.c.key == key, table.c.kind == "system")
    row = uow.connection.execute(query).one_or_none() if "\0" not in key else None
    if row is None:
        raise Missing("no_credential", "There is no credential with this key.")
    return _line(row, uow.now)


def search_connections_with_credentials(
    uow: UnitOfWork, words: str = "", after: str = "", which: Which = "given"
) -> tuple[list[ConnectionCredentials], str]:
    """Connections by slug, FOUND at a time, and where to go on, if there are more.

    ``given``: those that were ever given a credential; ``ending``: those of whose credentials one ends within SOON;
    ``all``: also those without any, apart from identity providers, which send nothing. Every word is in the
    connection's slug or name, its partner's name, or a credential's key or label.
    """
    table, c = xapi_credential, connection
    of_connection = sa.and_(table.c.connection_id == c.c.id, table.c.kind == "system")
    in_force = sa.and_(of_connection, _in_force(uow.now))
    active = sa.select(sa.func.count()).where(in_force).correlate(c).scalar_subquery()
    last_used = sa.select(sa.func.max(table.c.last_used_at)).where(in_force).correlate(c).scalar_subquery()
    belongs = {
        "given": sa.exists().where(of_connection).correlate(c),
        "ending": sa.exists().where(in_force, table.c.expires_at <= uow.now + SOON).correlate(c),
        "all": c.c.kind != "oidc",
    }
    query = (
        sa.select(c, partner.c.name.label("partner"), active.label("active"), last_used.label("last_used"))
        .outerjoin(partner, partner.c.id == c.c.partner_id)
        .where(c.c.slug > after, belongs[which])
        .order_by(c.c.slug)
        .limit(FOUND + 1)
    )
    for word in words.split():
        named = [_has(column, word) for column in (c.c.slug, c.c.name, partner.c.name)]
        of_credential = sa.or_(_has(table.c.key, word), _has(table.c.label, word))
        query = query.where(sa.or_(*named, sa.exists().where(of_connection, of_credential).correlate(c)))
    rows = uow.connection.execute(query).all()
    shown = [_connection(row) for row in rows[:FOUND]]
    return shown, shown[-1].slug if len(rows) > FOUND else ""


def count_ending(uow: UnitOfWork) -> int:
    """How many credentials in force end within SOON."""
    table = xapi_credential
    ending = sa.and_(table.c.kind == "system", _in_force(uow.now), table.c.expires_at <= uow.now + SOON)
    return uow.connection.scalar(sa.select(sa.func.count()).where(ending)) or 0


def _in_force(now: datetime) -> sa.ColumnElement[bool]:
    table = xapi_credential
    return sa.and_(
        table.c.revoked_at.is_(None), sa.or_(table.c.expires_at.is_(None), table.c.expires_at > now)
    )


def _has(column: sa.ColumnElement[str], word: str) -> sa.ColumnElement[bool]:
    pattern = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return column.ilike(f"%{pattern}%", escape="\\")


def _line(row: sa.Row[Any], now: datetime) -> CredentialLine:
    expired = row.expires_at is not None and row.expires_at <= now
    return CredentialLine(
        row.id,
        row.key,
        row.connection_id,
        row.label,
        in_order(row.scopes),
        "revoked" if row.revoked_at else "expired" if expired else "active",
        row.created_at,
        row.expires_at,
        row.revoked_at,
        row.last_used_at,
    )


def _connection(row: sa.Row[Any]) -> ConnectionCredentials:
    return ConnectionCredentials(
        row.id, row.slug, row.name, row.partner or "", row.kind, row.disabled, row.active, row.last_used
    )
