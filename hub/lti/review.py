"""Looking at what a learner handed in, in the tool that has it (1EdTech LTI Submission Review 1.0)."""

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub.access.visibility import dimensions_of_manager, people_looked_after
from hub.errors import HubError, Missing, NotAllowed
from hub.ids import is_id
from hub.lti import tables
from hub.lti.launch import LoginInitiation, NewMessage, begin_message
from hub.lti.line_items import find_line_item
from hub.lti.message import Review
from hub.lti.resource_links import read_link
from hub.lti.submissions import list_team_submissions
from hub.lti.tools import Tool, read_tool
from hub.lti.vocabulary import SUBMISSION_REVIEW_REQUEST
from hub.network.people.identities import pairwise_subject
from hub.network.people.person import Person, read_person
from hub.network.tables import person
from hub.runtime import Hub
from hub.store import UnitOfWork

if TYPE_CHECKING:
    from hub.lti.login_hint import BegunMessage

REVIEWER = "Instructor"


def start_review(
    hub: Hub, viewer_id: str, person_id: str, line_item_id: str, session_hash: str
) -> LoginInitiation:
    """``begin_review`` in a unit of its own; a refusal leaves one audit row before its error goes on."""
    try:
        with hub.unit_of_work() as uow:
            return begin_review(uow, viewer_id, person_id, line_item_id, session_hash)
    except HubError as error:
        subject = line_item_id if is_id(line_item_id) else ""
        hub.audit_refusal("review", error.code, subject, actor_id=viewer_id)
        raise


def start_team_review(
    hub: Hub, viewer_id: str, person_id: str, line_item_id: str, session_hash: str
) -> LoginInitiation:
    """``begin_review`` from the team page, for work that the page shows to this viewer; a refusal leaves one audit row.

    Missing ``no_submission`` for everything else, be it somebody the viewer does not look after, work of another
    dimension, or nothing at all: who may not see it does not learn whether it is there.
    """
    try:
        with hub.unit_of_work() as uow:
            if not _is_on_team_page(uow, viewer_id, person_id, line_item_id):
                raise _no_submission()
            return begin_review(uow, viewer_id, person_id, line_item_id, session_hash)
    except HubError as error:
        subject = line_item_id if is_id(line_item_id) else ""
        hub.audit_refusal("review", error.code, subject, actor_id=viewer_id)
        raise


def _is_on_team_page(uow: UnitOfWork, viewer_id: str, person_id: str, line_item_id: str) -> bool:
    if not is_id(person_id):
        return False
    for dimension in dimensions_of_manager(uow, viewer_id):
        team = people_looked_after(uow, viewer_id, dimension)
        if uow.connection.execute(_among(team, person_id)).first() is not None:
            shown = list_team_submissions(uow, viewer_id, [person_id], dimension).get(person_id, [])
            if any(one.line_item_id == line_item_id for one in shown):
                return True
    return False


def _no_submission() -> Missing:
    return Missing("no_submission", "There is nothing of this person to review there.")


def begin_review(
    uow: UnitOfWork, viewer_id: str, person_id: str, line_item_id: str, session_hash: str
) -> LoginInitiation:
    """Prepare an LtiSubmissionReviewRequest about a learner's work on a line item (section 3.1).

    Operators may, and whoever looks after the learner. Raises NotAllowed ``may_not_review``, Missing ``no_submission``
    where the learner has no result on that line item, or it is nowhere, and what ``begin_message`` raises.
    """
    if not may_review(uow, read_person(uow, viewer_id), person_id):
        raise NotAllowed("may_not_review", "You do not look after this person.")
    item = find_line_item(uow, line_item_id)
    result = tables.lti_result
    handed_in = sa.select(result.c.person_id).where(
        result.c.line_item_id == line_item_id, result.c.person_id == person_id
    )
    link = read_link(uow, item.resource_link_id) if item else None
    if item is None or link is None or uow.connection.execute(handed_in).first() is None:
        raise _no_submission()
    review = item.submission_review
    return begin_message(
        uow,
        NewMessage(
            tool=read_tool(uow, link.connection_id),
            person_id=viewer_id,
            session_hash=session_hash,
            message_type=SUBMISSION_REVIEW_REQUEST,
            link=link,
            role=REVIEWER,
            for_person_id=person_id,
            content_id=item.id,
            review_url=review.url if review else "",
        ),
    )


def may_review(uow: UnitOfWork, viewer: Person, person_id: str) -> bool:
    """Whether somebody may look at another person's work: operators, and those who look after that person now."""
    if viewer.disabled or viewer.id == person_id or not is_id(person_id):
        return False
    return viewer.is_operator or any(
        uow.connection.execute(_among(people_looked_after(uow, viewer.id, dimension), person_id)).first()
        for dimension in dimensions_of_manager(uow, viewer.id)
    )


def _among(people: sa.Select[Any], person_id: str) -> sa.Select[Any]:
    return sa.select(person.c.id).where(person.c.id == person_id, person.c.id.in_(people))


def read_review(uow: UnitOfWork, tool: Tool, begun: "BegunMessage") -> Review | None:
    """What a message that was begun is to review; None for a message of another type.

    Missing ``no_submission`` when the line item has gone since.
    """
    if begun.message_type != SUBMISSION_REVIEW_REQUEST or not begun.for_person_id:
        return None
    item = find_line_item(uow, begun.content_id or "")
    if item is None:
        raise _no_submission()
    return Review(
        person=read_person(uow, begun.for_person_id),
        subject=pairwise_subject(uow, tool.connection_id, begun.for_person_id),
        line_item_id=item.id,
        url=item.submission_review.url if item.submission_review else "",
        custom=item.submission_review.custom if item.submission_review else {},
    )
