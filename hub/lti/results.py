"""Recording scores and reading results (AGS 2.0, sections 3.3 and 3.4)."""

from fractions import Fraction
from functools import cache
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa

from hub.errors import Missing, NotAllowed
from hub.journal import append_statements, audit
from hub.lti import tables
from hub.lti.bridge.echo import is_echo
from hub.lti.launch import registration_for
from hub.lti.line_items import LineItem, find_context, line_item_of, read_line_item
from hub.lti.paging import Page
from hub.lti.score_statement import ScoredWork, score_statement
from hub.lti.scores import Score, read_score
from hub.lti.service_urls import line_item_url
from hub.lti.tools import Tool
from hub.lti.vocabulary import RESOURCE_LINK_REQUEST
from hub.network.people.identities import SUBJECT, find_person
from hub.store import UnitOfWork
from hub.store.driver import Command, Question
from hub.store.insert import insert_for
from hub.training.courses.offerings import read_offering

FILTERS = ("user_id",)


def record_score(uow: UnitOfWork, tool: Tool, context_id: str, line_item_id: str, body: bytes) -> None:
    """Keep a score: its statement, its result and one audit row, in this unit. The same score again changes nothing.

    A score older than the result is accepted like any other: the standard lets the platform "ignore the incoming score
    update, or log it" but not answer with an error of its own (section 3.4.9), and the hub keeps every statement. Only
    the result stays with the newest. Of two scores with one timestamp, which tools must not send, the statement with the
    higher id wins, so that the order of arrival does not matter.

    A score that the hub itself wrote to this system's gradebook, and that comes back, is answered and not kept: nobody
    earned it twice.

    Raises Missing ``user_not_in_context`` for somebody who never launched this course, NotAllowed ``deployment_disabled``
    for somebody launched in a deployment that is off now, BadInput for a bad score.
    """
    link = find_context(uow, tool, context_id)
    item = line_item_of(uow, link, line_item_id)
    score = read_score(body, uow.now)
    person_id = _learner(uow, tool, item, score.user_id)
    offering = read_offering(uow, link.offering_id)
    if item.is_default and is_echo(
        uow, tool.connection_id, person_id, offering.id, score.timestamp, score.given, score.maximum
    ):
        _audit(uow, "score_echo", item.id, tool, person_id, {"line_item": item.id})
        return
    work = ScoredWork(
        line_item=item,
        activity_id=offering.activity_id,
        registration=registration_for(item.resource_link_id, person_id),
        client_id=tool.client_id,
    )
    statement = score_statement(work, score, uow.settings, uow.now)
    if not append_statements(uow, tool.connection_id, [statement]):
        return
    _keep_newest(uow, item, person_id, statement.id, score)
    detail = {
        "line_item": item.id,
        "activity_progress": score.activity_progress,
        "grading_progress": score.grading_progress,
    }
    _audit(uow, "score", statement.id, tool, person_id, detail)


def _audit(
    uow: UnitOfWork, action: str, subject_id: str, tool: Tool, person_id: str, detail: dict[str, str]
) -> None:
    audit(
        uow,
        action,
        subject_id,
        actor_id=person_id,
        partner_id=tool.partner_id,
        connection_id=tool.connection_id,
        detail=detail,
    )


def list_results(
    uow: UnitOfWork, tool: Tool, context_id: str, line_item_id: str, page: Page
) -> tuple[list[dict[str, Any]], str]:
    """Results of a line item as resultcontainer+json shows them; and where to go on, empty on the last page."""
    item = read_line_item(uow, tool, context_id, line_item_id)
    table = tables.lti_result
    query = sa.select(table).where(table.c.line_item_id == item.id)
    if "user_id" in page.filters:
        person_id = find_person(uow, tool.connection_id, SUBJECT, page.filters["user_id"])
        query = query.where(table.c.person_id == person_id if person_id else sa.false())
    if page.after:
        query = query.where(table.c.person_id > page.after)
    rows = uow.connection.execute(query.order_by(table.c.person_id).limit(page.limit + 1)).all()
    shown = rows[: page.limit]
    return [_result(uow, item, row.score) for row in shown], (
        shown[-1].person_id if len(rows) > page.limit else ""
    )


