"""Access tokens for the services: opaque, an hour long, stored as hashes (RFC 6749, section 4.4; RFC 6750)."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from hub.ids import content_hash
from hub.lti import tables
from hub.lti.client_assertion import Assertion
from hub.lti.refusals import Refused
from hub.lti.tools import Tool, read_tool
from hub.lti.vocabulary import ALL_SCOPES
from hub.store import UnitOfWork
from hub.store.insert import insert_once

LIFETIME = timedelta(hours=1)
_BEARER = re.compile(r"Bearer +([A-Za-z0-9_-]{43})", re.IGNORECASE)


@dataclass(frozen=True)
class AccessToken:
    """A new access token, known in clear only here, with the scopes it was narrowed to. Authlib logs its repr."""

    token: str = field(repr=False)
    scopes: tuple[str, ...]


def new_token(scopes: tuple[str, ...]) -> AccessToken:
    """A token nobody can guess."""
    return AccessToken(secrets.token_urlsafe(32), scopes)


def narrow_scopes(tool: Tool, scope: str) -> tuple[str, ...]:
    """The scopes asked for that the tool is granted (RFC 6749, section 3.3); Refused ``invalid_scope`` if none is left."""
    asked = set(scope.split())
    granted = tuple(s for s in ALL_SCOPES if s in asked and s in tool.scopes)
    if granted:
        return granted
    known = asked & {*ALL_SCOPES}
    raise Refused(
        "scope_missing" if not asked else "scope_not_granted" if known else "scope_unknown",
        "None of the scopes asked for is granted.",
        error="invalid_scope",
        connection_id=tool.connection_id,
    )


def keep_token(uow: UnitOfWork, assertion: Assertion, token: AccessToken) -> None:
    """Remember a token for its lifetime. Refused when the assertion that asked for it came before."""
    _remember_jti(uow, assertion)
    uow.insert(
        tables.lti_token,
        token_hash=content_hash(token.token.encode()),
        connection_id=assertion.tool.connection_id,
        scopes=list(token.scopes),
        expires_at=uow.now + LIFETIME,
        revoked=False,
    )


def check_token(uow: UnitOfWork, authorization: str, scopes: Sequence[str]) -> Tool:
    """The tool whose token is in the Authorization header and carries one of the scopes.

    Raises Refused 401 without a good token (RFC 6750, section 3), 403 ``insufficient_scope`` with too narrow a one.
    """
    if not authorization:
        raise _unauthorized("no_token", "An access token is needed.", "")
    match = _BEARER.fullmatch(authorization)
    if match is None:
        raise _unauthorized("malformed_token", "The Authorization header holds no access token of this hub.")
    row = uow.find(tables.lti_token, token_hash=content_hash(match[1].encode()))
    if row is None:
        raise _unauthorized("unknown_token", "This access token was not given out here.")
    tool = read_tool(uow, row.connection_id)
    if tool.closed:
        raise _unauthorized(tool.closed, f"This tool {tool.closed_words}", tool=tool)
    if row.revoked:
        raise _unauthorized("token_revoked", "This access token was revoked.", tool=tool)
    if row.expires_at <= uow.now:
        raise _unauthorized("token_expired", "This access token has expired.", tool=tool)
    if not set(scopes) & set(row.scopes) & set(tool.scopes):
        raise Refused(
            "insufficient_scope",
            "The access token does not allow this.",
            status=403,
            headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{" ".join(scopes)}"'},
            connection_id=tool.connection_id,
        )
    return tool


def _remember_jti(uow: UnitOfWork, assertion: Assertion) -> None:
    """Refuse an assertion that came before, in whatever process; its key is unique in the database."""
    key = content_hash(f"{assertion.tool.client_id}\x1f{assertion.jti}".encode())
    if not insert_once(uow, tables.lti_seen_jti, key=key, expires_at=assertion.expires_at):
        raise Refused(
            "assertion_replayed",
            "This assertion was used before.",
            error="invalid_client",
            connection_id=assertion.tool.connection_id,
        )


def _unauthorized(
    reason: str, message: str, error: str = "invalid_token", tool: Tool | None = None
) -> Refused:
    challenge = f'Bearer error="{error}"' if error else "Bearer"
    return Refused(
        reason,
        message,
        status=401,
        headers={"WWW-Authenticate": challenge},
        connection_id=tool.connection_id if tool else None,
    )
