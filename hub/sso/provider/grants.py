"""Grants: what a person's sign-in at a client stands on, from the code to the last of its tokens."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from hub.ids import new_id
from hub.network.tables import connection as connection_table
from hub.network.tables import person as person_table
from hub.sso.provider.clients import Client
from hub.sso.provider.refusals import Refused
from hub.sso.provider.request import AuthenticationRequest
from hub.sso.provider.served import Served
from hub.sso.provider.tables import oidc_code, oidc_grant
from hub.sso.sessions import SEEN_EVERY, Session, idle_since
from hub.sso.tables import web_session
from hub.sso.tokens import new_token, token_hash
from hub.store import UnitOfWork
from hub.store.driver import Command, Question

CODE_LIFETIME = timedelta(seconds=60)
CODE_REMEMBERED = timedelta(hours=1)
"""How long the second use of a code is noticed."""
KEEP_ENDED = timedelta(days=7)


@dataclass(frozen=True)
class Grant:
    """A grant as it is kept. ``sid`` names the web session towards its client."""

    id: str
    client_id: str
    person_id: str
    session_id: str
    sid: str
    scopes: tuple[str, ...]
    acr: str
    authenticated_at: datetime
    time_is_told: bool
    session_ends_at: datetime
    ended_at: datetime | None
    revoked_at: datetime | None

    def is_good(self, now: datetime) -> bool:
        """Whether its tokens are good: the web session lasts, and nothing was revoked."""
        return self.ended_at is None and self.revoked_at is None and now < self.session_ends_at


@dataclass(frozen=True)
class Redeemed:
    """A code that was used now, for the first time."""

    grant: Grant
    nonce: str


_COLUMNS = tuple(oidc_grant.c[name] for name in Grant.__dataclass_fields__)
_OF_CODE = Question(
    sa.select(
        *_COLUMNS,
        oidc_code.c.code_hash,
        oidc_code.c.redirect_uri,
        oidc_code.c.nonce,
        oidc_code.c.code_challenge,
        oidc_code.c.good_until,
    )
    .join(oidc_grant, oidc_grant.c.id == oidc_code.c.grant_id)
    .where(oidc_code.c.code_hash == sa.bindparam("code_hash"))
)
_USE_CODE = Command(
    sa.update(oidc_code)
    .where(oidc_code.c.code_hash == sa.bindparam("code"), oidc_code.c.used_at.is_(None))
    .values(used_at=sa.bindparam("now"))
)
_SESSION_END = Question(
    sa.select(web_session.c.expires_at).where(web_session.c.id == sa.bindparam("session_id"))
)
_LIVE = Question(
    sa.select(connection_table.c.disabled)
    .join(web_session, web_session.c.connection_id == connection_table.c.id)
    .where(web_session.c.id == sa.bindparam("session_id"), web_session.c.seen_at > sa.bindparam("idle_since"))
)
_SEEN = Command(
    sa.update(web_session)
    .where(web_session.c.id == sa.bindparam("session"), web_session.c.seen_at <= sa.bindparam("before"))
    .values(seen_at=sa.bindparam("now"))
)
_REVOKE = Command(
    sa.update(oidc_grant)
    .where(oidc_grant.c.id == sa.bindparam("grant_id"), oidc_grant.c.revoked_at.is_(None))
    .values(revoked_at=sa.bindparam("now"))
)


def begin_grant(
    uow: UnitOfWork,
    client: Client,
    session: Session,
    request: AuthenticationRequest,
    redirect_uri: str,
) -> str:
    """A code for the client, good once and for CODE_LIFETIME (RFC 6749, section 4.1.2)."""
    ends = _SESSION_END.ask(uow.connection, session_id=session.id)
    if ends is None:
        raise Refused("session_over", "The session at the hub is over.", "login_required")
    grant_id, code = new_id(), new_token()
    uow.insert(
        oidc_grant,
        id=grant_id,
        client_id=client.client_id,
        person_id=session.person_id,
        session_id=session.id,
        sid=sid_of(client, session.id),
        scopes=list(request.scopes),
        acr=session.acr,
        authenticated_at=session.authenticated_at,
        time_is_told=session.time_is_told,
        started_at=uow.now,
        session_ends_at=ends.expires_at,
        expires_at=ends.expires_at + KEEP_ENDED,
    )
    uow.insert(
        oidc_code,
        code_hash=token_hash(code),
        grant_id=grant_id,
        redirect_uri=redirect_uri,
        nonce=request.nonce,
        code_challenge=request.code_challenge,
        good_until=uow.now + CODE_LIFETIME,
        expires_at=uow.now + CODE_REMEMBERED,
    )
    return code


def redeem_code(
    uow: UnitOfWork, client: Client, code: str, redirect_uri: str, verifier: str
) -> Redeemed | None:
    """Use up a code; of several that try at once, in whatever process, one succeeds.

    None for a code that was used before: what came of it is revoked then (RFC 6749, section 4.1.2), and the caller refuses
    after this unit. Raises Refused ``invalid_grant`` for everything that does not belong together, and uses nothing up.
    """
    row = _OF_CODE.ask(uow.connection, code_hash=token_hash(code))
    if row is None or row.client_id != client.client_id:
        raise invalid_grant("code_not_given", "This code was not given to this client.", client)
    if row.redirect_uri != redirect_uri:
        raise invalid_grant("other_redirect_uri", "redirect_uri is not the one of the request.", client)
    if not is_verifier(verifier, row.code_challenge):
        raise invalid_grant("wrong_verifier", "code_verifier does not fit the code_challenge.", client)
    if _USE_CODE.run(uow.connection, code=row.code_hash, now=uow.now) != 1:
        revoke_grant(uow, row.id)
        return None
    grant = grant_of(row)
    if row.good_until <= uow.now or not grant.is_good(uow.now):
        raise invalid_grant("code_expired", "This code has expired, or the session is over.", client)
    return Redeemed(grant, row.nonce)


def is_verifier(verifier: str, challenge: str) -> bool:
    """Whether this is the verifier of an S256 challenge (RFC 7636, sections 4.1 and 4.6)."""
    if not 43 <= len(verifier) <= 128 or not verifier.isascii():
        return False
    return bool(create_s256_code_challenge(verifier) == challenge)


def revoke_grant(uow: UnitOfWork, grant_id: str) -> None:
    """Refuse all tokens of a grant from now on. The client is told nothing: its own session goes on."""
    _REVOKE.run(uow.connection, grant_id=grant_id, now=uow.now)


def grant_of(row: Any) -> Grant:
    """The grant in a row that has all its columns."""
    values = {name: getattr(row, name) for name in Grant.__dataclass_fields__}
    return Grant(**{**values, "scopes": tuple(values["scopes"])})


def sid_of(client: Served, session_id: str) -> str:
    """How this client knows a web session: for each client another text, so that two cannot compare them."""
    return hashlib.sha256(f"{client.client_id} {session_id}".encode()).hexdigest()[:32]


def invalid_grant(reason: str, message: str, client: Client) -> Refused:
    """A code or a token that is not good (RFC 6749, section 5.2)."""
    return Refused(reason, message, "invalid_grant", connection_id=client.connection_id)


def is_session_live(uow: UnitOfWork, grant: Grant) -> bool:
    """Whether the web session is still there and not idle, and where it was begun is not switched off: as for the hub's pages."""
    row = _LIVE.ask(uow.connection, session_id=grant.session_id, idle_since=idle_since(uow))
    return row is not None and not row.disabled


