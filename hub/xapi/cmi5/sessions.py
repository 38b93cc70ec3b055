"""Sessions: from the launch of an AU until it terminates, is abandoned, or its time is over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.errors import NotAllowed
from hub.logging import get_logger
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.xapi.callers.credentials import Credential
from hub.xapi.cmi5 import tables
from hub.xapi.cmi5.courses import Course, read_course, read_nodes_by_id
from hub.xapi.cmi5.lms_statements import Told, tell
from hub.xapi.cmi5.registrations import Registration, lock_registration
from hub.xapi.cmi5.vocabulary import ABANDONED, LaunchMode
from hub.xapi.tables import xapi_credential

logger = get_logger(__name__)

LIFETIME = timedelta(hours=12)
"""How long after its launch a session may last; then it is abandoned."""
KEEP_TOKENS = timedelta(days=1)
BATCH = 100
"""Registrations that are looked after in one turn."""


@dataclass(frozen=True)
class Session:
    """One launch of an AU. Times from ``initialized_at`` to ``last_at`` are by the AU's clock."""

    id: str
    registration_id: str
    course_id: str
    node_id: str
    activity_id: str
    publisher_id: str
    person_id: str
    subject: str
    launch_mode: LaunchMode
    mastery_score: float | None
    credential_id: str | None
    launched_at: datetime
    preferences_read_at: datetime | None
    initialized_at: datetime | None
    completed_at: datetime | None
    passed_at: datetime | None
    failed_at: datetime | None
    terminated_at: datetime | None
    last_at: datetime | None
    abandoned_at: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether it terminated or was abandoned."""
        return self.terminated_at is not None or self.abandoned_at is not None


def session_of(uow: UnitOfWork, credential: Credential) -> Session:
    """The session a credential of kind ``session`` was made for; NotAllowed ``no_session`` when there is none."""
    found = _read(uow, tables.cmi5_session.c.credential_id == credential.id)
    if not found:
        raise NotAllowed("no_session", "This credential belongs to no session of a course.")
    return found[0]


def abandon_active(uow: UnitOfWork, course: Course, registration: Registration) -> None:
    """Abandon every session of a registration that is not over; call with the registration locked (cmi5, 9.3.6)."""
    s = tables.cmi5_session
    active = _read(
        uow, s.c.registration_id == registration.id, s.c.terminated_at.is_(None), s.c.abandoned_at.is_(None)
    )
    if not active:
        return
    nodes = read_nodes_by_id(uow, [session.node_id for session in active])
    told = [
        Told(ABANDONED, nodes[each.node_id], each.id, uow.now, {"duration": _duration(each)})
        for each in active
    ]
    tell(uow, course.connection_id, registration.subject, registration.id, told)
    ids = [session.id for session in active]
    uow.connection.execute(sa.update(s).where(s.c.id.in_(ids)).values(abandoned_at=uow.now))
    # Read only now: a token may have been fetched while this unit waited for the row.
    tokens = sa.select(s.c.credential_id).where(s.c.id.in_(ids), s.c.credential_id.is_not(None))
    uow.connection.execute(
        sa.update(xapi_credential).where(xapi_credential.c.id.in_(tokens)).values(revoked_at=uow.now)
    )


def abandon_overdue(hub: Hub) -> int:
    """Abandon the sessions whose time is over, one registration at a time; how many registrations had such."""
    s = tables.cmi5_session
    with hub.reading() as uow:
        overdue = uow.connection.scalars(
            sa.select(s.c.registration_id)
            .where(s.c.expires_at < uow.now, s.c.terminated_at.is_(None), s.c.abandoned_at.is_(None))
            .distinct()
            .limit(BATCH)
        ).all()
    for registration_id in overdue:
        with hub.unit_of_work() as uow:
            registration = lock_registration(uow, registration_id)
            if registration is not None:
                abandon_active(uow, read_course(uow, registration.course_id), registration)
    if overdue:
        logger.info("cmi5_sessions_abandoned", registrations=len(overdue))
    return len(overdue)


def forget_old_tokens(hub: Hub) -> None:
    """Delete the auth-tokens that ended a day ago: each launch makes one, and nothing refers to them any more."""
    c = xapi_credential.c
    with hub.unit_of_work() as uow:
        old = sa.and_(c.kind == "session", c.expires_at < uow.now - KEEP_TOKENS)
        uow.connection.execute(sa.delete(xapi_credential).where(old))


def _duration(session: Session) -> str:
    """From the launch to the AU's last statement (cmi5, 9.5.4.2); clocks may differ, so never less than nothing."""
    end = session.last_at or session.launched_at
    return f"PT{max((end - session.launched_at).total_seconds(), 0):.2f}S"


def _read(uow: UnitOfWork, *where: sa.ColumnElement[bool]) -> Sequence[Session]:
    s, r, n = tables.cmi5_session, tables.cmi5_registration, tables.cmi5_node
    rows = uow.connection.execute(
        sa.select(s, r.c.course_id, r.c.person_id, r.c.subject, n.c.activity_id, n.c.publisher_id)
        .join(r, r.c.id == s.c.registration_id)
        .join(n, n.c.id == s.c.node_id)
        .where(*where)
        .order_by(s.c.launched_at, s.c.id)
    )
    return [_session(row) for row in rows]


def _session(row: sa.Row[Any]) -> Session:
    return Session(**{name: getattr(row, name) for name in Session.__dataclass_fields__})
