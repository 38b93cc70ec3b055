"""What the retention rules would delete today: counted by rule and connection, and nothing is changed."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from hub.errors import Conflict
from hub.ids import content_hash
from hub.journal.plain import canonical_json
from hub.journal.tables import statement
from hub.lifecycle.retention_query import asked_by, asked_by_any, is_evidence, readers_hold
from hub.lifecycle.rules import Rule, list_rules
from hub.store import UnitOfWork
from hub.xapi.tables import statement_attachment

WINDOW = 50_000
"""Positions that are counted at a time."""


@dataclass(frozen=True)
class PlanLine:
    """What one rule deletes of one connection.

    ``statements`` go, with ``bytes`` of their own and ``attachments``. ``evidence`` stays, because it completes something that
    its person has a goal for; ``unread`` stays until every reader has read it.
    """

    rule_id: str
    connection_id: str
    statements: int
    bytes: int
    attachments: int
    evidence: int
    unread: int


@dataclass(frozen=True)
class RetentionPlan:
    """What the ``rules`` would delete on a day. ``held_by`` is the reader that is furthest behind, read up to ``up_to``,
    and has not moved since ``held_since`` (None: it never did).

    Of several rules that ask for a statement, the first by name counts it.
    """

    on: date
    rules: tuple[Rule, ...]
    lines: tuple[PlanLine, ...]
    up_to: int
    held_by: str
    held_since: datetime | None = None

    @property
    def statements(self) -> int:
        """How many statements go in all."""
        return sum(line.statements for line in self.lines)

    @property
    def hash(self) -> str:
        """The same for the same rules with the same effect on the same day."""
        return content_hash(canonical_json(self.as_json()))

    def as_json(self) -> dict[str, Any]:
        """The form in which a run keeps it."""
        return {
            "on": self.on.isoformat(),
            "rules": [asdict(rule) for rule in self.rules],
            "lines": [asdict(line) for line in self.lines],
        }


class RetentionPlanChanged(Conflict):
    """What was planned is not what would be deleted now; ``plan`` is what would be."""

    def __init__(self, plan: RetentionPlan) -> None:
        super().__init__(
            "plan_changed",
            "What would be deleted is not what the plan you have seen says; nothing was deleted.",
            f"Look at the plan as it is now. Its hash is {plan.hash}.",
        )
        self.plan = plan


def plan_retention(
    uow: UnitOfWork,
    progress: Callable[[str, int, int], None] = lambda *_: None,
    instead: Sequence[Rule] | None = None,
) -> RetentionPlan:
    """Count what the rules ask for today, or what others would ask for ``instead``.

    Reads every statement that is old enough, some thousand at a time.
    """
    rules = tuple(list_rules(uow) if instead is None else instead)
    on, held = uow.now.date(), readers_hold(uow)
    counts: dict[tuple[int, str], list[int]] = {}
    last = _last_old(uow, rules, on)
    progress("counting", 0, last)
    for start in range(0, last, WINDOW):
        for row in uow.connection.execute(_count(rules, on, held.up_to, start, start + WINDOW)):
            total = counts.setdefault((row.rule, row.connection_id), [0] * 5)
            for place, number in enumerate(row[2:]):
                total[place] += int(number or 0)
        progress("counting", min(start + WINDOW, last), last)
    lines = [PlanLine(rules[place].id, id, *numbers) for (place, id), numbers in sorted(counts.items())]
    return RetentionPlan(on, rules, tuple(lines), held.up_to, held.reader, held.since)


def _last_old(uow: UnitOfWork, rules: Sequence[Rule], on: date) -> int:
    """The highest position that any rule asks for."""
    if not rules:
        return 0
    youngest = min(rule.keep_days for rule in rules)
    oldest = Rule("", "", youngest)
    query = sa.select(sa.func.max(statement.c.position)).where(asked_by(oldest, on))
    return uow.connection.scalar(query) or 0


def _count(rules: Sequence[Rule], on: date, up_to: int, after: int, last: int) -> sa.Select[Any]:
    which = sa.case(*((asked_by(rule, on), place) for place, rule in enumerate(rules)))
    files = (
        sa.select(sa.func.count())
        .where(statement_attachment.c.position == statement.c.position)
        .correlate(statement)
        .scalar_subquery()
    )
    found = (
        sa.select(
            which.label("rule"),
            statement.c.connection_id,
            sa.func.length(statement.c.payload).label("bytes"),
            files.label("files"),
            is_evidence().label("evidence"),
            (statement.c.position > up_to).label("unread"),
        )
        .where(statement.c.position > after, statement.c.position <= last, asked_by_any(rules, on))
        .subquery()
    )
    evidence, unread = found.c.evidence, found.c.unread
    goes = sa.and_(sa.not_(evidence), sa.not_(unread))

    def total(what: Any, where: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
        return sa.func.sum(sa.case((where, what), else_=0))

    return sa.select(
        found.c.rule,
        found.c.connection_id,
        total(1, goes),
        total(found.c.bytes, goes),
        total(found.c.files, goes),
        total(1, evidence),
        total(1, sa.and_(unread, sa.not_(evidence))),
    ).group_by(found.c.rule, found.c.connection_id)
