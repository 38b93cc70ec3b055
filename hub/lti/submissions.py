"""What pages show of work that can be looked at in the tool that has it. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.access.visibility import goals_looked_after
from hub.lti import tables
from hub.network.tables import connection
from hub.store import UnitOfWork, valid_at
from hub.training import tables as training

SHOWN = 20


@dataclass(frozen=True)
class Submission:
    """Work of a person on a line item whose tool shows it. ``at`` is the time of the newest score."""

    line_item_id: str
    label: str
    course: str
    connection: str
    at: datetime


def list_submissions(uow: UnitOfWork, person_id: str) -> list[Submission]:
    """The newest work of a person that tools show, in the states they show it in (Submission Review 1.0, section 2)."""
    rows = uow.connection.execute(_all().where(tables.lti_result.c.person_id == person_id))
    return [_submission(row) for row in rows if _is_shown(row)][:SHOWN]


def list_team_submissions(
    uow: UnitOfWork, manager_id: str, person_ids: Sequence[str], dimension: str
) -> dict[str, list[Submission]]:
    """The same by person, for one who looks after them in a dimension: only what belongs to live goals the manager may see."""
    result, link = tables.lti_result, tables.lti_resource_link
    asked = _courses_of_goals(uow, person_ids, goals_looked_after(uow, manager_id, dimension))
    belongs = sa.and_(asked.c.person_id == result.c.person_id, asked.c.offering_id == link.c.offering_id)
    found: dict[str, list[Submission]] = {}
    for row in uow.connection.execute(_all().join(asked, belongs)):
        mine = found.setdefault(row.person_id, [])
        if _is_shown(row) and len(mine) < SHOWN:
            mine.append(_submission(row))
    return found


def _courses_of_goals(
    uow: UnitOfWork, person_ids: Sequence[str], visible: sa.ColumnElement[bool]
) -> sa.Subquery:
    """Pairs of person and course: goals that are courses, and the steps of those that are paths."""
    goal, source = training.goal, training.goal_source
    live = sa.and_(
        uow.among(goal.c.person_id, list(person_ids)),
        visible,
        sa.exists().where(source.c.goal_id == goal.c.id, valid_at(source, uow.now)),
    )
    step = training.path_step
    courses = sa.select(goal.c.person_id, goal.c.target_id.label("offering_id")).where(
        live, goal.c.target_kind == "offering"
    )
    steps = (
        sa.select(goal.c.person_id, step.c.offering_id)
        .join(step, step.c.path_id == goal.c.target_id)
        .where(live, goal.c.target_kind == "path")
    )
    return sa.union(courses, steps).subquery()


def _all() -> sa.Select[Any]:
    """Everybody's work on line items, the newest first."""
    result, item, link = tables.lti_result, tables.lti_line_item, tables.lti_resource_link
    offering = training.offering
    return (
        sa.select(
            item.c.id,
            item.c.submission_review,
            item.c.label,
            result.c.person_id,
            result.c.score,
            result.c.timestamp,
            offering.c.title,
            connection.c.name,
        )
        .join_from(result, item, item.c.id == result.c.line_item_id)
        .join(link, link.c.id == item.c.resource_link_id)
        .join(offering, offering.c.id == link.c.offering_id)
        .join(connection, connection.c.id == link.c.connection_id)
        .order_by(result.c.timestamp.desc(), item.c.id)
    )


def _is_shown(row: sa.Row[Any]) -> bool:
    review = row.submission_review
    return bool(review) and row.score.get("activityProgress") in review["reviewable_status"]


def _submission(row: sa.Row[Any]) -> Submission:
    label = row.submission_review["label"] or row.label
    return Submission(row.id, label, row.title, row.name, row.timestamp)
