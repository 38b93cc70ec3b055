"""What managers decide about the goals of those they look after: only in the own dimension, only what they may see (I22).

Whatever a manager may not see is answered as what is not there.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.access.visibility import (
    REVIEW,
    appointments_for_goals,
    dimensions_of_manager,
    goals_looked_after,
    people_looked_after,
)
from hub.errors import Missing, NotAllowed
from hub.ids import is_id
from hub.store import UnitOfWork
from hub.training import tables as training
from hub.training.goals import decide_goals
from hub.training.goals.decisions import Decision
from hub.training.goals.goal import GoalKey
from hub.training.my_training.reasons import Reason, read_reasons, read_waived_reasons


@dataclass(frozen=True)
class WaiverPreview:
    """What a waiver of a goal would change: the ``reasons`` that would ask no more, ``may`` False where it is refused.

    Of what asks through appointments that the manager does not look after nothing is told, as on the team page.
    """

    goal: GoalKey
    reasons: tuple[Reason, ...]
    may: bool


@dataclass(frozen=True)
class EndPreview:
    """What asks for the goal once the decision has ended, as far as the manager may see it: again after a waiver, still otherwise."""

    decision: Decision
    reasons: tuple[Reason, ...]


def give_goal(
    uow: UnitOfWork,
    manager_id: str,
    person_id: str,
    dimension: str,
    target: tuple[str, str],
    kind: str,
    *,
    reason: str = "",
    due_at: datetime | None = None,
    binding: bool = False,
) -> str:
    """Give a goal on ``target`` (kind, id) in the manager's own dimension; the decision's id.

    It rests on the appointments the manager looks after now; a review on the internal ones among them. NotAllowed ``not_your_dimension``;
    Missing ``no_person`` for whomever the manager does not look after there; else as ``decide_goals.give_goal``.
    """
    if dimension not in dimensions_of_manager(uow, manager_id):
        raise NotAllowed("not_your_dimension", "You do not look after anybody in this dimension.")
    through = _appointments(uow, manager_id, person_id, dimension, kind)
    if not through:
        raise Missing("no_person", "There is no such person in your team.")
    return decide_goals.give_goal(
        uow,
        GoalKey(person_id, *target, kind, dimension),
        through,
        reason=reason,
        actor_id=manager_id,
        due_at=due_at,
        binding=binding,
    )


def preview_waiver(uow: UnitOfWork, manager_id: str, goal_id: str) -> WaiverPreview:
    """What ``waive_goal`` would do; reads only. Missing ``no_goal``."""
    goal = _seen(uow, manager_id, goal_id)
    every = read_reasons(uow, [goal_id]).get(goal_id, ())
    may = bool(every) and not decide_goals.is_binding(uow, goal)
    return WaiverPreview(goal, _told(uow, manager_id, goal, every), may)


def preview_end(uow: UnitOfWork, manager_id: str, decision_id: str) -> EndPreview:
    """What ending a decision would change; reads only. Missing ``no_decision``."""
    decision = _decided(uow, manager_id, decision_id)
    goal = decision.goal
    read = read_waived_reasons if decision.verdict == "waive" else read_reasons
    told = _told(uow, manager_id, goal, read(uow, [goal.id]).get(goal.id, ()))
    return EndPreview(decision, tuple(reason for reason in told if reason.source_key != decision_id))


def waive_goal(
    uow: UnitOfWork,
    manager_id: str,
    goal_id: str,
    *,
    reason: str,
    evidence: str = "",
    until: datetime | None = None,
) -> str:
    """Waive a goal the manager may see; the decision's id. Missing ``no_goal``; else as ``decide_goals.waive_goal``."""
    _seen(uow, manager_id, goal_id)
    return decide_goals.waive_goal(
        uow, goal_id, reason=reason, evidence=evidence, until=until, actor_id=manager_id
    )


def withdraw_decision(uow: UnitOfWork, manager_id: str, decision_id: str) -> bool:
    """End what some manager gave or waived, where this one may see the goal; False when it has ended. Missing ``no_decision``."""
    return decide_goals.withdraw_decision(uow, _decided(uow, manager_id, decision_id).id, manager_id)


def _decided(uow: UnitOfWork, manager_id: str, decision_id: str) -> Decision:
    """A decision of managers that this one may end; found by one statement, so that others are as if they were not.

    Of a review: where it rests on an appointment of theirs, or was given by this manager just now.
    """
    decision, goal = training.goal_decision, training.goal.alias("decided")
    seen = []
    for dimension in dimensions_of_manager(uow, manager_id):
        theirs = people_looked_after(uow, manager_id, dimension)
        seen.append(sa.and_(decision.c.dimension == dimension, decision.c.person_id.in_(theirs)))
    same = sa.and_(*(goal.c[name] == decision.c[name] for name in GoalKey._fields))
    reviews = sa.select(training.goal.c.id).where(_goals_seen(uow, manager_id))
    open_to = sa.or_(
        decision.c.kind != REVIEW,
        decision.c.actor_id == manager_id,
        sa.exists().where(same, goal.c.id.in_(reviews)),
    )
    query = sa.select(decision.c.id).where(
        decision.c.id == decision_id, decision.c.verdict != "choose", sa.or_(sa.false(), *seen), open_to
    )
    if not is_id(decision_id) or uow.connection.scalar(query) is None:
        raise Missing("no_decision", "There is no such decision.")
    return decide_goals.read_decision(uow, decision_id)


def _seen(uow: UnitOfWork, manager_id: str, goal_id: str) -> GoalKey:
    goal = training.goal
    query = sa.select(goal.c.id).where(goal.c.id == goal_id, _goals_seen(uow, manager_id))
    if not is_id(goal_id) or uow.connection.scalar(query) is None:
        raise Missing("no_goal", "There is no such goal.")
    return decide_goals.read_goal(uow, goal_id)


def _goals_seen(uow: UnitOfWork, manager_id: str) -> sa.ColumnElement[bool]:
    dimensions = dimensions_of_manager(uow, manager_id)
    return sa.or_(sa.false(), *(goals_looked_after(uow, manager_id, each) for each in dimensions))


def _told(uow: UnitOfWork, manager_id: str, goal: GoalKey, reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    ours = _appointments(uow, manager_id, goal.person_id, goal.dimension, goal.kind)
    return tuple(reason for reason in reasons if reason.appointment_id in ours)


def _appointments(uow: UnitOfWork, manager_id: str, person_id: str, dimension: str, kind: str) -> list[str]:
    """Ids of the person's appointments through which the manager may see goals of this dimension and kind."""
    ours = appointments_for_goals(uow, manager_id, dimension, kind).subquery()
    query = sa.select(ours.c.id).where(ours.c.person_id == person_id)
    return list(uow.connection.scalars(query)) if is_id(person_id) else []
