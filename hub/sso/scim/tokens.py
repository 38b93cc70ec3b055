"""Bearer tokens of SCIM clients (RFC 6750; RFC 7644, section 2): shown once, kept as hashes, looked up by one index.

Nothing is cached: a token that is revoked or expired, or whose connection is switched off, is refused from the next
request on, in every process.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

import sqlalchemy as sa

from hub.errors import BadInput, HubError, Missing, Problem
from hub.ids import is_id, new_id
from hub.journal import Change, audit, record_changes
from hub.network.systems.connections import create_connection, read_connection
from hub.network.tables import connection
from hub.runtime import Hub
from hub.sso.scim.caller import Caller
from hub.sso.scim.tables import scim_token
from hub.sso.tokens import new_token, token_hash
from hub.store import UnitOfWork
from hub.store.driver import Question

CHANGED = "scim_token_changed"
MAX_LABEL = 100
MAX_TOKENS = 10
"""In force at the same time, for one connection."""
OVERLAP = timedelta(hours=24)
"""How long the old token still works when it is renewed."""
PRECISION = timedelta(minutes=1)
State = Literal["active", "expired", "revoked"]
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class Unauthorized(HubError):
    """Nobody we know sent this. ``connection_id`` is for the audit trail, where the token was known once."""

    status = 401

    def __init__(self, code: str, message: str, help: str, connection_id: str | None = None) -> None:
        super().__init__(code, message, help)
        self.connection_id = connection_id


class NewToken(NamedTuple):
    """A token that nobody can read again, and the id by which it is named."""

    id: str
    token: str


@dataclass(frozen=True)
class TokenLine:
    """One token as lists show it."""

    id: str
    label: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    state: State


def connect_client(
    uow: UnitOfWork, slug: str, name: str, partner_id: str, *, actor_id: str | None = None
) -> str:
    """The id of a new connection for a partner's SCIM client. BadInput ``bad_slug``, Conflict, Missing ``no_partner``."""
    if not partner_id:
        raise BadInput("no_owner", "A SCIM client belongs to one partner.", "Say which.")
    connection_id = create_connection(uow, slug, "scim", name, partner_id)
    audit(
        uow,
        "connect_scim_client",
        connection_id,
        actor_id=actor_id,
        partner_id=partner_id,
        connection_id=connection_id,
    )
    return connection_id


def make_token(
    uow: UnitOfWork,
    connection_id: str,
    label: str = "",
    expires_at: datetime | None = None,
    *,
    actor_id: str | None = None,
) -> NewToken:
    """One more token for a client; it works at once and, with ``expires_at``, until that instant.

    BadInput ``bad_token`` for a label of several lines or over MAX_LABEL characters, an end that has passed, more than
    MAX_TOKENS, or a connection that is no partner's SCIM client; Missing ``no_connection``.
    """
    owner = read_connection(uow, connection_id)
    problems = []
    if owner.kind != "scim" or owner.partner_id is None:
        problems.append(Problem("is no SCIM client of a partner", "connection"))
    if len(label) > MAX_LABEL or not label.isprintable():
        problems.append(Problem(f"must be one line of at most {MAX_LABEL} characters", "label"))
    if expires_at is not None and expires_at <= uow.now:
        problems.append(Problem("must be in the future", "expires_at"))
    if not problems and sum(t.state == "active" for t in list_tokens(uow, connection_id)) >= MAX_TOKENS:
        problems.append(Problem(f"has {MAX_TOKENS} already; revoke one first", "connection"))
    if problems:
        raise BadInput("bad_token", "The token cannot be made like that.", problems=problems)
    id, token = new_id(), new_token()
    uow.insert(
        scim_token,
        id=id,
        connection_id=connection_id,
        token_hash=token_hash(token),
        label=label,
        created_at=uow.now,
        expires_at=expires_at,
    )
    _record(uow, id, connection_id, label, "created", actor_id)
    return NewToken(id, token)


def renew_token(
    uow: UnitOfWork, connection_id: str, token_id: str, *, actor_id: str | None = None
) -> NewToken:
    """A new token in place of another one, which still works for OVERLAP so that nothing stops. Missing ``no_token``."""
    old = _lock(uow, connection_id, token_id)
    end = min(uow.now + OVERLAP, old.expires_at or uow.now + OVERLAP)
    lifetime = old.expires_at - old.created_at if old.expires_at else None
    uow.connection.execute(
        sa.update(scim_token).where(scim_token.c.id == old.id).values(expires_at=end, label=_old(old.label))
    )
    _record(uow, old.id, connection_id, old.label, "replaced", actor_id)
    expires_at = uow.now + lifetime if lifetime else None
    return make_token(uow, connection_id, old.label, expires_at, actor_id=actor_id)


