""" "My training": every goal of all appointments once, why, what is due, and one next step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.network import tables as network
from hub.store import UnitOfWork, valid_at
from hub.store.driver import Question
from hub.training import tables
from hub.training.courses.course_access import has_access
from hub.training.goals.goal import REVIEW
from hub.training.my_training.reasons import Reason, read_reasons


@dataclass(frozen=True)
class PlanStep:
    """One course on the way to a target."""

    offering_id: str
    title: str
    lms: str
    minutes: int | None
    completed_at: datetime | None


@dataclass(frozen=True)
class PlanGoal:
    """One goal of a line: for which dimension, with its reasons. ``reached_at`` is when the credited completion was."""

    id: str
    kind: str
    dimension: str
    dimension_name: str
    reached_at: datetime | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class PlanLine:
    """The learner's line for one target: all goals on it, whichever dimensions ask for it."""

    target_kind: str
    target_id: str
    title: str
    description: str
    steps: tuple[PlanStep, ...]
    goals: tuple[PlanGoal, ...]

    @property
    def reached_at(self) -> datetime | None:
        """When the line was done; None while any of its goals is open."""
        reached = [goal.reached_at for goal in self.goals]
        return None if None in reached else max(at for at in reached if at is not None)

    @property
    def due_at(self) -> datetime | None:
        """The earliest date by which an open goal asks for it."""
        dates = [
            r.due_at for g in self.goals if g.reached_at is None for r in g.reasons if r.due_at is not None
        ]
        return min(dates, default=None)

    @property
    def next_step(self) -> PlanStep | None:
        """The first course that is not completed yet; the first one again where a completion did not count."""
        if self.reached_at is not None or not self.steps:
            return None
        return next((step for step in self.steps if step.completed_at is None), self.steps[0])

    @property
    def minutes(self) -> int | None:
        """How long what is left takes, where every course says so."""
        left = [step.minutes for step in self.steps if step.completed_at is None]
        return None if None in left else sum(m for m in left if m is not None)


@dataclass(frozen=True)
class Plan:
    """All lines of one person: open ones by due date, then those that are done, newest first."""

    open: tuple[PlanLine, ...]
    done: tuple[PlanLine, ...]

    @property
    def next(self) -> PlanLine | None:
        """The one line to go on with."""
        return next((line for line in self.open if line.next_step), None)


def read_plan(
    uow: UnitOfWork, person_id: str, target: tuple[str, str] | None = None, *, reviews: bool = True
) -> Plan:
    """The person's plan now; ``target`` (kind, id) narrows it to one line. Without ``reviews`` as others may see it."""
    goals = [row for row in _live_goals(uow, person_id, target) if reviews or row.kind != REVIEW]
    reasons = read_reasons(uow, [row.id for row in goals])
    names = {row.key: row.name for row in uow.connection.execute(sa.select(network.dimension))}
    by_target: dict[tuple[str, str], list[PlanGoal]] = {}
    for row in goals:
        by_target.setdefault((row.target_kind, row.target_id), []).append(
            PlanGoal(
                row.id, row.kind, row.dimension, names[row.dimension], row.reached_at, reasons.get(row.id, ())
            )
        )
    lines = _lines(uow, person_id, by_target)
    far = datetime.max.replace(tzinfo=uow.now.tzinfo)
    still_open = sorted((x for x in lines if x.reached_at is None), key=lambda x: (x.due_at or far, x.title))
    done = sorted(
        (x for x in lines if x.reached_at), key=lambda x: (x.reached_at or far, x.title), reverse=True
    )
    return Plan(tuple(still_open), tuple(done))


def may_launch(uow: UnitOfWork, person_id: str, offering_id: str, *, reviews: bool = True) -> bool:
    """Whether the person has a live goal on the offering, directly or as a step of a path, or a system has placed it.

    Without ``reviews`` as far as others may know.
    """
    asked = _LIVE_GOAL if reviews else _LIVE_GOAL_FOR_OTHERS
    goal = asked.ask(uow.connection, person_id=person_id, offering_id=offering_id, now=uow.now)
    return goal is not None or has_access(uow, person_id, offering_id)


