"""Web sessions on the server: the browser holds a random token, the database its hash."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import flask
import sqlalchemy as sa

from hub.flask_hub import current_hub
from hub.ids import new_id
from hub.network.tables import connection, person
from hub.sso.cookies import SESSION, read_cookie
from hub.sso.provider.tell import tell_clients
from hub.sso.tables import web_session
from hub.sso.tokens import new_token, token_hash
from hub.store import UnitOfWork
from hub.store.driver import Question

MAX_DEVICE = 100
SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is known when a session was last used: not every request should write."""


@dataclass(frozen=True)
class Proved:
    """How somebody proved who they are: by which subject of a connection, and what its system told about it.

    ``provider_session`` is the system's own session (``sid`` of OpenID Connect, SessionIndex of SAML), ``acr`` how it
    authenticated the person, and ``authenticated_at`` when; all as far as it told. ``id_token`` is sealed.
    """

    connection_id: str
    form: str
    subject: str
    provider_session: str = ""
    acr: str = ""
    authenticated_at: datetime | None = None
    id_token: str = ""


@dataclass(frozen=True)
class Session:
    """Who is signed in, through which connection. ``id`` names it in pages and audit."""

    person_id: str
    connection_id: str
    token_hash: str
    id: str
    acr: str
    authenticated_at: datetime
    seen_at: datetime
    looks_as_id: str | None


def start_session(uow: UnitOfWork, person_id: str, proved: Proved, device: str = "") -> str:
    """A new session's token, for the cookie.

    It ends by itself after the settings' ``session_hours``, and after ``session_idle_minutes`` in which nobody used it.
    """
    token = new_token()
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
        id_token=proved.id_token,
        device=device[:MAX_DEVICE],
        started_at=uow.now,
        seen_at=uow.now,
        expires_at=uow.now + timedelta(hours=uow.settings.session_hours),
    )
    return token


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
    idle_since = uow.now - timedelta(minutes=uow.settings.session_idle_minutes)
    row = _SESSION.ask(uow.connection, token_hash=token_hash(token), now=uow.now, idle_since=idle_since)
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
    idle_since = uow.now - timedelta(minutes=uow.settings.session_idle_minutes)
    table = web_session
    rows = uow.connection.execute(
        sa.select(table, connection.c.name)
        .join(connection, connection.c.id == table.c.connection_id)
        .where(
            table.c.person_id == person_id,
            table.c.expires_at > uow.now,
            table.c.seen_at > idle_since,
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


def _note_seen(uow: UnitOfWork, session: Session) -> None:
    mine = web_session.c.token_hash == session.token_hash
    uow.connection.execute(sa.update(web_session).where(mine).values(seen_at=uow.now))


def load_session() -> None:
    """Put the request's Session, or None, on ``flask.g.session``. Registered with ``before_request``."""
    flask.g.session = None
    token = read_cookie(SESSION)
    if token and not (flask.request.endpoint or "").endswith("static"):
        hub = current_hub()
        with hub.glance() as uow:
            flask.g.session = session = find_session(uow, token)
            is_old_news = session is not None and session.seen_at <= uow.now - SEEN_EVERY
        if session and is_old_news:
            with hub.unit_of_work() as uow:
                _note_seen(uow, session)
