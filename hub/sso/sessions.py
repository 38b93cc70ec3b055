"""Web sessions on the server: the browser holds a random token, the database its hash."""

from dataclasses import dataclass
from datetime import timedelta

import flask
import sqlalchemy as sa

from hub.flask_hub import current_hub
from hub.network.tables import connection, person
from hub.sso.cookies import SESSION, read_cookie
from hub.sso.tables import web_session
from hub.sso.tokens import new_token, token_hash
from hub.store import UnitOfWork
from hub.store.driver import Question


@dataclass(frozen=True)
class Session:
    """Who is signed in, through which connection."""

    person_id: str
    connection_id: str
    token_hash: str


def start_session(uow: UnitOfWork, person_id: str, connection_id: str) -> str:
    """A new session's token, for the cookie; it ends by itself after the settings' ``session_hours``."""
    token = new_token()
    uow.connection.execute(
        sa.insert(web_session).values(
            token_hash=token_hash(token),
            person_id=person_id,
            connection_id=connection_id,
            started_at=uow.now,
            expires_at=uow.now + timedelta(hours=uow.settings.session_hours),
        )
    )
    return token


_SESSION = Question(
    sa.select(web_session.c.person_id, web_session.c.connection_id, web_session.c.token_hash)
    .join(person, person.c.id == web_session.c.person_id)
    .join(connection, connection.c.id == web_session.c.connection_id)
    .where(
        web_session.c.token_hash == sa.bindparam("token_hash"),
        web_session.c.expires_at > sa.bindparam("now"),
        ~person.c.disabled,
        ~connection.c.disabled,
    )
)


def find_session(uow: UnitOfWork, token: str) -> Session | None:
    """The session of this token while it lasts, and while neither person nor connection is disabled."""
    row = _SESSION.ask(uow.connection, token_hash=token_hash(token), now=uow.now)
    return Session(row.person_id, row.connection_id, row.token_hash) if row else None


def end_session(uow: UnitOfWork, token: str) -> None:
    """End the session of this token; nothing happens when there is none."""
    uow.connection.execute(sa.delete(web_session).where(web_session.c.token_hash == token_hash(token)))


def end_sessions_of(uow: UnitOfWork, person_id: str) -> None:
    """End every session of a person, in all browsers."""
    uow.connection.execute(sa.delete(web_session).where(web_session.c.person_id == person_id))


def load_session() -> None:
    """Put the request's Session, or None, on ``flask.g.session``. Registered with ``before_request``."""
    flask.g.session = None
    token = read_cookie(SESSION)
    if token and not (flask.request.endpoint or "").endswith("static"):
        with current_hub().glance() as uow:
            flask.g.session = find_session(uow, token)
