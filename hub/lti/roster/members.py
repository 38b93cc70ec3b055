"""Reading a roster in pages (Names and Role Provisioning Services 2.0, sections 2.3 to 2.6)."""

import json
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from hub.errors import BadInput, HubError, Missing
from hub.lti.launch import registration_for
from hub.lti.paging import Page
from hub.lti.resource_links import ResourceLink
from hub.lti.roster.claims import members_url
from hub.lti.roster.groups import group_enrollments
from hub.lti.roster.refresh import DELETED, refresh_roster
from hub.lti.roster.tables import lti_member
from hub.lti.tools import Tool
from hub.lti.vocabulary import CLAIM, GROUPS_SCOPE, INSTRUCTOR, LEARNER, MEMBERSHIP, RESOURCE_LINK_REQUEST
from hub.network import tables as network
from hub.network.people.identities import pairwise_subjects
from hub.sealing import Sealer
from hub.store import UnitOfWork
from hub.training.courses.offerings import read_offering

FILTERS = ("role", "rlid", "since", "groups")
_ROLES = frozenset(role.removeprefix(MEMBERSHIP) for role in (LEARNER, INSTRUCTOR))


def first_page(uow: UnitOfWork, sealer: Sealer, link: ResourceLink, asked: Page) -> Page:
    """The first page of a read, after the roster was brought up to date; needs a writing unit.

    From here on the page carries two numbers: the roster's ``revision``, and for a read of differences the one ``since``
    which they are asked. BadInput ``bad_since`` for an address of differences that was not made here.
    """
    numbers = {"since": _open_since(sealer, asked)} if "since" in asked.filters else {}
    numbers["revision"] = str(refresh_roster(uow, link))
    return replace(asked, filters={**asked.filters, **numbers})


def list_members(
    uow: UnitOfWork, tool: Tool, link: ResourceLink, page: Page
) -> tuple[list[dict[str, Any]], str]:
    """Members as membershipcontainer+json shows them; and where to go on, empty on the last page.

    A whole roster leaves out who is gone; differences tell of them with the status ``Deleted``. Name and e-mail are told
    only of people who are there, and only to tools that may have them; groups, where they are asked for. Missing ``no_resource_link`` for another link's id.
    """
    if page.filters.get("rlid", link.id) != link.id:
        raise Missing("no_resource_link", "There is no such resource link in this context.")
    detail, table = network.person_detail, lti_member
    query = (
        sa.select(table.c.person_id, table.c.roles, table.c.status)
        .add_columns(detail.c.given_name, detail.c.family_name, detail.c.email)
        .outerjoin(detail, detail.c.person_id == table.c.person_id)
        .where(table.c.resource_link_id == link.id, _filtered(page))
    )
    if page.after:
        query = query.where(table.c.person_id > page.after)
    rows = uow.connection.execute(query.order_by(table.c.person_id).limit(page.limit + 1)).all()
    shown = rows[: page.limit]
    subjects = pairwise_subjects(uow, tool.connection_id, [row.person_id for row in shown])
    members = [_member(uow, tool, row, subjects[row.person_id]) for row in shown]
    if "rlid" in page.filters:
        for row, member in zip(shown, members, strict=True):
            member["message"] = [_message(uow, link, row.person_id, member["user_id"])]
    if page.filters.get("groups") == "true" and GROUPS_SCOPE in tool.scopes:
        enrolled = group_enrollments(uow, tool, [row.person_id for row in shown])
        for row, member in zip(shown, members, strict=True):
            member["group_enrollments"] = enrolled[row.person_id] if row.status != DELETED else []
    return members, shown[-1].person_id if len(rows) > page.limit else ""


def container(uow: UnitOfWork, link: ResourceLink, members: list[dict[str, Any]]) -> dict[str, Any]:
    """Members with the context they belong to, as the media type has it."""
    offering = read_offering(uow, link.offering_id)
    return {
        "id": members_url(uow.settings, link.id),
        "context": {"id": link.id, "label": offering.key, "title": offering.title},
        "members": members,
    }


def differences_url(sealer: Sealer, url: str, page: Page) -> str:
    """Where a tool learns what changed after this read. Sealed like pages, for the same reasons."""
    content = json.dumps(["members", page.path, page.filters["revision"]])
    return f"{url}?since={sealer.seal(content).encode().hex()}"


def _open_since(sealer: Sealer, asked: Page) -> str:
    try:
        kind, path, revision = json.loads(sealer.open(bytes.fromhex(asked.filters["since"]).decode()))
    except (HubError, ValueError, TypeError):
        kind, path, revision = "", "", "0"
    if (kind, path) != ("members", asked.path):
        raise BadInput("bad_since", "These differences were not made by the hub for this context.")
    return str(int(revision))


def _filtered(page: Page) -> sa.ColumnElement[bool]:
    wanted, table = page.filters, lti_member
    found = table.c.revision > int(wanted["since"]) if "since" in wanted else table.c.status != DELETED
    if "role" in wanted:
        role = wanted["role"].removeprefix(MEMBERSHIP)
        found = sa.and_(found, table.c.roles.contains(role) if role in _ROLES else sa.false())
    return found


def _member(uow: UnitOfWork, tool: Tool, row: sa.Row[Any], subject: str) -> dict[str, Any]:
    member: dict[str, Any] = {
        "status": row.status,
        "user_id": subject,
        "roles": [MEMBERSHIP + name for name in row.roles.split(",")],
    }
    if tool.shares_personal_data and row.status != DELETED:
        given, family = row.given_name or "", row.family_name or ""
        personal = {
            "name": f"{given} {family}".strip(),
            "given_name": given,
            "family_name": family,
            "email": row.email or "",
        }
        member |= {name: value for name, value in personal.items() if value}
    return member


def _message(uow: UnitOfWork, link: ResourceLink, person_id: str, subject: str) -> dict[str, Any]:
    """What only this person's launch of the link would tell (section 2.4.2)."""
    actor = {"objectType": "Agent", "account": {"homePage": uow.settings.public_url, "name": subject}}
    return {
        CLAIM + "message_type": RESOURCE_LINK_REQUEST,
        CLAIM + "custom": {
            "hub_actor": json.dumps(actor, separators=(",", ":")),
            "registration": registration_for(link.id, person_id),
        },
    }
