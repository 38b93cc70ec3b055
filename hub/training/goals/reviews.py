"""Performance reviews are confidential; operators see them with a purpose, which is kept in the audit trail (B71)."""

from collections.abc import Collection

import sqlalchemy as sa

from hub.errors import BadInput
from hub.journal import audit
from hub.store import UnitOfWork
from hub.training.goals.goal import REVIEW
from hub.training.tables import goal

SEEN = "reviews_looked_at"
MAX_PURPOSE = 500


def note_reviews_seen(uow: UnitOfWork, person_id: str, purpose: str, actor_id: str | None = None) -> None:
    """Note that somebody looks at a person's reviews, and what for. BadInput ``no_purpose`` without saying so."""
    said = purpose.strip()[:MAX_PURPOSE]
    if not said:
        raise BadInput("no_purpose", "Say what you need to see the reviews for.", "The audit trail keeps it.")
    audit(uow, SEEN, person_id, actor_id=actor_id, detail={"purpose": said})


def review_goals(uow: UnitOfWork, goal_ids: Collection[str]) -> frozenset[str]:
    """Which of these goals are reviews."""
    query = sa.select(goal.c.id).where(uow.among(goal.c.id, sorted(goal_ids)), goal.c.kind == REVIEW)
    return frozenset(uow.connection.scalars(query)) if goal_ids else frozenset()
