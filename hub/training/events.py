"""What the training area announces."""

from dataclasses import dataclass
from datetime import datetime

from hub.journal import Event


@dataclass(frozen=True)
class CompletionRecognized(Event):
    """A statement was recognized as completion of an offering."""

    offering_id: str
    statement_id: str
    completed_at: datetime


@dataclass(frozen=True)
class PlanChanged(Event):
    """What is asked of somebody changed; ``added`` are goals that nothing asked for before, now or from a later day."""

    added: tuple[str, ...]


@dataclass(frozen=True)
class GoalAdded(Event):
    """A goal is new in somebody's plan, and no review. Not announced by itself: plans say which goals are new to them."""

    goal_id: str
    target_kind: str
    target_id: str
    dimension: str
    due_at: datetime | None


@dataclass(frozen=True)
class CreditGranted(Event):
    """A goal was credited; ``statement_id`` is the evidence."""

    goal_id: str
    target_kind: str
    target_id: str
    dimension: str
    statement_id: str
    completed_at: datetime


@dataclass(frozen=True)
class CreditRevoked(Event):
    """The evidence of a credit is gone and no other stands in for it."""

    goal_id: str
    statement_id: str
