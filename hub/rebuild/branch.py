"""What if rules, audiences or profiles had been so since some day: tried on a rebuild of both journals beside the live tables (D4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hub.audiences import tables as audiences
from hub.audiences.assigning.reassign import people_matching, reassign_people
from hub.audiences.plans.parts import goal_of
from hub.audiences.rules.reach import chunks_of_people
from hub.errors import BadInput
from hub.rebuild.branch_wish import Wish, make_so, read_wish
from hub.rebuild.rebuild import rebuilt
from hub.rebuild.state_hash import Progress
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.training import tables as training

GoalOf = tuple[str, str, str, str]
"""Kind and id of the target, kind of the goal, dimension."""


@dataclass(frozen=True)
class Tally:
    """Goals of the kind that is asked for, asked for on or after the day: how many, and of how many people.

    How many of them are reached, how many are overdue now, and the credits there are for them. Whatever else asks for
    the same counts too.
    """

    goals: int
    people: int
    reached: int
    overdue: int
    credits: int


@dataclass(frozen=True)
class Branch:
    """What was, what would have been, and how many goals come and go between the two. ``keys`` are those of rules and audiences."""

    keys: tuple[str, ...]
    was: Tally
    would_be: Tally
    gained: int
    lost: int


def try_branch(hub: Hub, file: Path, since: datetime, progress: Progress = lambda *_: None) -> Branch:
    """What would be if what a file of audiences or of profiles says had been in force since ``since``; nothing is written.

    Plugins, workflows and people are not asked: their answers and decisions stay as they were, and count for the audiences as these would
    have been. BadInput ``bad_audience_file`` or ``bad_profiles`` with all problems; ``bad_branch`` for a file by which nothing would be
    asked for, whose rules need what is not there yet, and for a day to come or after a rule's end.
    """
    with hub.reading() as live:
        wish = read_wish(live, file, since)
        with rebuilt(hub, live, progress) as scratch:
            return _try(scratch, wish, since, progress)


def _try(scratch: Hub, wish: Wish, since: datetime, progress: Progress) -> Branch:
    with scratch.reading() as uow:
        goals = _goals_of(uow, wish)
        if not goals:
            raise BadInput(
                "bad_branch",
                "The file holds no rule, and nothing is asked for through its audiences.",
                "Write what should have been.",
            )
        was, held = _tally(uow, goals, since)
    with scratch.unit_of_work() as uow:
        make_so(uow, wish, since)
    with scratch.reading() as uow:
        people = list(chunks_of_people(uow, _people_of(wish, goals).subquery()))
    for done, chunk in enumerate(people):
        progress("people on the branch", done, len(people))
        with scratch.unit_of_work() as uow:
            reassign_people(uow, chunk, ask=False)
    progress("people on the branch", len(people), len(people))
    with scratch.reading() as uow:
        would_be, holding = _tally(uow, goals, since)
    return Branch(wish.keys, was, would_be, len(holding - held), len(held - holding))


def _goals_of(uow: UnitOfWork, wish: Wish) -> list[GoalOf]:
    """What the rules ask for, and plugins and workflows for the audiences, or for partners."""
    goals = {goal_of(rule) for pair in wish.rules for rule in pair if rule is not None}
    said = audiences.opinion
    about = sa.select(said.c.target_kind, said.c.target_id, said.c.kind, said.c.dimension)
    rows = uow.connection.execute(about.where(_said_for(wish)).distinct())
    return sorted(goals | {(row.target_kind, row.target_id, row.kind, row.dimension) for row in rows})


def _people_of(wish: Wish, goals: Sequence[GoalOf]) -> sa.CompoundSelect[Any]:
    """Whoever may match a rule as it is or would be, holds such a goal, or has opinions about such an audience or by such a plugin."""
    both = [rule for pair in wish.rules for rule in pair if rule is not None]
    holders = sa.select(training.goal.c.person_id).where(_is_one_of(goals))
    said = audiences.opinion
    asked = sa.select(said.c.person_id).where(_said_for(wish))
    return sa.union(*(people_matching(rule.conditions) for rule in both), holders, asked)


def _said_for(wish: Wish) -> sa.ColumnElement[bool]:
    said = audiences.opinion.c
    return sa.or_(said.audience.in_(wish.audience_keys), said.plugin.in_(sorted(wish.off)))


def _is_one_of(goals: Sequence[GoalOf]) -> sa.ColumnElement[bool]:
    goal = training.goal
    return sa.or_(
        *(
            sa.and_(
                goal.c.target_kind == target_kind,
                goal.c.target_id == target_id,
                goal.c.kind == kind,
                goal.c.dimension == dimension,
            )
            for target_kind, target_id, kind, dimension in goals
        )
    )


def _tally(uow: UnitOfWork, goals_of: Sequence[GoalOf], since: datetime) -> tuple[Tally, set[str]]:
    goal, source, ledger = training.goal, training.goal_source, training.credit_ledger
    in_time = sa.or_(source.c.valid_to.is_(None), source.c.valid_to > since)
    asked = sa.select(source.c.goal_id).where(in_time, source.c.valid_from <= uow.now)
    rows = uow.connection.execute(
        sa.select(goal.c.id, goal.c.person_id, goal.c.reached_at).where(
            _is_one_of(goals_of), goal.c.id.in_(asked)
        )
    ).all()
    goals = {row.id for row in rows}
    still = sa.or_(source.c.valid_to.is_(None), source.c.valid_to > uow.now)
    late = sa.select(source.c.goal_id).distinct().join(goal, goal.c.id == source.c.goal_id)
    overdue = late.where(_is_one_of(goals_of), still, source.c.due_at <= uow.now, goal.c.reached_at.is_(None))
    credits = sa.select(sa.func.coalesce(sa.func.sum(ledger.c.amount), 0)).join(
        goal, goal.c.id == ledger.c.goal_id
    )
    return (
        Tally(
            len(goals),
            len({row.person_id for row in rows}),
            sum(row.reached_at is not None for row in rows),
            len(uow.connection.execute(overdue).all()),
            int(uow.connection.scalar(credits.where(_is_one_of(goals_of), goal.c.id.in_(asked))) or 0),
        ),
        goals,
    )
