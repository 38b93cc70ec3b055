"""Resource links: where an offering is launched. Each has one default line item, whose score is credited."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from hub.errors import BadInput
from hub.ids import derived_id
from hub.journal import Change, record_changes
from hub.lti import tables
from hub.lti.tool_settings import RESERVED_PARAMETERS
from hub.lti.tools import read_tool
from hub.store import UnitOfWork
from hub.store.insert import insert_once
from hub.training.completing.completion import Offering
from hub.training.courses.offerings import read_offering

DEFAULT_MAXIMUM = 100.0


@dataclass(frozen=True)
class ResourceLink:
    """A placed offering. The id is the LTI resource link id, and the context id too: a course is a context of its own."""

    id: str
    offering_id: str
    connection_id: str
    target_link_uri: str | None = None
    custom: Mapping[str, str] = field(default_factory=dict)


def place_offering(
    uow: UnitOfWork,
    offering_id: str,
    *,
    target_link_uri: str | None = None,
    custom: Mapping[str, str] | None = None,
) -> ResourceLink:
    """Make the resource link of an offering with its default line item, or change what it launches.

    An offering need not be placed: its first launch does it, with the tool's launch URL and the catalogue's launch
    parameters. ``target_link_uri`` leads elsewhere in the same tool, ``custom`` adds parameters. The same again changes
    nothing. Missing when the offering's LMS is no LTI tool, BadInput for a parameter the hub itself sets.
    """
    offering = read_offering(uow, offering_id)
    if RESERVED_PARAMETERS & (custom or {}).keys():
        raise BadInput("reserved_parameter", f"The hub itself sets {', '.join(sorted(RESERVED_PARAMETERS))}.")
    read_tool(uow, offering.connection_id)
    wanted = ResourceLink(
        _link_id(offering), offering.id, offering.connection_id, target_link_uri, dict(custom or {})
    )
    known = _find(uow, wanted.id)
    if known != wanted:
        _save(uow, wanted, offering)
    return wanted


def link_for(uow: UnitOfWork, offering: Offering) -> ResourceLink:
    """The offering's resource link, made now if this is its first launch."""
    return _find(uow, _link_id(offering)) or place_offering(uow, offering.id)


def planned_link(uow: UnitOfWork, offering: Offering) -> ResourceLink:
    """The offering's resource link as its first launch would make it, if there is none yet. Writes nothing."""
    known = _find(uow, _link_id(offering))
    return known or ResourceLink(_link_id(offering), offering.id, offering.connection_id)


def read_link(uow: UnitOfWork, link_id: str) -> ResourceLink | None:
    """The resource link with this id, if there is one. ``link_id`` must have the form of an id."""
    return _find(uow, link_id)


def default_line_item_id(link_id: str) -> str:
    """The id of a resource link's default line item."""
    return derived_id("lti-line-item", link_id)


def _link_id(offering: Offering) -> str:
    """Derived, so that two first launches at once, or a rebuild, give the same: LMSs remember it for years."""
    return derived_id("lti-resource-link", offering.id)


def _find(uow: UnitOfWork, link_id: str) -> ResourceLink | None:
    row = uow.find(tables.lti_resource_link, id=link_id)
    return (
        ResourceLink(row.id, row.offering_id, row.connection_id, row.target_link_uri, row.custom)
        if row
        else None
    )


def _save(uow: UnitOfWork, link: ResourceLink, offering: Offering) -> None:
    table = tables.lti_resource_link
    values: dict[str, Any] = {**vars(link), "custom": dict(link.custom)}
    if not insert_once(uow, table, **values):
        uow.connection.execute(sa.update(table).where(table.c.id == link.id).values(**values))
    insert_once(
        uow,
        tables.lti_line_item,
        id=default_line_item_id(link.id),
        resource_link_id=link.id,
        label=offering.title,
        score_maximum=DEFAULT_MAXIMUM,
        tag="",
        resource_id="",
        is_default=True,
    )
    record_changes(uow, [Change("offering_placed", link.id, values)])
