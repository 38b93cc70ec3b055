"""Credentials of systems that send and read statements: HTTP Basic, with a random secret that is shown once.

The secret has 256 random bits, so a plain SHA-256 protects it and is checked in microseconds. Nothing is cached: a
revoked credential is refused from the next request on.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa

from hub.errors import BadInput, Missing, NotAllowed
from hub.ids import new_id
from hub.journal import Change, audit, record_changes
from hub.network.connections import read_connection
from hub.network.tables import connection
from hub.store import UnitOfWork
from hub.xapi.refusals import Unauthorized
from hub.xapi.tables import xapi_credential

WRITE = "statements/write"
READ_MINE = "statements/read/mine"
READ = "statements/read"
ALL_READ = "all/read"
ALL = "all"
SCOPES = frozenset({WRITE, READ_MINE, READ, ALL_READ, ALL})
"""What a credential may be allowed, in the words of xAPI 1.0.3 Communication 4.2."""

MAY_WRITE = frozenset({WRITE, ALL})
MAY_READ = frozenset({READ_MINE, READ, ALL_READ, ALL})

_KEY = re.compile(r"^[A-Za-z0-9_-]{1,64}\Z")


class NewCredential(NamedTuple):
    """A Basic user name and its password, which nobody can read again."""

    key: str
    secret: str


@dataclass(frozen=True)
class Credential:
    """Who sends a request: one credential of one connection."""

    id: str
    key: str
    connection_id: str
    partner_id: str | None
    scopes: frozenset[str]

    def must(self, scopes: Collection[str]) -> None:
        """NotAllowed ``missing_scope`` unless the credential has one of the scopes."""
        if self.scopes.isdisjoint(scopes):
            needed = " or ".join(sorted(scopes))
            raise NotAllowed(
                "missing_scope", "This credential may not do that.", f"It needs the scope {needed}."
            )


def create_credential(uow: UnitOfWork, connection_id: str, scopes: Collection[str]) -> NewCredential:
    """Give a connection one more credential. BadInput ``bad_scopes`` for none or unknown ones, Missing ``no_connection``."""
    unknown = set(scopes) - SCOPES
    if unknown or not scopes:
        raise BadInput("bad_scopes", f"Scopes must be some of: {', '.join(sorted(SCOPES))}.")
    read_connection(uow, connection_id)
    new = NewCredential(secrets.token_hex(12), secrets.token_urlsafe(32))
    id = new_id()
    uow.connection.execute(
        sa.insert(xapi_credential).values(
            id=id,
            connection_id=connection_id,
            key=new.key,
            secret_hash=_hash(new.secret),
            scopes=sorted(scopes),
            created_at=uow.now,
            revoked_at=None,
        )
    )
    _record(uow, id, connection_id, new.key, sorted(scopes), "created")
    return new


def rotate_credential(uow: UnitOfWork, key: str) -> NewCredential:
    """Give a credential a new secret; the old one is refused from now on. Missing ``no_credential``.

    To change without a gap, create a second credential for the connection, switch over, and revoke the first.
    """
    row = _read(uow, key)
    secret = secrets.token_urlsafe(32)
    uow.connection.execute(
        sa.update(xapi_credential).where(xapi_credential.c.id == row.id).values(secret_hash=_hash(secret))
    )
    _record(uow, row.id, row.connection_id, key, row.scopes, "rotated")
    return NewCredential(key, secret)


def revoke_credential(uow: UnitOfWork, key: str) -> None:
    """Refuse a credential from now on, for good. Missing ``no_credential``."""
    row = _read(uow, key)
    uow.connection.execute(
        sa.update(xapi_credential).where(xapi_credential.c.id == row.id).values(revoked_at=uow.now)
    )
    _record(uow, row.id, row.connection_id, key, row.scopes, "revoked")


def list_credentials(uow: UnitOfWork, connection_id: str) -> list[Credential]:
    """The credentials of a connection that are in force, the oldest first."""
    rows = uow.connection.execute(
        _select()
        .where(xapi_credential.c.connection_id == connection_id, xapi_credential.c.revoked_at.is_(None))
        .order_by(xapi_credential.c.created_at, xapi_credential.c.id)
    )
    return [_credential(row) for row in rows]


def check_credential(uow: UnitOfWork, authorization: str | None) -> Credential:
    """Whose ``Authorization: Basic`` header this is.

    Raises Unauthorized ``no_credentials`` or ``wrong_credentials``; the second does not tell a wrong key from a wrong
    secret, a revoked credential or a disabled connection.
    """
    key, secret = _decode_basic(authorization)
    row = uow.connection.execute(_select().where(xapi_credential.c.key == key)).one_or_none() if key else None
    known = hmac.compare_digest(_hash(secret), row.secret_hash if row else _hash(""))
    if row is None or not known or row.revoked_at is not None or row.disabled:
        raise Unauthorized(
            "wrong_credentials",
            "The credentials are wrong or no longer in force.",
            "Use the key and secret that the hub's administrators gave you, or ask them for new ones.",
        )
    return _credential(row)


def _decode_basic(authorization: str | None) -> tuple[str, str]:
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic" or not encoded:
        raise Unauthorized(
            "no_credentials", "Send the credentials of your system as HTTP Basic authentication."
        )
    try:
        key, _, secret = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return (key, secret) if _KEY.match(key) else ("", "")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _select() -> sa.Select[tuple[object, ...]]:
    return sa.select(xapi_credential, connection.c.partner_id, connection.c.disabled).join(
        connection, connection.c.id == xapi_credential.c.connection_id
    )


def _credential(row: sa.Row[tuple[object, ...]]) -> Credential:
    return Credential(row.id, row.key, row.connection_id, row.partner_id, frozenset(row.scopes))


def _read(uow: UnitOfWork, key: str) -> sa.Row[tuple[object, ...]]:
    in_force = sa.and_(xapi_credential.c.key == key, xapi_credential.c.revoked_at.is_(None))
    row = uow.connection.execute(sa.select(xapi_credential).where(in_force).with_for_update()).one_or_none()
    if row is None:
        raise Missing("no_credential", "There is no credential with this key that is in force.")
    return row


def _record(
    uow: UnitOfWork, id: str, connection_id: str, key: str, scopes: Collection[str], state: str
) -> None:
    """Remember the change and who made it; never the secret or its hash."""
    body = {"connection_id": connection_id, "key": key, "scopes": list(scopes), "state": state}
    record_changes(uow, [Change("xapi_credential", id, body)])
    audit(uow, f"xapi_credential_{state}", id, connection_id=connection_id)
