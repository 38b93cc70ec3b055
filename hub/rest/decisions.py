"""Deciding about goals, as the person whose token it is: giving, choosing, waiving, and taking that back."""

from hub.access import decide
from hub.access.api_tokens import GOALS_WRITE
from hub.rest import write_shapes as shapes
from hub.rest.api import blueprint
from hub.rest.asked import ById
from hub.rest.writing import Written, changed, current_writing
from hub.training.goals.decide_goals import choose_goal


@blueprint.writes("/decisions", Written, GOALS_WRITE, "Goals")
def decide_goal(body: shapes.Decision) -> Written:
    """Give a goal to somebody one looks after, choose one for oneself, or waive one; the id is that of the decision."""
    return Written(outcome="created", id=_decide(body.decision))


@blueprint.writes("/decisions/<id>/withdraw", Written, GOALS_WRITE, "Goals")
def withdraw_decision(path: ById) -> Written:
    """Take back what a manager gave or waived."""
    now = current_writing()
    return changed(path.id, decide.withdraw_decision(now.uow, now.sight.reach.id, path.id))


def _decide(asked: shapes.Give | shapes.Choose | shapes.Waive) -> str:
    now = current_writing()
    uow, who = now.uow, now.sight.reach.id
    if isinstance(asked, shapes.Give):
        return decide.give_goal(
            uow,
            who,
            asked.person_id,
            asked.dimension,
            (asked.target_kind, asked.target_id),
            asked.kind,
            reason=asked.reason,
            due_at=asked.due_at,
            binding=asked.binding,
        )
    if isinstance(asked, shapes.Choose):
        return choose_goal(uow, who, asked.target_kind, asked.target_id, asked.due_at)
    return decide.waive_goal(
        uow, who, asked.goal_id, reason=asked.reason, evidence=asked.evidence, until=asked.until
    )
