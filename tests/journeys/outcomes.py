"""What a world has come to: completions, live credits and goals, by names that two worlds share."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.training import tables
from hub.training.courses.offerings import read_steps


class Goal(NamedTuple):
    """A goal's key, with the key of its target instead of its id."""

    person: str
    target: str
    kind: str
    dimension: str


class Completed(NamedTuple):
    """A completion: whose, of which course, when, by which statement."""

    person: str
    course: str
    at: datetime
    statement: str


@dataclass(frozen=True)
class Asked:
    """What a goal needs: the courses, and when each source was valid and how far it looks back."""

    steps: Sequence[str]
    windows: Sequence[tuple[datetime, datetime | None, int | None]]


@dataclass(frozen=True)
class Outcome:
    """``asked``: goals that something asks for; ``credits``: the evidence of those that have a live credit."""

    completions: frozenset[Completed]
    asked: Mapping[Goal, Asked]
    credits: Mapping[Goal, str]

    def expected_credits(self, without: str = "") -> dict[Goal, str]:
        """What the credits should be, worked out from scratch; ``without`` leaves one statement out."""
        kept = sorted(
            (c for c in self.completions if c.statement != without), key=lambda c: (c.at, c.statement)
        )
        evidence = {
            goal: _evidence(asked, [c for c in kept if c.person == goal.person])
            for goal, asked in self.asked.items()
        }
        return {goal: statement for goal, statement in evidence.items() if statement}


def outcome(hub: Hub) -> Outcome:
    """Read it; on the way check that the ledger sums to at most one credit per goal, and ``reached_at`` to that sum (I4)."""
    with hub.reading() as uow:
        keys = {
            row.id: row.key
            for row in uow.connection.execute(sa.select(tables.offering.c.id, tables.offering.c.key))
        }
        goals = _goals(uow)
        credits = _live_credits(uow)
        for row in goals.values():
            at, _ = credits.get(row.id, (None, ""))
            assert row.reached_at == at
        sources = _windows(uow)
        steps = read_steps(uow, {row.target_id for row in goals.values()})
        asked = {
            goal: Asked([keys[id] for id in steps.get(row.target_id, [row.target_id])], sources[row.id])
            for goal, row in goals.items()
            if row.id in sources
        }
        completions = frozenset(
            Completed(row.person_id, keys[row.offering_id], row.completed_at, row.statement_id)
            for row in uow.connection.execute(sa.select(tables.completion))
        )
    named = {goal: credits[goals[goal].id][1] for goal in asked if goals[goal].id in credits}
    return Outcome(completions, asked, named)


def _evidence(asked: Asked, completions: Iterable[Completed]) -> str | None:
    """The statement with which the last of the courses was done."""
    missing = set(asked.steps)
    for c in completions:
        if c.course in missing and any(_accepts(window, c.at) for window in asked.windows):
            missing.discard(c.course)
            if not missing:
                return c.statement
    return None


def _accepts(window: tuple[datetime, datetime | None, int | None], at: datetime) -> bool:
    start, end, look_back = window
    return (end is None or at < end) and (look_back is None or at >= start - timedelta(days=look_back))


def _goals(uow: UnitOfWork) -> dict[Goal, sa.Row[Any]]:
    goal, offering, path = tables.goal, tables.offering, tables.path
    rows = uow.connection.execute(
        sa.select(goal, sa.func.coalesce(offering.c.key, path.c.key).label("target"))
        .outerjoin(offering, offering.c.id == goal.c.target_id)
        .outerjoin(path, path.c.id == goal.c.target_id)
    )
    return {Goal(row.person_id, row.target, row.kind, row.dimension): row for row in rows}


def _live_credits(uow: UnitOfWork) -> dict[str, tuple[datetime, str]]:
    sums: dict[str, dict[tuple[datetime, str], int]] = {}
    for row in uow.connection.execute(sa.select(tables.credit_ledger)):
        mine = sums.setdefault(row.goal_id, {})
        mine[row.completed_at, row.statement_id] = (
            mine.get((row.completed_at, row.statement_id), 0) + row.amount
        )
    live = {goal: [evidence for evidence, amount in mine.items() if amount] for goal, mine in sums.items()}
    assert all(amount in (0, 1) for mine in sums.values() for amount in mine.values())
    assert all(len(evidence) <= 1 for evidence in live.values())
    return {goal: evidence[0] for goal, evidence in live.items() if evidence}


def _windows(uow: UnitOfWork) -> dict[str, list[tuple[datetime, datetime | None, int | None]]]:
    found: dict[str, list[tuple[datetime, datetime | None, int | None]]] = {}
    for row in uow.connection.execute(sa.select(tables.goal_source)):
        found.setdefault(row.goal_id, []).append((row.valid_from, row.valid_to, row.look_back_days))
    return found
