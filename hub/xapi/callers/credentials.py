"""Credentials of systems that send and read statements: a key and a random secret that is shown once.

The secret has 256 random bits, so a plain SHA-256 protects it and is checked in microseconds. Whoever sends one is
read in ``hub.xapi.callers.authenticate``.
"""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

import sqlalchemy as sa

from hub.errors import BadInput, Missing, Problem
from hub.ids import content_hash, new_id
from hub.journal import Change, audit, record_changes
from hub.network.systems.connections import read_connection
from hub.network.tables import connection
from hub.store import UnitOfWork
from hub.xapi.callers.scopes import (
    ALL,
    ALL_READ,
    DEFINE,
    MAY_DEFINE,
    MAY_LOOK_UP,
    MAY_PROFILE,
    MAY_READ,
    MAY_READ_PARTNER,
    MAY_READ_PROFILE,
    MAY_READ_STATE,
    MAY_STATE,
    MAY_WRITE,
    PROFILE,
    READ,
    READ_MINE,
    SCOPES,
    STATE,
    WORDS,
    WRITE,
    in_order,
)
from hub.xapi.http.refusals import MissingScope
from hub.xapi.tables import xapi_credential, xapi_token

__all__ = [
    "ALL",
    "ALL_READ",
    "DEFINE",
    "MAY_DEFINE",
    "MAY_LOOK_UP",
    "MAY_PROFILE",
    "MAY_READ",
    "MAY_READ_PARTNER",
    "MAY_READ_PROFILE",
    "MAY_READ_STATE",
    "MAY_STATE",
    "MAY_WRITE",
    "PROFILE",
    "READ",
    "READ_MINE",
    "SCOPES",
    "STATE",
    "WORDS",
    "WRITE",
    "Credential",
    "CredentialKind",
    "NewCredential",
    "create_credential",
    "create_session_credential",
    "in_order",
    "revoke_credential",
    "rotate_credential",
]

CredentialKind = Literal["system", "session", "import"]
MAX_LABEL = 100


class NewCredential(NamedTuple):
    """A Basic user name and its password, which nobody can read again."""

    key: str
    secret: str


@dataclass(frozen=True)
class Credential:
    """Who sends a request: one credential of one connection, narrowed to what its access token allows if it came by one.

    ``kind`` is ``session`` for a credential that was made for one launch of a course and ends with it, and ``import`` for
    an operator who imports files, whose word for the authority of a statement is taken.
    """

    id: str
    key: str
    connection_id: str
    partner_id: str | None
    scopes: frozenset[str]
    kind: CredentialKind = "system"
    by_token: bool = False
    expires_at: datetime | None = None
    last_used_at: datetime | None = None

    def must(self, scopes: Collection[str]) -> None:
        """MissingScope ``missing_scope`` (403) unless the credential has one of the scopes."""
        if self.scopes.isdisjoint(scopes):
            raise MissingScope(in_order(scopes), by_token=self.by_token)

    def may(self, scopes: Collection[str]) -> bool:
        """Whether the credential has one of the scopes."""
        return not self.scopes.isdisjoint(scopes)

    def readable_connections(self, uow: UnitOfWork) -> list[str]:
        """Ids of the connections whose statements the credential may read, its own first.

        With ``statements/read/mine`` alone that is its own (no query); with the wider scopes every one of the same
        partner. A connection that belongs to no partner reads its own only. Documents are always the own connection's.
        """
        if self.partner_id is None or not self.may(MAY_READ_PARTNER):
            return [self.connection_id]
        others = uow.connection.scalars(_OF_PARTNER, {"partner_id": self.partner_id})
        return [self.connection_id, *(id for id in others if id != self.connection_id)]


