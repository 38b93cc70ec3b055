"""Access tokens for the services: opaque, an hour long, stored as hashes (RFC 6749, section 4.4; RFC 6750)."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from hub.ids import content_hash
from hub.lti import tables
from hub.lti.client_assertion import Assertion, verify_assertion
from hub.lti.insert import insert_once
from hub.lti.refusals import Refused
from hub.lti.tools import Tool, read_tool
from hub.lti.vocabulary import AGS_SCOPES, JWT_BEARER_ASSERTION
from hub.runtime import Hub
from hub.store import UnitOfWork

LIFETIME = timedelta(hours=1)
_BEARER = re.compile(r"Bearer +([A-Za-z0-9_-]{43})", re.IGNORECASE)


@dataclass(frozen=True)
class AccessToken:
    """A new access token, known in clear only here, with the scopes it was narrowed to."""

    token: str
    scopes: tuple[str, ...]


def grant_token(hub: Hub, form: Mapping[str, Sequence[str]]) -> AccessToken:
    """Answer a client_credentials request with private_key_jwt. Raises Refused with OAuth's error codes.

    Scopes are narrowed to those the tool is granted; only if none is left the request is refused.
    """
    repeated = sorted(name for name, values in form.items() if len(values) > 1)
    if repeated:
        raise Refused(
            "repeated_parameter", f"{repeated[0]} was given more than once.", error="invalid_request"
        )
    given = {name: values[0] for name, values in form.items()}
    if not given.get("grant_type"):
        raise Refused("no_grant_type", "grant_type is missing.", error="invalid_request")
    if given["grant_type"] != "client_credentials":
        raise Refused("bad_grant_type", "Only client_credentials is granted.", error="unsupported_grant_type")
    if given.get("client_assertion_type") != JWT_BEARER_ASSERTION:
        raise Refused(
            "bad_assertion_type",
            f"client_assertion_type must be {JWT_BEARER_ASSERTION}.",
            error="invalid_client",
        )
    if not given.get("client_assertion"):
        raise Refused("no_assertion", "client_assertion is missing.", error="invalid_client")
    assertion = verify_assertion(hub, given["client_assertion"])
    scopes = _narrow(assertion.tool, given.get("scope", ""))
    with hub.unit_of_work() as uow:
        _remember_jti(uow, assertion)
        return _make_token(uow, assertion.tool, scopes)


def check_token(uow: UnitOfWork, authorization: str, scopes: Sequence[str]) -> Tool:
    """The tool whose token is in the Authorization header and carries one of the scopes.

    Raises Refused 401 without a good token (RFC 6750, section 3), 403 ``insufficient_scope`` with too narrow a one.
    """
    if not authorization:
        raise _unauthorized("no_token", "An access token is needed.", "")
    match = _BEARER.fullmatch(authorization)
    if match is None:
        raise _unauthorized("malformed_token", "The Authorization header holds no access token of this hub.")
    table = tables.lti_token
    row = uow.connection.execute(
        sa.select(table).where(table.c.token_hash == content_hash(match[1].encode()))
    ).one_or_none()
    if row is None:
        raise _unauthorized("unknown_token", "This access token was not given out here.")
    tool = read_tool(uow, row.connection_id)
    if tool.disabled:
        raise _unauthorized("tool_disabled", "This tool is switched off.", tool=tool)
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


def _narrow(tool: Tool, scope: str) -> tuple[str, ...]:
    asked = set(scope.split())
    granted = tuple(s for s in AGS_SCOPES if s in asked and s in tool.scopes)
    if not granted:
        reason = (
            "scope_missing"
            if not asked
            else "scope_not_granted"
            if asked & {*AGS_SCOPES}
            else "scope_unknown"
        )
        raise Refused(
            reason,
            "None of the scopes asked for is granted.",
            error="invalid_scope",
            connection_id=tool.connection_id,
        )
    return granted


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


def _make_token(uow: UnitOfWork, tool: Tool, scopes: tuple[str, ...]) -> AccessToken:
    token = secrets.token_urlsafe(32)
    uow.connection.execute(
        sa.insert(tables.lti_token).values(
            token_hash=content_hash(token.encode()),
            connection_id=tool.connection_id,
            scopes=list(scopes),
            expires_at=uow.now + LIFETIME,
            revoked=False,
        )
    )
    return AccessToken(token, scopes)


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
