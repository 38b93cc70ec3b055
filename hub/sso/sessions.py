"""Web sessions on the server: the browser holds a random token, the database its hash."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.ids import new_id
from hub.network.tables import connection, person
from hub.sso.provider.tell import plan_telling, tell_clients
from hub.sso.tables import web_session
from hub.sso.tokens import new_token, token_hash
from hub.store import UnitOfWork
from hub.store.driver import Command, Question

MAX_DEVICE = 100
SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is known when a session was last used."""


@dataclass(frozen=True)
class Proved:
    """How somebody proved who they are: by which subject of a connection, and what its system told about it.

    ``provider_session`` is the system's own session (``sid`` of OpenID Connect, SessionIndex of SAML), ``acr`` how it
    authenticated the person, and ``authenticated_at`` when; all as far as it told. ``id_token`` is sealed.
    ``session_until`` is when the system wants the session to be over (SessionNotOnOrAfter of SAML). ``time_is_told`` is
    False where the hub itself concluded ``authenticated_at``: no client may build on that.
    """

    connection_id: str
    form: str
    subject: str
    provider_session: str = ""
    acr: str = ""
    authenticated_at: datetime | None = None
    id_token: str = ""
    session_until: datetime | None = None
    time_is_told: bool = True


@dataclass(frozen=True)
class Session:
    """Who is signed in, through which connection. ``id`` names it in pages and audit.

    ``authenticated_at`` is as the connection said it; where that is not ``time_is_told``, it is when the hub believed it.
    """

    person_id: str
    connection_id: str
    token_hash: str
    id: str
    acr: str
    authenticated_at: datetime
    time_is_told: bool
    started_at: datetime
    seen_at: datetime
    looks_as_id: str | None


def start_session(uow: UnitOfWork, person_id: str, proved: Proved, device: str = "") -> str:
    """A new session's token, for the cookie.

    It ends by itself after the settings' ``session_hours``, or before that when the system at which the person signed in
    says so, and after ``session_idle_minutes`` in which nobody used it.
    """
    token = new_token()
    longest = uow.now + timedelta(hours=uow.settings.session_hours)
    uow.insert(
        web_session,
        token_hash=token_hash(token),
        id=new_id(),
        person_id=person_id,
        connection_id=proved.connection_id,
        form=proved.form,
        subject=proved.subject,
        provider_session=proved.provider_session,
        acr=proved.acr,
        authenticated_at=proved.authenticated_at or uow.now,
        time_is_told=proved.authenticated_at is not None and proved.time_is_told,
        id_token=proved.id_token,
        device=device[:MAX_DEVICE],
        started_at=uow.now,
        seen_at=uow.now,
        expires_at=min(longest, proved.session_until or longest),
    )
    return token


def idle_since(uow: UnitOfWork) -> datetime:
    """A session that was last used then, or before, is over."""
    return uow.now - timedelta(minutes=uow.settings.session_idle_minutes)


_SESSION = Question(
    sa.select(*(web_session.c[name] for name in Session.__dataclass_fields__))
    .join(person, person.c.id == web_session.c.person_id)
    .join(connection, connection.c.id == web_session.c.connection_id)
    .where(
        web_session.c.token_hash == sa.bindparam("token_hash"),
        web_session.c.expires_at > sa.bindparam("now"),
        web_session.c.seen_at > sa.bindparam("idle_since"),
        ~person.c.disabled,
        ~connection.c.disabled,
    )
)


def find_session(uow: UnitOfWork, token: str) -> Session | None:
    """The session of this token while it lasts, and while neither person nor connection is disabled."""
    row = _SESSION.ask(uow.connection, token_hash=token_hash(token), now=uow.now, idle_since=idle_since(uow))
    return Session(**{name: getattr(row, name) for name in Session.__dataclass_fields__}) if row else None


_END = Question(
    sa.delete(web_session)
    .where(web_session.c.token_hash == sa.bindparam("token_hash"))
    .returning(web_session.c.id)
)


@dataclass(frozen=True)
class SessionLine:
    """A session as its owner sees it. ``connection`` is the name of where they signed in, ``device`` their browser."""

    id: str
    connection: str
    device: str
    started_at: datetime
    seen_at: datetime
    looks: bool


