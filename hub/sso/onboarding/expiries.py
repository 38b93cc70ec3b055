"""What expires by itself: client secrets, certificates, metadata and tokens of connections, and the hub's own keys.

Each kind says where it stands. The rows of ``watched_expiry`` are found again each day, and at once where something was
entered; whether the owners were told hangs from them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from hub.ids import content_hash
from hub.network.tables import connection
from hub.sso.onboarding.tables import watched_expiry
from hub.sso.saml.certificates import describe_certificate
from hub.sso.saml.metadata import IdpMetadata
from hub.sso.saml.sp_keys import ROLES, list_sp_keys
from hub.sso.saml.tables import saml_provider
from hub.sso.scim.tables import scim_token
from hub.sso.tables import oidc_provider
from hub.store import UnitOfWork
from hub.store.insert import insert_once

Kind = Literal["client_secret", "idp_certificate", "idp_metadata", "scim_token", "hub_key"]
BATCH = 500
"""Connections that are looked at in one unit."""
SOON = timedelta(days=30)


@dataclass(frozen=True)
class Expiring:
    """One thing that expires. ``subject`` tells it from others of its kind; ``connection_id`` is None for the hub's own."""

    connection_id: str | None
    kind: Kind
    subject: str
    expires_at: datetime

    @property
    def key(self) -> str:
        """Under which it is remembered."""
        return content_hash(f"{self.connection_id or ''} {self.kind} {self.subject}".encode())


def look_at(uow: UnitOfWork, connection_ids: Iterable[str]) -> None:
    """Find anew what expires at these connections. What has not changed stays told; what is gone is forgotten."""
    ids = list(connection_ids)
    found = [*_secrets(uow, ids), *_saml(uow, ids), *_tokens(uow, ids)]
    _keep(uow, found, uow.among(watched_expiry.c.connection_id, ids))


def look_at_own(uow: UnitOfWork) -> None:
    """Find anew what of the hub's own expires: its certificates for SAML, as long as they are published."""
    keys = [key for role in ROLES for key in list_sp_keys(uow, role) if key.retired_at is None]
    facts = [describe_certificate(key.certificate) for key in keys]
    found = [Expiring(None, "hub_key", fact.fingerprint, fact.valid_until) for fact in facts]
    _keep(uow, found, watched_expiry.c.connection_id.is_(None))


def next_connections(uow: UnitOfWork, after: str) -> list[str]:
    """The next batch of connections in the order of their ids."""
    query = sa.select(connection.c.id).order_by(connection.c.id).limit(BATCH)
    if after:
        query = query.where(connection.c.id > after)
    return list(uow.connection.scalars(query))


def list_expiring(uow: UnitOfWork, limit: int = 200) -> list[Expiring]:
    """What expires within SOON or has expired at connections that are in use, the most urgent first."""
    return [_expiring(row) for row in uow.connection.execute(_soon(uow).limit(limit))]


def count_expiring(uow: UnitOfWork) -> int:
    """How many there are."""
    query = sa.select(sa.func.count()).select_from(_soon(uow).order_by(None).subquery())
    return uow.connection.scalar(query) or 0


def of_connection(uow: UnitOfWork, connection_id: str) -> list[Expiring]:
    """Everything that expires at one connection some day, the first to go first."""
    table = watched_expiry
    query = sa.select(table).where(table.c.connection_id == connection_id).order_by(table.c.expires_at)
    return [_expiring(row) for row in uow.connection.execute(query)]


def _soon(uow: UnitOfWork) -> sa.Select[Any]:
    table = watched_expiry
    return (
        sa.select(table)
        .outerjoin(connection, connection.c.id == table.c.connection_id)
        .where(
            table.c.expires_at <= uow.now + SOON,
            sa.or_(connection.c.id.is_(None), sa.not_(connection.c.disabled)),
        )
        .order_by(table.c.expires_at, table.c.key)
    )


def _secrets(uow: UnitOfWork, ids: list[str]) -> Iterator[Expiring]:
    table = oidc_provider
    query = sa.select(table.c.connection_id, table.c.secret_expires_at)
    query = query.where(uow.among(table.c.connection_id, ids), table.c.secret_expires_at.is_not(None))
    for row in uow.connection.execute(query):
        yield Expiring(row.connection_id, "client_secret", row.connection_id, row.secret_expires_at)


def _saml(uow: UnitOfWork, ids: list[str]) -> Iterator[Expiring]:
    """The certificate that lasts longest, for during a rollover the other one goes by itself; and ``validUntil``.

    Metadata that is read again from its address renews itself as long as that answers.
    """
    table = saml_provider
    query = sa.select(table.c.connection_id, table.c.metadata, table.c.metadata_url)
    for row in uow.connection.execute(query.where(uow.among(table.c.connection_id, ids))):
        metadata = msgspec.convert(row.metadata, IdpMetadata)
        facts = [describe_certificate(certificate) for certificate in metadata.certificates]
        if facts:
            last = max(facts, key=lambda fact: fact.valid_until)
            yield Expiring(row.connection_id, "idp_certificate", last.fingerprint, last.valid_until)
        if metadata.valid_until is not None and not row.metadata_url:
            yield Expiring(row.connection_id, "idp_metadata", row.connection_id, metadata.valid_until)


def _tokens(uow: UnitOfWork, ids: list[str]) -> Iterator[Expiring]:
    """The token that lasts longest, for the others were replaced by it."""
    table = scim_token
    ends = sa.case((table.c.expires_at.is_(None), 1), else_=0)
    query = (
        sa.select(table.c.connection_id, table.c.id, table.c.expires_at)
        .where(uow.among(table.c.connection_id, ids), table.c.revoked_at.is_(None))
        .order_by(table.c.connection_id, ends, table.c.expires_at)
    )
    last: dict[str, Any] = {row.connection_id: row for row in uow.connection.execute(query)}
    for row in last.values():
        if row.expires_at is not None:
            yield Expiring(row.connection_id, "scim_token", row.id, row.expires_at)


def _keep(uow: UnitOfWork, found: list[Expiring], where: sa.ColumnElement[bool]) -> None:
    table = watched_expiry
    before = {row.key: row for row in uow.connection.execute(sa.select(table).where(where))}
    gone = sorted(before.keys() - {one.key for one in found})
    if gone:
        uow.connection.execute(sa.delete(table).where(uow.among(table.c.key, gone)))
    for one in found:
        known = before.get(one.key)
        if known is None:
            insert_once(uow, table, key=one.key, **vars(one))
        elif known.expires_at != one.expires_at:
            new = {"expires_at": one.expires_at, "told_days": None}
            uow.connection.execute(sa.update(table).where(table.c.key == one.key).values(**new))


def _expiring(row: Any) -> Expiring:
    return Expiring(row.connection_id, row.kind, row.subject, row.expires_at)
