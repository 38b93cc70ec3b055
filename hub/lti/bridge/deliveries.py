"""Scores on their way to gradebooks, for people to look at, to send again, or to let be."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.errors import Missing
from hub.ids import is_id
from hub.journal import audit
from hub.journal.listed import ROWS, Listed, listed
from hub.journal.outbox import (
    DELIVERED,
    DISMISSED,
    PARKED,
    SUPERSEDED,
    WAITING,
    dismiss,
    resend,
    resend_where,
)
from hub.journal.tables import outbox
from hub.lti.bridge.pass_back import (
    AGS_SCORE,
    NO_IDENTITY,
    NO_LINE_ITEM,
    NO_SCOPE,
    TARGET_CHANGED,
    lane_of,
)
from hub.lti.tool.placements import Placement
from hub.store import UnitOfWork

STATES = (WAITING, PARKED, DELIVERED, SUPERSEDED, DISMISSED)


@dataclass(frozen=True)
class GradeRow:
    """One score for one gradebook and how far it got. ``target_kind`` is offering or path, ``progress`` the AGS word.

    ``given`` and ``maximum`` are the exact numbers as decimals, both None for a completion without points. ``code`` and
    ``status`` say why the last attempt failed, ``reason`` says it in words, partly the receiver's own.
    """

    id: str
    person_id: str
    connection_id: str
    placement_id: str
    target_kind: str
    target_id: str
    statement_id: str
    given: str | None
    maximum: str | None
    progress: str
    state: str
    attempts: int
    code: str
    status: int | None
    reason: str
    created_at: datetime
    next_attempt_at: datetime
    done_at: datetime | None

    @property
    def offering_id(self) -> str | None:
        """The course, or None for the score of a path."""
        return self.target_id if self.target_kind == "offering" else None


def list_grades(
    uow: UnitOfWork,
    *,
    person_id: str | None = None,
    connection_id: str | None = None,
    state: str = "",
    before: str | None = None,
) -> Listed[GradeRow]:
    """Scores of all gradebooks, the newest first; of one person, of one gradebook, in one of STATES."""
    query = sa.select(outbox).where(outbox.c.kind == AGS_SCORE).order_by(outbox.c.id.desc()).limit(ROWS + 1)
    if person_id is not None:
        query = query.where(outbox.c.person_id == person_id)
    if connection_id is not None:
        query = query.where(outbox.c.receiver == connection_id)
    if state:
        query = query.where(outbox.c.state == state)
    if before is not None:
        query = query.where(outbox.c.id < before)
    return listed([_grade(row) for row in uow.connection.execute(query)], lambda row: row.id)


def find_parked_grade(uow: UnitOfWork, grade_id: str) -> GradeRow:
    """The parked score that ``resend_grade`` or ``dismiss_grade`` would be about. Missing ``no_parked_delivery`` as there."""
    query = sa.select(outbox).where(
        outbox.c.id == grade_id, outbox.c.kind == AGS_SCORE, outbox.c.state == PARKED
    )
    row = uow.connection.execute(query).one_or_none() if is_id(grade_id) else None
    if row is None:
        raise Missing("no_parked_delivery", "There is no parked delivery with this id.")
    return _grade(row)


def resend_grade(uow: UnitOfWork, grade_id: str, actor_id: str | None) -> None:
    """Try a parked score again from now, as the same delivery; audited. Missing ``no_parked_delivery``."""
    resend(uow, find_parked_grade(uow, grade_id).id)
    audit(uow, "delivery_resent", grade_id, actor_id=actor_id)


def dismiss_grade(uow: UnitOfWork, grade_id: str, actor_id: str | None) -> None:
    """Let a parked score be: it will not be sent; audited. Missing ``no_parked_delivery``."""
    dismiss(uow, find_parked_grade(uow, grade_id).id)
    audit(uow, "delivery_dismissed", grade_id, actor_id=actor_id)


def release_parked(uow: UnitOfWork, connection_id: str, person_id: str) -> int:
    """Send what waited for the platform to name this person, which it has done now; how many scores that were."""
    return resend_where(
        uow,
        sa.and_(
            outbox.c.kind == AGS_SCORE,
            outbox.c.receiver == connection_id,
            outbox.c.person_id == person_id,
            outbox.c.code == NO_IDENTITY,
        ),
    )


def release_column(uow: UnitOfWork, placement: Placement) -> int:
    """Send what waited for a placement to have its column, or to open this course or path again; how many scores."""
    lane = lane_of(placement.id, placement.target_id or "", "")
    return resend_where(
        uow,
        sa.and_(
            outbox.c.kind == AGS_SCORE,
            outbox.c.receiver == placement.connection_id,
            outbox.c.code.in_([NO_LINE_ITEM, NO_SCOPE, TARGET_CHANGED]),
            outbox.c.lane.startswith(lane, autoescape=True),
        ),
    )


def _grade(row: sa.Row[Any]) -> GradeRow:
    body = row.body
    return GradeRow(
        id=row.id,
        person_id=row.person_id,
        connection_id=row.receiver,
        placement_id=body["placement_id"],
        target_kind=body["target_kind"],
        target_id=body["target_id"],
        statement_id=body["statement_id"],
        given=body["given"],
        maximum=body["maximum"],
        progress=body["progress"],
        state=row.state,
        attempts=row.attempts,
        code=row.code,
        status=row.status,
        reason=row.last_error or "",
        created_at=row.created_at,
        next_attempt_at=row.next_attempt_at,
        done_at=row.done_at,
    )
