"""The fetch URL: an AU gets its auth-token there, once (cmi5, section 8.2)."""

import base64
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from hub.ids import content_hash
from hub.network.tables import connection
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.xapi.callers.credentials import create_session_credential
from hub.xapi.cmi5 import tables
from hub.xapi.cmi5.reach import SCOPES


@dataclass(frozen=True)
class FetchError:
    """Why there is no token: 1 already in use or expired, 2 any other security error, 3 a failure (cmi5, 8.2.3.2)."""

    code: Literal["1", "2", "3"]
    text: str
    reason: str


USED = FetchError("1", "The authorization token has already been returned.", "token_used")
OVER = FetchError("1", "The session is over.", "session_over")
UNKNOWN = FetchError("2", "There is no such session.", "unknown_session")
DISABLED = FetchError("2", "The course is switched off.", "connection_disabled")
FAILED = FetchError("3", "The hub failed to do this. Launch the course again.", "failed")


def fetch_token(hub: Hub, key: str) -> str | FetchError:
    """The auth-token of a launch, for the Basic scheme: of any number of requests at once, one gets it."""
    with hub.unit_of_work() as uow:
        return _take(uow, content_hash(key.encode()))


def _take(uow: UnitOfWork, fetch_hash: str) -> str | FetchError:
    s, r, c = tables.cmi5_session, tables.cmi5_registration, tables.cmi5_course
    row = uow.connection.execute(
        sa.select(s, c.c.connection_id, connection.c.disabled)
        .join(r, r.c.id == s.c.registration_id)
        .join(c, c.c.id == r.c.course_id)
        .join(connection, connection.c.id == c.c.connection_id)
        .where(s.c.fetch_hash == fetch_hash)
        .with_for_update(of=s)
    ).one_or_none()
    if row is None:
        return UNKNOWN
    if row.credential_id is not None:
        return USED
    if row.terminated_at or row.abandoned_at or row.expires_at <= uow.now:
        return OVER
    if row.disabled:
        return DISABLED
    id, token = create_session_credential(uow, row.connection_id, SCOPES, row.expires_at)
    uow.connection.execute(sa.update(s).where(s.c.id == row.id).values(credential_id=id))
    return base64.b64encode(f"{token.key}:{token.secret}".encode()).decode()
