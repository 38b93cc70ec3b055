"""Turning what was chosen in a tool into courses of the catalogue, all at once (Deep Linking 2.0, section 3.2).

A course is known by its target and parameters, so importing it again changes nothing.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from hub.errors import BadInput, HubError, NotAllowed
from hub.ids import derived_id
from hub.journal import audit
from hub.lti.content.check_items import Item
from hub.lti.content.offered import audit_refused, read_content
from hub.lti.content.tables import lti_content_request
from hub.lti.line_items import define_default_line_item
from hub.lti.resource_links import place_offering
from hub.lti.tools import Tool
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.training.courses.catalogue import CatalogueRow
from hub.training.courses.offerings import CHOSEN, set_offerings
from hub.training.tables import offering

if TYPE_CHECKING:
    from hub.lti.login_hint import WebSession

_NO_WORD = re.compile(r"[^a-z0-9]+")
_LONGEST_KEY = 80


@dataclass(frozen=True)
class ImportCounts:
    """Courses that are new, known with other words or numbers, and known as they are."""

    added: int
    changed: int
    unchanged: int


def import_chosen(hub: Hub, request_id: str, indexes: Collection[int], session: "WebSession") -> ImportCounts:
    """``import_content`` in a unit of its own; a refusal leaves one audit row."""
    try:
        with hub.unit_of_work() as uow:
            return import_content(uow, request_id, indexes, session)
    except HubError as error:
        audit_refused(hub, request_id, session, error.code)
        raise


def import_content(
    uow: UnitOfWork, request_id: str, indexes: Collection[int], session: "WebSession"
) -> ImportCounts:
    """Make courses of the items with these indexes; all of them or none. The same again changes nothing.

    Raises as ``read_content``, and BadInput when nothing is chosen, or something that was refused.
    """
    content = read_content(uow, request_id, session)
    tool = content.tool
    if tool.closed:
        raise NotAllowed(tool.closed, f"{tool.name} {tool.closed_words}")
    chosen = [item for index, item in enumerate(content.items) if index in indexes]
    if not chosen or len(chosen) != len(set(indexes)):
        raise BadInput("nothing_chosen", "Nothing that was offered is chosen.", "Tick at least one course.")
    if any(item.reason for item in chosen):
        raise BadInput("item_refused", "One of the items cannot be imported.", "Choose among the others.")
    counts = set_offerings(uow, tool.connection_id, list(_catalogue_rows(uow, tool, chosen)), chosen=True)
    _place(uow, tool, chosen)
    table = lti_content_request
    uow.connection.execute(sa.update(table).where(table.c.id == content.id).values(imported_at=uow.now))
    imported = ImportCounts(counts.added, counts.changed, counts.unchanged)
    audit(
        uow,
        "offering_imported",
        content.id,
        actor_id=session.person_id,
        partner_id=tool.partner_id,
        connection_id=tool.connection_id,
        detail=vars(imported),
    )
    return imported


def _catalogue_rows(uow: UnitOfWork, tool: Tool, items: Sequence[Item]) -> Iterator[CatalogueRow]:
    """A row for each item; a course that is known keeps its key and activity, by which goals and statements mean it."""
    known = {
        row.external_id: row._asdict()
        for row in uow.connection.execute(
            sa.select(offering).where(offering.c.connection_id == tool.connection_id)
        )
    }
    wanted = {item.external_id: _key(tool, item) for item in items}
    taken = set(uow.connection.scalars(sa.select(offering.c.key).where(offering.c.key.in_(wanted.values()))))
    activities = {row["activity_id"] for row in known.values()}
    for item in items:
        external_id = CHOSEN + item.external_id
        before = known.get(external_id)
        key = wanted[item.external_id]
        if key in taken:
            key = f"{key}-{item.external_id[:8]}"
        taken.add(key)
        activity_id = item.url
        if not item.url or item.custom or item.url in activities:
            activity_id = "urn:uuid:" + derived_id("lti-content", tool.connection_id, item.external_id)
        activities.add(activity_id)
        yield CatalogueRow(
            external_id=external_id,
            key=before["key"] if before else key,
            title=item.title,
            activity_id=before["activity_id"] if before else activity_id,
            description=item.text,
            minutes=before["minutes"] if before else None,
            completion_policy=before["completion_policy"] if before else "completed-or-passed",
            launch=before["launch"] if before else {},
        )


def _place(uow: UnitOfWork, tool: Tool, items: Sequence[Item]) -> None:
    external_ids = [CHOSEN + item.external_id for item in items]
    ids = {
        row.external_id: row.id
        for row in uow.connection.execute(
            sa.select(offering.c.id, offering.c.external_id).where(
                offering.c.connection_id == tool.connection_id, offering.c.external_id.in_(external_ids)
            )
        )
    }
    for item, external_id in zip(items, external_ids, strict=True):
        link = place_offering(uow, ids[external_id], target_link_uri=item.url or None, custom=item.custom)
        if item.line_item:
            define_default_line_item(uow, link.id, **vars(item.line_item))


def _key(tool: Tool, item: Item) -> str:
    """How rules name the course: by its LMS and its title."""
    words = _NO_WORD.sub("-", item.title.lower()).strip("-")
    return f"{tool.slug}-{words or item.external_id[:8]}"[:_LONGEST_KEY].strip("-")