_launch, _deployment = tables.lti_launch, tables.lti_deployment
_NEWEST = Question(
    sa.select(_deployment.c.disabled)
    .join_from(
        _launch,
        _deployment,
        sa.and_(
            _deployment.c.connection_id == _launch.c.connection_id,
            _deployment.c.deployment_id == _launch.c.deployment_id,
        ),
    )
    .where(
        _launch.c.person_id == sa.bindparam("person_id"),
        _launch.c.resource_link_id == sa.bindparam("link_id"),
        _launch.c.message_type == RESOURCE_LINK_REQUEST,
        _launch.c.launched_at.is_not(None),
    )
    .order_by(_launch.c.launched_at.desc(), _launch.c.id.desc())
    .limit(1)
)
"""The newest launch of a course by a person: whether its deployment is off."""


def _learner(uow: UnitOfWork, tool: Tool, item: LineItem, user_id: str) -> str:
    """The person the tool means, who must have launched this very course from the hub, in a deployment that is on."""
    person_id = find_person(uow, tool.connection_id, SUBJECT, user_id)
    row = (
        _NEWEST.ask(uow.connection, person_id=person_id, link_id=item.resource_link_id) if person_id else None
    )
    if person_id is None or row is None:
        raise Missing(
            "user_not_in_context",
            "Nobody with this userId has launched this course.",
            "userId is the sub of a launch of this course.",
        )
    if row.disabled:
        raise NotAllowed("deployment_disabled", "The deployment of this person's launch is switched off.")
    return person_id


def _keep_newest(uow: UnitOfWork, item: LineItem, person_id: str, statement_id: str, score: Score) -> None:
    _keep(uow.is_sqlite).run(
        uow.connection,
        line_item_id=item.id,
        person_id=person_id,
        timestamp=score.timestamp,
        statement_id=statement_id,
        score=score.as_sent,
    )


@cache
def _keep(is_sqlite: bool) -> Command:
    table = tables.lti_result
    insert = insert_for(table, is_sqlite=is_sqlite).values({c.name: sa.bindparam(c.name) for c in table.c})
    new = insert.excluded
    newer = sa.or_(
        new.timestamp > table.c.timestamp,
        sa.and_(new.timestamp == table.c.timestamp, new.statement_id > table.c.statement_id),
    )
    return Command(
        insert.on_conflict_do_update(
            index_elements=[table.c.line_item_id, table.c.person_id],
            set_={name: new[name] for name in ("timestamp", "statement_id", "score")},
            where=newer,
        ).inline()
    )


def _result(uow: UnitOfWork, item: LineItem, score: dict[str, Any]) -> dict[str, Any]:
    """The result in the line item's own scale; extra credit stays above its maximum."""
    url = line_item_url(uow.settings, item.resource_link_id, item.id)
    shown = {
        "id": f"{url}/results?{urlencode({'user_id': score['userId']})}",
        "scoreOf": url,
        "userId": score["userId"],
        "resultMaximum": item.score_maximum,
        "scoringUserId": score.get("scoringUserId"),
        "comment": score.get("comment"),
    }
    if score.get("scoreGiven") is not None:
        shown["resultScore"] = _scaled(score["scoreGiven"], score["scoreMaximum"], item.score_maximum)
    return {name: value for name, value in shown.items() if value is not None}


def _scaled(given: float, maximum: float, line_item_maximum: float) -> float:
    """7 of 10 is exactly 70 of 100: scaled in fractions of the numbers as they were written."""
    return float(Fraction(str(given)) * Fraction(str(line_item_maximum)) / Fraction(str(maximum)))
