"""Line items: the columns of an LMS's own gradebook at the hub (AGS 2.0, section 3.2)."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.errors import Missing
from hub.ids import is_id, new_id
from hub.journal import Change, audit, record_changes
from hub.lti import tables
from hub.lti.line_item_body import Definition, SubmissionReview, read_definition, review_json
from hub.lti.paging import Page
from hub.lti.refusals import Refused
from hub.lti.resource_links import ResourceLink, read_link
from hub.lti.service_urls import line_item_url
from hub.lti.tools import Tool
from hub.store import UnitOfWork

FILTERS = ("resource_link_id", "resource_id", "tag")


@dataclass(frozen=True)
class LineItem:
    """A line item of a context. The default one is bound to the resource link, and its scores are credited."""

    id: str
    resource_link_id: str
    label: str
    score_maximum: float
    tag: str
    resource_id: str
    is_default: bool
    submission_review: SubmissionReview | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


def list_line_items(uow: UnitOfWork, tool: Tool, context_id: str, page: Page) -> tuple[list[LineItem], str]:
    """Line items of a context, in the order of their ids; and the id to go on after, empty on the last page."""
    link = find_context(uow, tool, context_id)
    table, wanted = tables.lti_line_item, page.filters
    query = sa.select(table).where(table.c.resource_link_id == link.id)
    if "resource_link_id" in wanted:
        query = query.where(table.c.is_default if wanted["resource_link_id"] == link.id else sa.false())
    query = query.where(*(table.c[name] == wanted[name] for name in ("resource_id", "tag") if name in wanted))
    if page.after:
        query = query.where(table.c.id > page.after)
    rows = uow.connection.execute(query.order_by(table.c.id).limit(page.limit + 1)).all()
    items = [_line_item(row) for row in rows[: page.limit]]
    return items, items[-1].id if len(rows) > page.limit else ""


def create_line_item(uow: UnitOfWork, tool: Tool, context_id: str, body: bytes) -> LineItem:
    """Add a line item of the tool's own. BadInput for a bad definition, Missing for a link that is not the context's.

    It is not bound to the resource link, whatever the tool asks: the standard lets the launch name a line item only
    where the link has exactly one, and that one is credited.
    """
    link = find_context(uow, tool, context_id)
    asked = read_definition(body)
    if asked.resource_link_id not in {None, link.id}:
        raise Missing("no_resource_link", "There is no such resource link in this context.")
    item = LineItem(new_id(), link.id, is_default=False, **_values(asked))
    _save(uow, item)
    audit(uow, "line_item_created", item.id, connection_id=tool.connection_id, partner_id=tool.partner_id)
    return item


def read_line_item(uow: UnitOfWork, tool: Tool, context_id: str, line_item_id: str) -> LineItem:
    """One line item; Missing when it is not this tool's, not of this context, or nowhere: the three answer alike."""
    return line_item_of(uow, find_context(uow, tool, context_id), line_item_id)


def line_item_of(uow: UnitOfWork, link: ResourceLink, line_item_id: str) -> LineItem:
    """One line item of a context; Missing when it is of another one, or nowhere."""
    item = find_line_item(uow, line_item_id)
    if item is None or item.resource_link_id != link.id:
        raise Missing("no_line_item", "There is no such line item.")
    return item


def find_line_item(uow: UnitOfWork, line_item_id: str) -> LineItem | None:
    """The line item with this id, whoever's it is."""
    if not is_id(line_item_id):
        return None
    row = uow.find(tables.lti_line_item, id=line_item_id.lower())
    return _line_item(row) if row else None


def update_line_item(
    uow: UnitOfWork, tool: Tool, context_id: str, line_item_id: str, body: bytes
) -> LineItem:
    """Replace a definition. A new maximum scales the results, which are worked out when they are read."""
    known = read_line_item(uow, tool, context_id, line_item_id)
    asked = read_definition(body)
    item = LineItem(known.id, known.resource_link_id, is_default=known.is_default, **_values(asked))
    if item != known:
        _save(uow, item)
        audit(uow, "line_item_updated", item.id, connection_id=tool.connection_id, partner_id=tool.partner_id)
    return item


def delete_line_item(uow: UnitOfWork, tool: Tool, context_id: str, line_item_id: str) -> None:
    """Remove a line item and its results; statements stay. The default one cannot go: a course must be creditable."""
    item = read_line_item(uow, tool, context_id, line_item_id)
    if item.is_default:
        raise Refused(
            "default_line_item",
            "The line item of the course itself cannot be deleted.",
            status=405,
            headers={"Allow": "GET, PUT"},
        )
    result, table = tables.lti_result, tables.lti_line_item
    uow.connection.execute(sa.delete(result).where(result.c.line_item_id == item.id))
    uow.connection.execute(sa.delete(table).where(table.c.id == item.id))
    record_changes(uow, [Change("line_item_removed", item.id, {"id": item.id})])
    audit(uow, "line_item_deleted", item.id, connection_id=tool.connection_id, partner_id=tool.partner_id)


def define_default_line_item(uow: UnitOfWork, link_id: str, **definition: Any) -> None:
    """Give a resource link's default line item the label, maximum, tag or resource id it was chosen with, if they differ."""
    table = tables.lti_line_item
    mine = sa.and_(table.c.resource_link_id == link_id, table.c.is_default)
    known = _line_item(uow.connection.execute(sa.select(table).where(mine)).one())
    item = replace(known, **definition)
    if item != known:
        _save(uow, item)


def find_context(uow: UnitOfWork, tool: Tool, context_id: str) -> ResourceLink:
    """The resource link that is this context; Missing when it is another tool's or nobody's."""
    link = read_link(uow, context_id.lower()) if is_id(context_id) else None
    if link is None or link.connection_id != tool.connection_id:
        raise Missing("no_context", "There is no such context.")
    return link


def line_item_json(uow: UnitOfWork, item: LineItem) -> dict[str, Any]:
    """The representation of media type lineitem+json; what is not set is left out."""
    shown = {
        "id": line_item_url(uow.settings, item.resource_link_id, item.id),
        "label": item.label,
        "scoreMaximum": item.score_maximum,
        "resourceLinkId": item.resource_link_id if item.is_default else "",
        "resourceId": item.resource_id,
        "tag": item.tag,
        "startDateTime": item.starts_at.isoformat() if item.starts_at else "",
        "endDateTime": item.ends_at.isoformat() if item.ends_at else "",
        "submissionReview": review_json(item.submission_review) if item.submission_review else "",
    }
    return {name: value for name, value in shown.items() if value != ""}


def _values(asked: Definition) -> dict[str, Any]:
    return {name: value for name, value in vars(asked).items() if name != "resource_link_id"}


def _save(uow: UnitOfWork, item: LineItem) -> None:
    table = tables.lti_line_item
    review = item.submission_review
    values = {**vars(item), "submission_review": asdict(review) if review else None}
    times = {name: at.isoformat() if (at := values[name]) else None for name in ("starts_at", "ends_at")}
    record_changes(uow, [Change("line_item_changed", item.id, {**values, **times})])
    if not uow.connection.execute(sa.update(table).where(table.c.id == item.id).values(**values)).rowcount:
        uow.connection.execute(sa.insert(table).values(**values))


def _line_item(row: Any) -> LineItem:
    review = row.submission_review
    return LineItem(
        row.id,
        row.resource_link_id,
        row.label,
        row.score_maximum,
        row.tag,
        row.resource_id,
        row.is_default,
        SubmissionReview(**{**review, "reviewable_status": tuple(review["reviewable_status"])})
        if review
        else None,
        row.starts_at,
        row.ends_at,
    )