def _live_goal(now: Any, person_id: Any, offering_id: Any) -> sa.Select[Any]:
    goal, source, step = tables.goal, tables.goal_source, tables.path_step
    paths = sa.select(step.c.path_id).where(step.c.offering_id == offering_id)
    return (
        sa.select(goal.c.id)
        .join(source, source.c.goal_id == goal.c.id)
        .where(
            goal.c.person_id == person_id,
            valid_at(source, now),
            sa.or_(
                sa.and_(goal.c.target_kind == "offering", goal.c.target_id == offering_id),
                sa.and_(goal.c.target_kind == "path", goal.c.target_id.in_(paths)),
            ),
        )
        .limit(1)
    )


_ASKED = _live_goal(*(sa.bindparam(name) for name in ("now", "person_id", "offering_id")))
_LIVE_GOAL = Question(_ASKED)
_LIVE_GOAL_FOR_OTHERS = Question(_ASKED.where(tables.goal.c.kind != REVIEW))


def read_placed(uow: UnitOfWork, person_id: str, target: tuple[str, str]) -> PlanLine | None:
    """A path or an offering as a line without goals, for whoever came to it without any; None when there is no such thing."""
    titles = _titles(uow, {target: None})
    if target not in titles:
        return None
    steps = _steps(uow, person_id, {target: []})
    return PlanLine(*target, *titles[target], tuple(steps.get(target, ())), ())


def _live_goals(uow: UnitOfWork, person_id: str, target: tuple[str, str] | None) -> Sequence[sa.Row[Any]]:
    goal, source = tables.goal, tables.goal_source
    live = sa.exists().where(source.c.goal_id == goal.c.id, valid_at(source, uow.now))
    query = sa.select(goal).where(goal.c.person_id == person_id, live).order_by(goal.c.dimension, goal.c.kind)
    if target is not None:
        query = query.where(goal.c.target_kind == target[0], goal.c.target_id == target[1])
    return uow.connection.execute(query).all()


def _lines(
    uow: UnitOfWork, person_id: str, goals: Mapping[tuple[str, str], Sequence[PlanGoal]]
) -> Sequence[PlanLine]:
    titles = _titles(uow, goals)
    steps = _steps(uow, person_id, goals)
    return [
        PlanLine(kind, id, *titles[kind, id], tuple(steps.get((kind, id), ())), tuple(mine))
        for (kind, id), mine in goals.items()
    ]


def _titles(
    uow: UnitOfWork, targets: Mapping[tuple[str, str], Any]
) -> dict[tuple[str, str], tuple[str, str]]:
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for kind, table in (("offering", tables.offering), ("path", tables.path)):
        ids = [id for target_kind, id in targets if target_kind == kind]
        for row in uow.connection.execute(sa.select(table).where(table.c.id.in_(ids))):
            found[kind, row.id] = (row.title, row.description)
    return found


def _steps(
    uow: UnitOfWork, person_id: str, targets: Mapping[tuple[str, str], Any]
) -> dict[tuple[str, str], list[PlanStep]]:
    """The courses of every target in order, each with the person's first completion."""
    step, offering = tables.path_step, tables.offering
    wanted = [(("offering", id), id) for kind, id in targets if kind == "offering"]
    paths = [id for kind, id in targets if kind == "path"]
    rows = uow.connection.execute(sa.select(step).where(step.c.path_id.in_(paths)).order_by(step.c.place))
    wanted += [(("path", row.path_id), row.offering_id) for row in rows]
    offering_ids = {offering_id for _, offering_id in wanted}
    connection = network.connection
    courses = {
        row.id: row
        for row in uow.connection.execute(
            sa.select(offering, connection.c.name.label("lms"))
            .join(connection, connection.c.id == offering.c.connection_id)
            .where(offering.c.id.in_(offering_ids))
        )
    }
    completed = _first_completions(uow, person_id, offering_ids)
    found: dict[tuple[str, str], list[PlanStep]] = {}
    for target, offering_id in wanted:
        course = courses[offering_id]
        found.setdefault(target, []).append(
            PlanStep(course.id, course.title, course.lms, course.minutes, completed.get(course.id))
        )
    return found


def _first_completions(uow: UnitOfWork, person_id: str, offering_ids: set[str]) -> dict[str, datetime]:
    table = tables.completion
    rows = uow.connection.execute(
        sa.select(table.c.offering_id, sa.func.min(table.c.completed_at).label("at"))
        .where(table.c.person_id == person_id, table.c.offering_id.in_(offering_ids))
        .group_by(table.c.offering_id)
    )
    return {row.offering_id: row.at for row in rows}
