"""Goals with the reasons for them, the lines they make, and credits."""

from typing import Literal

from pydantic import Field

from hub.access.api_tokens import GOALS
from hub.access.listing import read_goals
from hub.access.listing.read_goals import GoalFilter
from hub.rest import goal_shapes as shapes
from hub.rest.api import blueprint, looking
from hub.rest.asked import AnId, ById, IdPage, Text


class WhichGoals(IdPage):
    """Which goals are wanted."""

    person_id: AnId | None = None
    target_id: AnId | None = Field(None, description="On this offering or path.")
    dimension: Text | None = None
    kind: Literal["brand", "compliance", "development", "review"] | None = None
    state: Literal["open", "reached", "waived", "ended"] | None = None


class WhichCredits(IdPage):
    """Which entries of the ledger are wanted."""

    person_id: AnId | None = None
    goal_id: AnId | None = None


@blueprint.reads("/goals", shapes.Goals, GOALS, "Goals")
def list_goals(query: WhichGoals) -> shapes.Goals:
    """Goals, also those that nothing asks for any more."""
    which = GoalFilter(
        query.person_id or "",
        query.target_id or "",
        query.dimension or "",
        query.kind or "",
        query.state or "",
    )
    with looking() as (uow, sight):
        return shapes.Goals.model_validate(read_goals.list_goals(uow, sight, query.page(), which))


@blueprint.reads("/goals/<id>", shapes.Goal, GOALS, "Goals")
def read_goal(path: ById) -> shapes.Goal:
    """One goal, and why it is there."""
    with looking() as (uow, sight):
        return shapes.Goal.model_validate(read_goals.read_goal_seen(uow, sight, path.id))


@blueprint.reads("/people/<id>/assignments", shapes.Assignments, GOALS, "Goals")
def list_assignments(path: ById) -> shapes.Assignments:
    """What is asked of a person now, each target once with all goals on it."""
    with looking() as (uow, sight):
        found = read_goals.list_assignments(uow, sight, path.id)
    return shapes.Assignments(items=[shapes.Assignment.model_validate(each) for each in found])


@blueprint.reads("/credits", shapes.Credits, GOALS, "Credits")
def list_credits(query: WhichCredits) -> shapes.Credits:
    """Credits and what was taken back, in the order in which it was recorded."""
    with looking() as (uow, sight):
        page = read_goals.list_credits(
            uow, sight, query.page(), person_id=query.person_id or "", goal_id=query.goal_id or ""
        )
    return shapes.Credits.model_validate(page)
