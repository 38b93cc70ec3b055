"""Why something that was learned does not count for a goal (B63): told, so that nobody has to guess or to ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.store import UnitOfWork
from hub.training import tables
from hub.training.credit.crediting import SourceWindow, counts_from
from hub.training.my_training.plan import PlanLine


@dataclass(frozen=True)
class Uncounted:
    """A completion that a goal does not count. ``counts_from``: only from then on would it; None where nothing asked at that time."""

    title: str
    completed_at: datetime
    counts_from: datetime | None


def read_uncounted(uow: UnitOfWork, person_id: str, line: PlanLine) -> dict[str, tuple[Uncounted, ...]]:
    """Completions of the line's courses that its open goals do not count, by goal id, in the order of time."""
    open_ones = [goal.id for goal in line.goals if goal.reached_at is None]
    titles = {step.offering_id: step.title for step in line.steps if step.completed_at is not None}
    if not open_ones or not titles:
        return {}
    completion = tables.completion
    done = uow.connection.execute(
        sa.select(completion.c.offering_id, completion.c.completed_at)
        .where(completion.c.person_id == person_id, completion.c.offering_id.in_(titles))
        .order_by(completion.c.completed_at, completion.c.id)
    ).all()
    windows = _windows(uow, open_ones)
    return {
        id: tuple(
            Uncounted(titles[row.offering_id], row.completed_at, counts_from(windows[id], row.completed_at))
            for row in done
            if not any(window.accepts(row.completed_at) for window in windows[id])
        )
        for id in open_ones
    }


def _windows(uow: UnitOfWork, goal_ids: Sequence[str]) -> dict[str, list[SourceWindow]]:
    source = tables.goal_source
    found: dict[str, list[SourceWindow]] = {id: [] for id in goal_ids}
    for row in uow.connection.execute(sa.select(source).where(source.c.goal_id.in_(goal_ids))):
        found[row.goal_id].append(SourceWindow(row.valid_from, row.valid_to, row.look_back_days))
    return found
