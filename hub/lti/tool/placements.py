"""Placements: where something of the hub stands in a platform's course, and by which names people are known there."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.errors import Missing
from hub.ids import derived_id, is_id
from hub.journal import Change, record_changes
from hub.lti.legacy.claim import NOTHING, OldIds
from hub.lti.tool import tables
from hub.lti.tool.message import LtiMessage
from hub.lti.tool.platform_deployments import PlatformDeployment
from hub.lti.tool.target import Target
from hub.network.people.identities import LTI_SUBJECT, list_subjects
from hub.network.tables import connection as connection_table
from hub.store import UnitOfWork
from hub.store.insert import insert_once


@dataclass(frozen=True)
class Placement:
    """One resource link of a platform that opens ``target``. The addresses are those of its services, where it has them."""

    id: str
    connection_id: str
    deployment_id: str
    context_id: str
    resource_link_id: str
    title: str
    target_kind: str
    target_id: str | None
    line_item_url: str | None
    line_items_url: str | None
    members_url: str | None
    groups_url: str | None
    scopes: tuple[str, ...]
    line_item_maximum: float | None

    @property
    def has_column(self) -> bool:
        """Whether the platform's gradebook has a column for it, or lets the hub make one."""
        return bool(self.line_item_url or self.line_items_url)


def save_placement(
    uow: UnitOfWork, connection_id: str, message: LtiMessage, target: Target, old: OldIds = NOTHING
) -> Placement:
    """The placement a launch came from, as the launch tells it; written only where it tells something new.

    ``old`` are ids of LTI 1.1 that may be believed: a placement known by them goes on under the new ids.
    """
    table = tables.lti_placement
    told: dict[str, Any] = {
        "connection_id": connection_id,
        "deployment_id": message.deployment_id,
        "context_id": message.context_id,
        "resource_link_id": message.resource_link_id,
        "title": message.title,
        "target_kind": target.kind,
        "target_id": target.id,
        "line_item_url": message.line_item_url,
        "line_items_url": message.line_items_url,
        "members_url": message.members_url,
        "groups_url": message.groups_url,
        "scopes": list(message.service_scopes),
    }
    row = _row_of(uow, connection_id, message.deployment_id, message.resource_link_id)
    if row is None and old.resource_link_id:
        row = _row_before(uow, connection_id, message, target, old)
    id = row.id if row is not None else _new_id(uow, connection_id, message)
    if row is not None and all(getattr(row, name) == value for name, value in told.items()):
        return _placement(row)
    changed: dict[str, Any] = {**told, "seen_at": uow.now}
    if row is None or row.line_item_url != message.line_item_url:
        changed |= {"line_item_maximum": None, "line_item_read_at": None}
    if row is not None or not insert_once(uow, table, id=id, **changed):
        uow.connection.execute(sa.update(table).where(table.c.id == id).values(**changed))
    record_changes(uow, [Change("lti_placement_changed", id, {"id": id, **told})])
    return read_placement(uow, id)


def _row_of(uow: UnitOfWork, connection_id: str, deployment_id: str, resource_link_id: str) -> Any:
    return uow.find(
        tables.lti_placement,
        connection_id=connection_id,
        deployment_id=deployment_id,
        resource_link_id=resource_link_id,
    )


def _row_before(uow: UnitOfWork, connection_id: str, message: LtiMessage, target: Target, old: OldIds) -> Any:
    """The placement under its old link id, if it opens the same in the same course: numbers may mean another link today."""
    row = _row_of(uow, connection_id, message.deployment_id, old.resource_link_id)
    if row is None or (row.target_kind, row.target_id) != (target.kind, target.id):
        return None
    return row if row.context_id in {message.context_id, old.context_id} else None


def _new_id(uow: UnitOfWork, connection_id: str, message: LtiMessage) -> str:
    """Derived, so that two first launches at once make the same row; unless a placement took that id along to a new link."""
    table = tables.lti_placement
    id = derived_id("lti-placement", connection_id, message.deployment_id, message.resource_link_id)
    while (row := uow.find(table, id=id)) is not None and row.resource_link_id != message.resource_link_id:
        id = derived_id("lti-placement", id)
    return id


def read_placement(uow: UnitOfWork, placement_id: str) -> Placement:
    """The placement with this id; Missing when there is none."""
    row = uow.find(tables.lti_placement, id=placement_id) if is_id(placement_id) else None
    if row is None:
        raise Missing("no_placement", "There is no such placement.")
    return _placement(row)


def placements_of(uow: UnitOfWork, target_kind: str, target_ids: Collection[str]) -> list[Placement]:
    """Where these targets of one kind are placed, in an order that stays."""
    table = tables.lti_placement
    rows = uow.connection.execute(
        sa.select(table)
        .where(table.c.target_kind == target_kind, uow.among(table.c.target_id, list(target_ids)))
        .order_by(table.c.id)
    )
    return [_placement(row) for row in rows]


def subject_key(deployment: PlatformDeployment, owner_id: str | None, subject: str) -> str:
    """Under which subject a person is known: with the deployment in front where it serves another partner than its connection.

    ``owner_id`` is the connection's partner. Two partners behind one registration are thus never mixed up.
    """
    return _prefix(deployment.deployment_id, deployment.partner_id, owner_id) + subject


def subject_at(uow: UnitOfWork, placement: Placement, person_id: str) -> str | None:
    """The ``sub`` by which the placement's deployment knows the person; None when it has never named them."""
    table = tables.lti_platform_deployment
    rows = uow.connection.execute(
        sa.select(table.c.deployment_id, table.c.partner_id, connection_table.c.partner_id.label("owner_id"))
        .join(connection_table, connection_table.c.id == table.c.connection_id)
        .where(table.c.connection_id == placement.connection_id)
    ).all()
    prefixes = {row.deployment_id: _prefix(row.deployment_id, row.partner_id, row.owner_id) for row in rows}
    mine = prefixes.get(placement.deployment_id, "")
    others = tuple(filter(None, prefixes.values()))
    for form, subject in list_subjects(uow, placement.connection_id, person_id):
        if form == LTI_SUBJECT and (subject.startswith(mine) if mine else not subject.startswith(others)):
            return subject.removeprefix(mine)
    return None


def _prefix(deployment_id: str, partner_id: str | None, owner_id: str | None) -> str:
    return f"{deployment_id}|" if partner_id not in (None, owner_id) else ""


def _placement(row: sa.Row[Any]) -> Placement:
    return Placement(
        id=row.id,
        connection_id=row.connection_id,
        deployment_id=row.deployment_id,
        context_id=row.context_id,
        resource_link_id=row.resource_link_id,
        title=row.title,
        target_kind=row.target_kind,
        target_id=row.target_id,
        line_item_url=row.line_item_url,
        line_items_url=row.line_items_url,
        members_url=row.members_url,
        groups_url=row.groups_url,
        scopes=tuple(row.scopes),
        line_item_maximum=row.line_item_maximum,
    )
