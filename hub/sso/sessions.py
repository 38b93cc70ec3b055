"""Web sessions on the server: the browser holds a random token, the database its hash."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import flask
import sqlalchemy as sa

from hub.flask_hub import current_hub
from hub.ids import new_id
from hub.network.tables import connection, person
from hub.sso.cookies import SESSION, read_cookie
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
    uow.connection.execute(
        sa.insert(web_session).values(
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


def end_session(uow: UnitOfWork, token: str) -> None:
    """End the session of this token; nothing happens when there is none."""
    uow.connection.execute(sa.delete(web_session).where(web_session.c.token_hash == token_hash(token)))


def end_sessions_of(uow: UnitOfWork, person_id: str) -> None:
    """End every session of a person, in all browsers."""
    uow.connection.execute(sa.delete(web_session).where(web_session.c.person_id == person_id))


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
