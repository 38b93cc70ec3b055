"""Refusals of the audit trail in words: what a reason code means and what to change. The protocols bring the words."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.exchange import shown
from hub.ids import is_id
from hub.journal import tables
from hub.store import UnitOfWork


@dataclass(frozen=True)
class Explanation:
    """A reason code in words: what is wrong, and what to change where."""

    words: str
    change: str


UNKNOWN = Explanation(
    "The request was refused.", "The hub's log says more, under the reference of the request."
)
"""What is said of a code that nobody knows."""


@dataclass(frozen=True)
class Refusal:
    """A refused request of another system. ``received`` are values that it sent, cut short, without personal data."""

    at: datetime
    action: str
    code: str
    received: Mapping[str, str]
    explanation: Explanation


def explanations(parts: Iterable[Mapping[str, tuple[str, str]]]) -> dict[str, Explanation]:
    """The words of several modules, by reason code."""
    return {code: Explanation(*words) for part in parts for code, words in part.items()}


def last_refusals(
    uow: UnitOfWork,
    connection_id: str,
    actions: Collection[str],
    explain: Callable[[str], Explanation],
    received: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    limit: int,
) -> list[Refusal]:
    """What was last refused at a connection under one of these actions, the newest first; none for what is no id.

    ``received`` picks of an audit row's detail what the other system sent and a page may show.
    """
    if not is_id(connection_id):
        return []
    audit = tables.audit
    rows = uow.connection.execute(
        sa.select(audit.c.at, audit.c.action, audit.c.reason, audit.c.detail)
        .where(
            audit.c.connection_id == connection_id,
            audit.c.outcome == "refused",
            audit.c.action.in_(actions),
        )
        .order_by(audit.c.position.desc())
        .limit(limit)
    )
    return [
        Refusal(
            at=row.at,
            action=row.action,
            code=row.reason,
            received={str(name): shown(value) for name, value in received(row.detail or {}).items()},
            explanation=explain(row.reason),
        )
        for row in rows
    ]
