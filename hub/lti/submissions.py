"""What pages show of work that can be looked at in the tool that has it. Reads only."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.lti import tables
from hub.network.tables import connection
from hub.store import UnitOfWork
from hub.training.tables import offering

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
    result, item, link = tables.lti_result, tables.lti_line_item, tables.lti_resource_link
    rows = uow.connection.execute(
        sa.select(
            item.c.id,
            item.c.submission_review,
            item.c.label,
            result.c.score,
            result.c.timestamp,
            offering.c.title,
            connection.c.name,
        )
        .join_from(result, item, item.c.id == result.c.line_item_id)
        .join(link, link.c.id == item.c.resource_link_id)
        .join(offering, offering.c.id == link.c.offering_id)
        .join(connection, connection.c.id == link.c.connection_id)
        .where(result.c.person_id == person_id)
        .order_by(result.c.timestamp.desc(), item.c.id)
    )
    shown = [
        Submission(row.id, row.submission_review["label"] or row.label, row.title, row.name, row.timestamp)
        for row in rows
        if row.submission_review
        and row.score.get("activityProgress") in row.submission_review["reviewable_status"]
    ]
    return shown[:SHOWN]