def note_use(uow: UnitOfWork, grant: Grant) -> None:
    """A system that asks for new tokens is used by somebody, and so is the session that they stand on."""
    _SEEN.run(uow.connection, session=grant.session_id, before=uow.now - SEEN_EVERY, now=uow.now)


def stray_sessions(uow: UnitOfWork, limit: int) -> list[str]:
    """Ids of web sessions whose grants are open though the hub takes them for over: gone, or of a person or a connection that
    is switched off. It looks at every open grant.
    """
    s, c, p = web_session, connection_table, person_table
    gone = (
        sa.select(oidc_grant.c.session_id)
        .outerjoin(s, s.c.id == oidc_grant.c.session_id)
        .outerjoin(c, c.c.id == s.c.connection_id)
        .join(p, p.c.id == oidc_grant.c.person_id)
        .where(oidc_grant.c.ended_at.is_(None), sa.or_(s.c.id.is_(None), c.c.disabled, p.c.disabled))
        .limit(limit)
    )
    return list(dict.fromkeys(uow.connection.scalars(gone)))


def sessions_over(uow: UnitOfWork, limit: int) -> list[str]:
    """Ids of web sessions whose grants are open though their time is over; of at most so many grants, the oldest first."""
    due = (
        sa.select(oidc_grant.c.session_id)
        .where(oidc_grant.c.ended_at.is_(None), oidc_grant.c.session_ends_at <= uow.now)
        .order_by(oidc_grant.c.session_ends_at)
        .limit(limit)
    )
    return list(dict.fromkeys(uow.connection.scalars(due)))
