"""Whose request this is: HTTP Basic, or an access token as Bearer (RFC 7617; RFC 6750). One indexed query, nothing cached.

So a credential that is revoked, rotated, expired or whose connection is switched off is refused from the next request
on, in every process. Who sends the right secret is told which of these it is; who does not, learns nothing.
"""

import base64
import binascii
import hmac
import re
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.ids import content_hash
from hub.network.tables import connection
from hub.store import UnitOfWork
from hub.store.driver import Question
from hub.xapi.callers.credentials import Credential
from hub.xapi.callers.scopes import with_implied
from hub.xapi.http.refusals import BASIC, BEARER, NOBODY, Unauthorized
from hub.xapi.tables import xapi_credential, xapi_token

_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_HELP = "Use the key and secret that the hub's administrators gave you, or ask them for new ones."
_NOBODYS_HASH = content_hash(b"")

_columns = (
    xapi_credential.c.id,
    xapi_credential.c.key,
    xapi_credential.c.connection_id,
    xapi_credential.c.kind,
    xapi_credential.c.secret_hash,
    xapi_credential.c.scopes,
    xapi_credential.c.expires_at,
    xapi_credential.c.revoked_at,
    xapi_credential.c.last_used_at,
    connection.c.partner_id,
    connection.c.disabled,
)
_by_key: sa.Select[Any] = (
    sa.select(*_columns)
    .join(connection, connection.c.id == xapi_credential.c.connection_id)
    .where(xapi_credential.c.key == sa.bindparam("key"))
)
# Held against a rotation, so that no access token outlives the secret it was given for.
_BY_KEY_HELD = Question(_by_key.with_for_update(read=True, of=xapi_credential))
_BY_KEY = Question(_by_key)
_BY_TOKEN = Question(
    sa.select(
        *_columns, xapi_token.c.scopes.label("token_scopes"), xapi_token.c.expires_at.label("token_ends")
    )
    .select_from(xapi_token)
    .join(xapi_credential, xapi_credential.c.id == xapi_token.c.credential_id)
    .join(connection, connection.c.id == xapi_credential.c.connection_id)
    .where(xapi_token.c.token_hash == sa.bindparam("token_hash"))
)


def check_credential(uow: UnitOfWork, authorization: str | None) -> Credential:
    """Whose ``Authorization`` header this is. Unauthorized with one of these reasons:

    ``no_credentials`` without Basic or Bearer; ``wrong_credentials`` for a key and secret that do not belong together;
    ``unknown_token``, ``token_expired``; and of what the right secret or token was sent for ``credential_revoked``,
    ``credential_expired``, ``connection_disabled``.
    """
    scheme, _, value = (authorization or "").strip().partition(" ")
    if scheme.lower() == "bearer" and value:
        return _check_token(uow, value.strip())
    if scheme.lower() != "basic" or not value:
        raise Unauthorized(
            "no_credentials",
            "Send the credentials of your system as HTTP Basic authentication, or an access token as Bearer.",
            _HELP,
            challenge=NOBODY,
        )
    return check_secret(uow, *decode_basic(value))


def check_secret(uow: UnitOfWork, key: str, secret: str, *, hold: bool = False) -> Credential:
    """Whose key and secret these are; ``hold`` keeps the credential from being rotated until the unit ends.

    Raises Unauthorized as ``check_credential`` does. A wrong key and a wrong secret answer alike, after the same work.
    """
    query = _BY_KEY_HELD if hold else _BY_KEY
    row = query.ask(uow.connection, key=key) if _KEY.fullmatch(key) else None
    known = row.secret_hash if row is not None else _NOBODYS_HASH
    if not hmac.compare_digest(content_hash(secret.encode()), known) or row is None:
        raise Unauthorized(
            "wrong_credentials",
            "The key and the secret do not belong together.",
            _HELP,
            connection_id=row.connection_id if row is not None else None,
        )
    _refuse_ended(row, uow.now, BASIC)
    return _credential(row, frozenset(row.scopes), by_token=False)


def decode_basic(encoded: str) -> tuple[str, str]:
    """Key and secret of the Basic scheme; two empty texts, which nobody has, for what is neither."""
    try:
        key, _, secret = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return key, secret


def _check_token(uow: UnitOfWork, token: str) -> Credential:
    token_hash = content_hash(token.encode()) if _TOKEN.fullmatch(token) else ""
    row = _BY_TOKEN.ask(uow.connection, token_hash=token_hash)
    challenge = f'{BEARER}, error="invalid_token"'
    if row is None:
        raise Unauthorized(
            "unknown_token",
            "This access token was not given out here, or the credential it was given to has changed.",
            "Ask the token endpoint for a new one.",
            challenge=challenge,
        )
    _refuse_ended(row, uow.now, challenge)
    if row.token_ends <= uow.now:
        raise Unauthorized(
            "token_expired",
            "This access token has expired.",
            "Ask the token endpoint for a new one.",
            challenge=challenge,
            connection_id=row.connection_id,
        )
    return _credential(row, with_implied(row.scopes).intersection(row.token_scopes), by_token=True)


def _refuse_ended(row: Any, now: datetime, challenge: str) -> None:
    """Told to whoever proved to hold the credential."""
    if row.revoked_at is not None:
        code, message = "credential_revoked", "This credential was revoked."
    elif row.expires_at is not None and row.expires_at <= now:
        code, message = "credential_expired", "This credential has expired."
    elif row.disabled:
        code, message = "connection_disabled", "The connection of this credential is switched off."
    else:
        return
    help = "Ask the hub's administrators about it."
    raise Unauthorized(code, message, help, challenge=challenge, connection_id=row.connection_id)


def _credential(row: Any, scopes: frozenset[str], *, by_token: bool) -> Credential:
    return Credential(
        id=row.id,
        key=row.key,
        connection_id=row.connection_id,
        partner_id=row.partner_id,
        scopes=scopes,
        kind=row.kind,
        by_token=by_token,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
    )
