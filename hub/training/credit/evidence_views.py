"""What a statement led to: completions and credits. Reads only."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.store import UnitOfWork
from hub.training import tables
from hub.training.credit.views import ledger_with_titles


@dataclass(frozen=True)
class CompletionLine:
    """A course that the statement completes, by which policy; ``score`` is scaled, -1 to 1."""

    title: str
    person_id: str
    policy: str
    policy_version: str
    recognized_by: str
    score: float | None


@dataclass(frozen=True)
class CreditLine:
    """An entry of the ledger that rests on the statement; ``kind`` is credit or void. ``title`` and ``dimension`` are the goal's."""

    kind: str
    person_id: str
    title: str
    dimension: str
    policy: str
    policy_version: str
    recorded_at: datetime


def completions_by(uow: UnitOfWork, statement_id: str) -> list[CompletionLine]:
    """The courses that a statement completes."""
    completion, offering = tables.completion, tables.offering
    rows = uow.connection.execute(
        sa.select(completion, offering.c.title)
        .join(offering, offering.c.id == completion.c.offering_id)
        .where(completion.c.statement_id == statement_id)
        .order_by(offering.c.title)
    )
    return [
        CompletionLine(r.title, r.person_id, r.policy, r.policy_version, r.recognized_by, r.score)
        for r in rows
    ]


def credits_by(uow: UnitOfWork, statement_id: str) -> list[CreditLine]:
    """The ledger's entries of the people whom a statement completes something for, in their order."""
    ledger, completion = tables.credit_ledger, tables.completion
    people = sa.select(completion.c.person_id).where(completion.c.statement_id == statement_id)
    rows = uow.connection.execute(
        ledger_with_titles()
        .where(ledger.c.person_id.in_(people), ledger.c.statement_id == statement_id)
        .order_by(ledger.c.id)
    )
    return [
        CreditLine(r.kind, r.person_id, r.title, r.dimension, r.policy, r.policy_version, r.recorded_at)
        for r in rows
    ]