def list_sessions(uow: UnitOfWork, person_id: str) -> list[SessionLine]:
    """The sessions of a person that last, the one used last first."""
    table = web_session
    rows = uow.connection.execute(
        sa.select(table, connection.c.name)
        .join(connection, connection.c.id == table.c.connection_id)
        .where(
            table.c.person_id == person_id,
            table.c.expires_at > uow.now,
            table.c.seen_at > idle_since(uow),
            ~connection.c.disabled,
        )
        .order_by(table.c.seen_at.desc(), table.c.id)
    )
    return [
        SessionLine(
            row.id, row.name, row.device, row.started_at, row.seen_at, looks=row.looks_as_id is not None
        )
        for row in rows
    ]


def end_session(uow: UnitOfWork, token: str) -> None:
    """End the session of this token; nothing happens when there is none."""
    if not token:
        return
    ended = _END.ask_all(uow.connection, token_hash=token_hash(token))
    if ended:
        tell_clients(uow, [row.id for row in ended])


def end_session_of(uow: UnitOfWork, person_id: str, session_id: str) -> bool:
    """End one session of a person by its id; whether there was one."""
    return bool(_end(uow, web_session.c.person_id == person_id, web_session.c.id == session_id))


def end_sessions_of(uow: UnitOfWork, person_id: str) -> int:
    """End every session of a person, in all browsers; how many there were."""
    return len(_end(uow, web_session.c.person_id == person_id))


@dataclass(frozen=True)
class SignOutPlan:
    """How many sessions would end, and how often systems behind the hub would be told, by connection."""

    sessions: int
    told: Mapping[str, int]


def plan_sign_out(uow: UnitOfWork, person_id: str) -> SignOutPlan:
    """What ``end_sessions_of`` would do. Reads only."""
    mine = sa.select(web_session.c.id).where(web_session.c.person_id == person_id)
    ids = uow.connection.scalars(mine).all()
    return SignOutPlan(len(ids), plan_telling(uow, ids))


def end_other_sessions(uow: UnitOfWork, session: Session) -> int:
    """End every session of a person but this one; how many there were."""
    return len(_end(uow, web_session.c.person_id == session.person_id, web_session.c.id != session.id))


def end_provider_sessions(
    uow: UnitOfWork, connection_id: str, form: str, subject: str = "", provider_session: str = ""
) -> list[str]:
    """End the sessions that a connection's own session began, or all of a subject; the person of each.

    Where both are named, both must fit; where neither is, nothing ends.
    """
    table = web_session
    which = [table.c.connection_id == connection_id]
    if provider_session:
        which.append(table.c.provider_session == provider_session)
    if subject:
        which += [table.c.form == form, table.c.subject == subject]
    return [row.person_id for row in _end(uow, *which)] if len(which) > 1 else []


def end_some_sessions(
    uow: UnitOfWork, connection_id: str, provider_session: str, is_meant: Callable[[str], bool]
) -> tuple[list[str], bool]:
    """End those sessions of a connection's own session of which ``is_meant`` says so, by their sealed hints.

    The persons whose sessions ended, and whether there were any sessions to choose from.
    """
    table = web_session
    mine = (table.c.connection_id == connection_id) & (table.c.provider_session == provider_session)
    held = uow.connection.execute(sa.select(table.c.id, table.c.id_token).where(mine)).all()
    ids = [row.id for row in held if is_meant(row.id_token)]
    return [row.person_id for row in _end(uow, uow.among(table.c.id, ids))] if ids else [], bool(held)


def end_sessions_at(uow: UnitOfWork, connection_id: str) -> int:
    """End every session that began at a connection, as when it is switched off for good; how many there were."""
    return len(_end(uow, web_session.c.connection_id == connection_id))


def _end(uow: UnitOfWork, *which: sa.ColumnElement[bool]) -> list[Any]:
    """Delete sessions, and tell the systems behind the hub that they are over."""
    ended = uow.connection.execute(
        sa.delete(web_session).where(*which).returning(web_session.c.id, web_session.c.person_id)
    ).all()
    if ended:
        tell_clients(uow, [row.id for row in ended])
    return list(ended)


_SEEN = Command(
    sa.update(web_session)
    .where(web_session.c.token_hash == sa.bindparam("token"), web_session.c.seen_at <= sa.bindparam("before"))
    .values(seen_at=sa.bindparam("now"))
)


def note_seen(uow: UnitOfWork, session: Session) -> None:
    """The session was used now. It is written once in SEEN_EVERY: not every request should write."""
    _SEEN.run(uow.connection, token=session.token_hash, before=uow.now - SEEN_EVERY, now=uow.now)


def is_old_news(session: Session, now: datetime) -> bool:
    """Whether ``note_seen`` would write."""
    return session.seen_at <= now - SEEN_EVERY