def revoke_token(uow: UnitOfWork, connection_id: str, token_id: str, *, actor_id: str | None = None) -> None:
    """Refuse a token from now on, for good. Missing ``no_token``."""
    row = _lock(uow, connection_id, token_id)
    uow.connection.execute(sa.update(scim_token).where(scim_token.c.id == row.id).values(revoked_at=uow.now))
    _record(uow, row.id, connection_id, row.label, "revoked", actor_id)


def list_tokens(uow: UnitOfWork, connection_id: str) -> list[TokenLine]:
    """The tokens of a connection, the newest first, also those that ended."""
    table = scim_token
    query = sa.select(table).where(table.c.connection_id == connection_id).order_by(table.c.id.desc())
    return [
        TokenLine(
            row.id,
            row.label,
            row.created_at,
            row.expires_at,
            row.revoked_at,
            row.last_used_at,
            _state(row.revoked_at, row.expires_at, uow.now),
        )
        for row in uow.connection.execute(query)
    ]


_BY_HASH = Question(
    sa.select(
        scim_token.c.id,
        scim_token.c.connection_id,
        scim_token.c.expires_at,
        scim_token.c.revoked_at,
        scim_token.c.last_used_at,
        connection.c.partner_id,
        connection.c.disabled,
    )
    .join(connection, connection.c.id == scim_token.c.connection_id)
    .where(scim_token.c.token_hash == sa.bindparam("token_hash"))
)


def check_token(uow: UnitOfWork, authorization: str | None) -> Caller:
    """Whose ``Authorization`` header this is. Unauthorized with one of these reasons:

    ``no_token`` without Bearer, ``unknown_token``, and of a token that was right once ``token_revoked``,
    ``token_expired`` or ``connection_disabled``.
    """
    scheme, _, token = (authorization or "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("no_token", "Send the token as Authorization: Bearer.", _HELP)
    text = token.strip()
    row = _BY_HASH.ask(uow.connection, token_hash=token_hash(text)) if _TOKEN.fullmatch(text) else None
    if row is None or row.partner_id is None:
        raise Unauthorized("unknown_token", "The hub does not know this token.", _HELP)
    state = _state(row.revoked_at, row.expires_at, uow.now)
    if state != "active":
        raise Unauthorized(f"token_{state}", f"This token is {state}.", _HELP, row.connection_id)
    if row.disabled:
        raise Unauthorized(
            "connection_disabled",
            "Provisioning is switched off for this client.",
            "Ask the hub's operators.",
            row.connection_id,
        )
    return Caller(row.id, row.connection_id, row.partner_id, row.last_used_at)


def note_use(hub: Hub, caller: Caller) -> bool:
    """Remember that the token was used, unless that was noted within PRECISION; whether it was noted now."""
    now = hub.clock.now()
    noted = caller.last_used_at
    if noted is not None and now - noted < PRECISION:
        return False
    table = scim_token
    # Again in the statement: of many requests at once, one writes.
    is_old = sa.or_(table.c.last_used_at.is_(None), table.c.last_used_at <= now - PRECISION)
    with hub.unit_of_work() as uow:
        mine = sa.and_(table.c.id == caller.token_id, is_old)
        return uow.connection.execute(sa.update(table).where(mine).values(last_used_at=now)).rowcount == 1


_HELP = "Use the token that was shown once on the hub's page for this client, or make a new one there."


def _state(revoked_at: datetime | None, expires_at: datetime | None, now: datetime) -> State:
    if revoked_at is not None:
        return "revoked"
    return "expired" if expires_at is not None and expires_at <= now else "active"


def _old(label: str) -> str:
    return f"{label} (replaced)".strip()[:MAX_LABEL]


def _lock(uow: UnitOfWork, connection_id: str, token_id: str) -> sa.Row[tuple[object, ...]]:
    table = scim_token
    mine = sa.and_(
        table.c.id == token_id, table.c.connection_id == connection_id, table.c.revoked_at.is_(None)
    )
    row = (
        uow.connection.execute(sa.select(table).where(mine).with_for_update()).one_or_none()
        if is_id(token_id)
        else None
    )
    if row is None:
        raise Missing("no_token", "There is no such token in force.")
    return row


def _record(
    uow: UnitOfWork, id: str, connection_id: str, label: str, state: str, actor_id: str | None
) -> None:
    """Remember the change and who made it; never the token or its hash."""
    body = {"connection_id": connection_id, "label": label, "state": state}
    record_changes(uow, [Change(CHANGED, id, body, actor_id=actor_id)])
    audit(uow, f"scim_token_{state}", id, actor_id=actor_id, connection_id=connection_id)
