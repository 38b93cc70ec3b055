"""Course groups (LTI Course Groups Service 1.0): one set, in which each location where members work is a group."""

from collections.abc import Sequence

import sqlalchemy as sa

from hub.ids import derived_id
from hub.lti.paging import Page
from hub.lti.resource_links import ResourceLink
from hub.lti.roster.refresh import ACTIVE
from hub.lti.roster.tables import lti_member
from hub.lti.tools import Tool
from hub.network import tables as network
from hub.network.people.identities import SUBJECT, find_person
from hub.network.validity.in_force import in_force
from hub.store import UnitOfWork

FILTERS = ("user_id",)
SET_NAME = "Location"


def list_groups(
    uow: UnitOfWork, tool: Tool, link: ResourceLink, page: Page
) -> tuple[list[dict[str, str]], str]:
    """Groups as contextgroupcontainer+json shows them, of the roster as it is kept; and where to go on.

    With ``user_id`` those of one member. A tool that may have no personal data learns of nobody where they work.
    """
    location, appointment = network.location, network.appointment
    query = (
        sa.select(location.c.id, location.c.name)
        .join(appointment, appointment.c.location_id == location.c.id)
        .join(lti_member, lti_member.c.person_id == appointment.c.person_id)
        .where(
            lti_member.c.resource_link_id == link.id,
            lti_member.c.status == ACTIVE,
            in_force(appointment, uow.now),
            *_own(tool),
        )
        .distinct()
    )
    if "user_id" in page.filters:
        person_id = find_person(uow, tool.connection_id, SUBJECT, page.filters["user_id"])
        is_told = person_id is not None and tool.shares_personal_data
        query = query.where(lti_member.c.person_id == person_id if is_told else sa.false())
    if page.after:
        query = query.where(location.c.id > page.after)
    rows = uow.connection.execute(query.order_by(location.c.id).limit(page.limit + 1)).all()
    shown = rows[: page.limit]
    groups = [
        {"id": _group_id(tool, row.id), "name": row.name, "set_id": group_set(tool)["id"]} for row in shown
    ]
    return groups, shown[-1].id if len(rows) > page.limit else ""


def group_set(tool: Tool) -> dict[str, str]:
    """The one set of groups, as contextgroupsetcontainer+json shows it."""
    return {"id": derived_id("lti-group-set", tool.connection_id), "name": SET_NAME}


def group_enrollments(
    uow: UnitOfWork, tool: Tool, person_ids: Sequence[str]
) -> dict[str, list[dict[str, str]]]:
    """Each person's groups, as a roster tells them (section 4.2); of nobody where the tool may have no personal data."""
    found: dict[str, list[dict[str, str]]] = {person_id: [] for person_id in person_ids}
    if not tool.shares_personal_data:
        return found
    location, appointment = network.location, network.appointment
    rows = uow.connection.execute(
        sa.select(appointment.c.person_id, appointment.c.location_id)
        .join(location, location.c.id == appointment.c.location_id)
        .where(
            uow.among(appointment.c.person_id, list(person_ids)), in_force(appointment, uow.now), *_own(tool)
        )
        .distinct()
        .order_by(appointment.c.person_id, appointment.c.location_id)
    ).all()
    for row in rows:
        found[row.person_id].append({"group_id": _group_id(tool, row.location_id)})
    return found


def _own(tool: Tool) -> list[sa.ColumnElement[bool]]:
    """A partner's tool learns of that partner's locations alone: where else its people work is not its business."""
    return [network.location.c.partner_id == tool.partner_id] if tool.partner_id is not None else []


def _group_id(tool: Tool, location_id: str) -> str:
    """Another id for every tool, so that two cannot compare notes."""
    return derived_id("lti-group", tool.connection_id, location_id)
