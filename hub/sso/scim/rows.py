"""Rows of the database as SCIM resources, and back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from scim2_models import Group, GroupMember, GroupMembership, Meta, Reference, Resource, ResponseParameters

from hub.sso.scim.bounds import check_resource
from hub.sso.scim.comparable import found_by
from hub.sso.scim.names import GROUP, USER
from hub.sso.scim.provider import HubGroup, HubUser, Model
from hub.sso.scim.tables import scim_member, scim_resource
from hub.store import UnitOfWork

MODELS: Mapping[str, Model] = {USER: HubUser, GROUP: HubGroup}
ENDPOINTS = {USER: "Users", GROUP: "Groups"}
COLUMNS = tuple(
    scim_resource.c[name] for name in ("id", "kind", "version", "created_at", "modified_at", "body")
)
NOT_KEPT = ("id", "meta", "members", "groups", "password")
"""What has a place of its own, or none: the hub keeps no passwords of other systems."""


@dataclass(frozen=True)
class Written:
    """A resource as the columns of ``scim_resource`` have it, without its keys."""

    user_name: str | None
    external_id: str | None
    display_name: str | None
    body: dict[str, Any]
    found_by: dict[str, Any]


def write(resource: Resource[Any]) -> Written:
    """What the database keeps of a resource. PayloadTooLargeException for one that is too large."""
    kept = resource.model_copy(update=dict.fromkeys(NOT_KEPT))
    found = found_by(kept)
    body = kept.model_dump()
    check_resource(body)
    name = getattr(resource, "display_name", None) or getattr(resource, "user_name", None)
    return Written(
        user_name=str(found["user_name"]) if "user_name" in found else None,
        external_id=resource.external_id,
        display_name=name,
        body=body,
        found_by=found,
    )


def read(
    uow: UnitOfWork, rows: Sequence[Any], parameters: ResponseParameters[Any] | None = None
) -> list[Resource[Any]]:
    """The resources of rows with COLUMNS, in their order; without members or groups where the response leaves them out."""
    groups = [row.id for row in rows if row.kind == GROUP] if _is_wanted(parameters, "members") else []
    users = [row.id for row in rows if row.kind == USER] if _is_wanted(parameters, "groups") else []
    members, memberships = _members(uow, groups), _memberships(uow, users)
    resources = []
    for row in rows:
        resource = MODELS[row.kind].model_validate(row.body)
        resource.id = row.id
        resource.meta = Meta(
            resource_type=row.kind,
            created=row.created_at,
            last_modified=row.modified_at,
            version=version_text(row.version),
        )
        if row.kind == GROUP:
            resource.members = members.get(row.id)  # type: ignore[attr-defined]
        else:
            resource.groups = memberships.get(row.id)  # type: ignore[attr-defined]
        resources.append(resource)
    return resources


def version_text(version: int) -> str:
    """The version as an entity tag."""
    return f'W/"{version}"'


def member_ids(group: Resource[Any]) -> dict[str, str | None]:
    """How the client displays them, by the ids of a group's members."""
    members: Iterable[GroupMember] = group.members or () if isinstance(group, Group) else ()
    return {str(member.value): member.display for member in members if member.value is not None}


def _is_wanted(parameters: ResponseParameters[Any] | None, name: str) -> bool:
    """Whether the response has an attribute, or may have it."""
    if parameters is None:
        return True
    if parameters.attributes:
        return any(_head(path) == name for path in parameters.attributes)
    return all(str(path).rpartition(":")[2].lower() != name for path in parameters.excluded_attributes or ())


def _head(path: object) -> str:
    """The attribute of a path, without schema and sub-attribute: ``...:Group:members.value`` is about ``members``."""
    return str(path).rpartition(":")[2].partition(".")[0].partition("[")[0].lower()


def _members(uow: UnitOfWork, group_ids: Sequence[str]) -> dict[str, list[GroupMember]]:
    found: dict[str, list[GroupMember]] = {}
    for row in _related(uow, scim_member.c.group_id, scim_member.c.member_id, group_ids):
        member = GroupMember(value=row.other_id, type=row.kind, display=row.display)
        member.ref = Reference[Any](f"{ENDPOINTS[row.kind]}/{row.other_id}")
        found.setdefault(row.mine_id, []).append(member)
    return found


def _memberships(uow: UnitOfWork, user_ids: Sequence[str]) -> dict[str, list[GroupMembership]]:
    found: dict[str, list[GroupMembership]] = {}
    for row in _related(uow, scim_member.c.member_id, scim_member.c.group_id, user_ids):
        group = GroupMembership(value=row.other_id, display=row.display_name, type="direct")
        group.ref = Reference[Any](f"Groups/{row.other_id}")
        found.setdefault(row.mine_id, []).append(group)
    return found


def _related(
    uow: UnitOfWork, mine: sa.Column[str], other: sa.Column[str], ids: Sequence[str]
) -> Sequence[sa.Row[Any]]:
    if not ids:
        return []
    query = (
        sa.select(
            mine.label("mine_id"),
            other.label("other_id"),
            scim_member.c.display,
            scim_resource.c.kind,
            scim_resource.c.display_name,
        )
        .join(scim_resource, scim_resource.c.id == other)
        .where(uow.among(mine, list(ids)))
        .order_by(mine, other)
    )
    return uow.connection.execute(query).all()