def create_credential(
    uow: UnitOfWork,
    connection_id: str,
    scopes: Collection[str],
    label: str = "",
    expires_at: datetime | None = None,
    actor_id: str | None = None,
) -> NewCredential:
    """Give a connection one more credential, which works at once and, with ``expires_at``, until that instant.

    BadInput ``bad_credential`` for no or unknown scopes, a label over MAX_LABEL characters or an end that has passed;
    Missing ``no_connection``.
    """
    problems = [Problem(f"{scope[:60]!r} is no scope", "scopes") for scope in sorted(set(scopes) - SCOPES)]
    if not scopes:
        problems.append(Problem("there must be at least one", "scopes"))
    if len(label) > MAX_LABEL or not label.isprintable():
        problems.append(Problem(f"must be one line of at most {MAX_LABEL} characters", "label"))
    if expires_at is not None and expires_at <= uow.now:
        problems.append(Problem("must be in the future", "expires_at"))
    if problems:
        help = f"Scopes are: {', '.join(WORDS)}."
        raise BadInput("bad_credential", "The credential cannot be made like that.", help, problems)
    read_connection(uow, connection_id)
    id, new = _insert(uow, connection_id, scopes, label, expires_at, "system")
    _record(uow, id, connection_id, new.key, scopes, "created", actor_id)
    return new


def create_session_credential(
    uow: UnitOfWork, connection_id: str, scopes: Collection[str], expires_at: datetime
) -> tuple[str, NewCredential]:
    """A credential for one launch, and its id; it stands in no list, and neither journal nor audit trail tells of it."""
    return _insert(uow, connection_id, scopes, "", expires_at, "session")


def rotate_credential(uow: UnitOfWork, key: str, actor_id: str | None = None) -> NewCredential:
    """Give a credential a new secret; the old one and its access tokens are refused from now on. Missing ``no_credential``.

    To change without a gap, create a second credential for the connection, switch over, and revoke the first.
    """
    row = _lock(uow, key)
    secret = secrets.token_urlsafe(32)
    hashed = content_hash(secret.encode())
    uow.connection.execute(
        sa.update(xapi_credential).where(xapi_credential.c.id == row.id).values(secret_hash=hashed)
    )
    _forget_tokens(uow, row.id)
    _record(uow, row.id, row.connection_id, key, row.scopes, "rotated", actor_id)
    return NewCredential(key, secret)


def revoke_credential(uow: UnitOfWork, key: str, actor_id: str | None = None) -> None:
    """Refuse a credential and its access tokens from now on, for good. Missing ``no_credential``."""
    row = _lock(uow, key)
    uow.connection.execute(
        sa.update(xapi_credential).where(xapi_credential.c.id == row.id).values(revoked_at=uow.now)
    )
    _forget_tokens(uow, row.id)
    _record(uow, row.id, row.connection_id, key, row.scopes, "revoked", actor_id)


_OF_PARTNER = (
    sa.select(connection.c.id)
    .where(connection.c.partner_id == sa.bindparam("partner_id"))
    .order_by(connection.c.slug)
)


def _insert(
    uow: UnitOfWork,
    connection_id: str,
    scopes: Collection[str],
    label: str,
    expires_at: datetime | None,
    kind: CredentialKind,
) -> tuple[str, NewCredential]:
    id, new = new_id(), NewCredential(secrets.token_hex(12), secrets.token_urlsafe(32))
    uow.connection.execute(
        sa.insert(xapi_credential).values(
            id=id,
            connection_id=connection_id,
            kind=kind,
            key=new.key,
            secret_hash=content_hash(new.secret.encode()),
            scopes=in_order(scopes),
            label=label,
            created_at=uow.now,
            expires_at=expires_at,
        )
    )
    return id, new


def _lock(uow: UnitOfWork, key: str) -> sa.Row[tuple[object, ...]]:
    in_force = sa.and_(xapi_credential.c.key == key, xapi_credential.c.revoked_at.is_(None))
    row = uow.connection.execute(sa.select(xapi_credential).where(in_force).with_for_update()).one_or_none()
    if row is None:
        raise Missing("no_credential", "There is no credential with this key that is in force.")
    return row


def _forget_tokens(uow: UnitOfWork, credential_id: str) -> None:
    uow.connection.execute(sa.delete(xapi_token).where(xapi_token.c.credential_id == credential_id))


def _record(
    uow: UnitOfWork,
    id: str,
    connection_id: str,
    key: str,
    scopes: Collection[str] | Sequence[str],
    state: str,
    actor_id: str | None,
) -> None:
    """Remember the change and who made it; never the secret or its hash."""
    body = {"connection_id": connection_id, "key": key, "scopes": in_order(scopes), "state": state}
    record_changes(uow, [Change("xapi_credential", id, body, actor_id=actor_id)])
    detail = {"key": key}
    audit(
        uow,
        f"xapi_credential_{state}",
        id,
        actor_id=actor_id,
        connection_id=connection_id,
        detail=detail,
    )
