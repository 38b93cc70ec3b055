"""What a tool offered, for the operator in whose web session it was asked."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from hub.errors import HubError, Missing, NotAllowed
from hub.ids import is_id
from hub.lti.content.check_items import Item, from_json
from hub.lti.content.tables import lti_content_request
from hub.lti.tools import Tool, read_tool
from hub.network.people.person import read_person
from hub.runtime import Hub
from hub.store import UnitOfWork

if TYPE_CHECKING:
    from hub.lti.login_hint import WebSession


@dataclass(frozen=True)
class Content:
    """What a tool offered when it was asked. ``is_imported`` once something of it was imported."""

    id: str
    tool: Tool
    items: tuple[Item, ...]
    problems: tuple[str, ...]
    is_imported: bool


def open_content(hub: Hub, request_id: str, session: "WebSession") -> Content:
    """``read_content`` in a unit of its own; a refusal leaves one audit row."""
    try:
        with hub.reading() as uow:
            return read_content(uow, request_id, session)
    except HubError as error:
        audit_refused(hub, request_id, session, error.code)
        raise


def read_content(uow: UnitOfWork, request_id: str, session: "WebSession") -> Content:
    """What was offered, for the web session that asked.

    Raises NotAllowed ``other_session`` for every other, and ``not_operator``; Missing when there is no such request, it has
    expired, or it is not answered.
    """
    table = lti_content_request
    row = None
    if is_id(request_id):
        row = uow.connection.execute(sa.select(table).where(table.c.id == request_id)).one_or_none()
    if row is None or row.expires_at <= uow.now:
        raise Missing("no_content", "There is no such choice any more.", _AGAIN)
    if row.session_hash != session.token_hash or row.person_id != session.person_id:
        raise NotAllowed("other_session", "Another browser session asked for this.", _AGAIN)
    if not read_person(uow, session.person_id).is_operator:
        raise NotAllowed("not_operator", "Only those who run the hub choose courses for its catalogue.")
    if row.answered_at is None:
        raise Missing("no_content", "The learning system has not answered yet.", _AGAIN)
    items = tuple(from_json(item) for item in row.items)
    tool = read_tool(uow, row.connection_id)
    return Content(row.id, tool, items, tuple(row.problems), row.imported_at is not None)


def audit_refused(hub: Hub, request_id: str, session: "WebSession", reason: str) -> None:
    """The one audit row of a refused look at what was offered, or import of it."""
    known = is_id(request_id)
    with hub.reading() as uow:
        table = lti_content_request
        asked = sa.select(table.c.connection_id).where(table.c.id == request_id)
        connection_id = uow.connection.scalar(asked) if known else None
    hub.audit_refusal(
        "lti_content",
        reason,
        request_id if known else "",
        actor_id=session.person_id,
        connection_id=connection_id,
    )


_AGAIN = "Start again from the page of the connection."
