"""Groups that mean a position at a location or a role, as operators or the partner's administrators decide."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.errors import BadInput, Missing
from hub.ids import is_id
from hub.journal import Change, audit, record_changes
from hub.network import tables as network
from hub.network.people.person import lock_people
from hub.network.systems.connections import read_connection
from hub.sso.scim.caller import Caller
from hub.sso.scim.group_roles import means_role
from hub.sso.scim.names import GROUP
from hub.sso.scim.tables import scim_group_place, scim_group_role, scim_member, scim_resource
from hub.store import UnitOfWork

CHANGED, ROLE_CHANGED = "scim_group_place_changed", "scim_group_role_changed"
MAX_GROUPS = 200
CLASSES = ("external", "internal")


@dataclass(frozen=True)
class GroupLine:
    """One group, how many members it has, and the place it means, in words; empty texts for none."""

    id: str
    name: str
    members: int
    location: str
    position: str
    audience_class: str
    looks_after: bool
    """Whether its members are partner admins."""


def list_groups(uow: UnitOfWork, connection_id: str) -> list[GroupLine]:
    """The groups of a client by their names, at most MAX_GROUPS."""
    r, place, location, position = scim_resource, scim_group_place, network.location, network.position
    members = (
        sa.select(sa.func.count())
        .select_from(scim_member)
        .where(scim_member.c.group_id == r.c.id)
        .scalar_subquery()
    )
    rows = uow.connection.execute(
        sa.select(
            r.c.id,
            r.c.display_name,
            members.label("members"),
            location.c.name.label("location"),
            position.c.title.label("position"),
            place.c.audience_class,
            scim_group_role.c.group_id.is_not(None).label("looks_after"),
        )
        .outerjoin(scim_group_role, scim_group_role.c.group_id == r.c.id)
        .outerjoin(place, place.c.group_id == r.c.id)
        .outerjoin(location, location.c.id == place.c.location_id)
        .outerjoin(position, position.c.id == place.c.position_id)
        .where(r.c.connection_id == connection_id, r.c.kind == GROUP)
        .order_by(r.c.display_name, r.c.id)
        .limit(MAX_GROUPS)
    )
    return [
        GroupLine(
            row.id,
            row.display_name or "",
            row.members,
            row.location or "",
            row.position or "",
            row.audience_class or "",
            bool(row.looks_after),
        )
        for row in rows
    ]


def set_group_place(
    uow: UnitOfWork,
    connection_id: str,
    group_id: str,
    location_id: str,
    position_id: str,
    audience_class: str = "external",
    *,
    actor_id: str | None = None,
) -> None:
    """Let a group mean a position at a location of the client's partner: its members have it from now on.

    Missing ``no_group``, ``no_location`` or ``no_position``; BadInput ``bad_class``; NotAllowed
    ``mode_not_for_audience``.
    """
    caller = _caller(uow, connection_id)
    _group(uow, caller, group_id)
    location = uow.find(network.location, id=location_id) if is_id(location_id) else None
    if location is None or location.partner_id != caller.partner_id:
        raise Missing("no_location", "This partner has no such location.")
    if not is_id(position_id) or uow.find(network.position, id=position_id) is None:
        raise Missing("no_position", "There is no such position.")
    if audience_class not in CLASSES:
        raise BadInput("bad_class", f"The class of a place is {' or '.join(CLASSES)}.")
    place = {"location_id": location_id, "position_id": position_id, "audience_class": audience_class}
    uow.connection.execute(sa.delete(scim_group_place).where(scim_group_place.c.group_id == group_id))
    uow.insert(scim_group_place, group_id=group_id, **place)
    _follow(uow, caller, Change(CHANGED, group_id, {**_of(caller), **place}, actor_id=actor_id))


def forget_group_place(
    uow: UnitOfWork, connection_id: str, group_id: str, *, actor_id: str | None = None
) -> None:
    """Let a group mean no place any more: its members lose it now. Missing ``no_group``."""
    caller = _caller(uow, connection_id)
    _group(uow, caller, group_id)
    uow.connection.execute(sa.delete(scim_group_place).where(scim_group_place.c.group_id == group_id))
    _follow(uow, caller, Change(CHANGED, group_id, _of(caller), actor_id=actor_id))


def set_group_role(
    uow: UnitOfWork, connection_id: str, group_id: str, *, looks_after: bool, actor_id: str | None = None
) -> bool:
    """Let a group's members look after the people of the client's partner from now on, or no longer; whether that is new.

    Missing ``no_group``. Whoever writes the group at the identity provider decides who has the role: for operators alone.
    """
    caller = _caller(uow, connection_id)
    _group(uow, caller, group_id)
    if means_role(uow, group_id) == looks_after:
        return False
    if looks_after:
        uow.insert(scim_group_role, group_id=group_id)
    else:
        uow.connection.execute(sa.delete(scim_group_role).where(scim_group_role.c.group_id == group_id))
    body = {**_of(caller), "looks_after": looks_after}
    _follow(uow, caller, Change(ROLE_CHANGED, group_id, body, actor_id=actor_id))
    return True


def _follow(uow: UnitOfWork, caller: Caller, change: Change) -> None:
    """Give the members what their group means now, and keep what was decided."""
    group_id = change.subject_id
    m, r = scim_member.c, scim_resource.c
    people = sa.select(r.person_id).join(scim_member, m.member_id == r.id).where(m.group_id == group_id)
    lock_people(uow, sorted(filter(None, uow.connection.scalars(people))))
    from hub.sso.scim.members import give_places_to  # the library takes long to load

    give_places_to(
        uow, caller, list(uow.connection.scalars(sa.select(m.member_id).where(m.group_id == group_id)))
    )
    record_changes(uow, [change])
    audit(
        uow,
        change.kind,
        group_id,
        actor_id=change.actor_id,
        partner_id=caller.partner_id,
        connection_id=caller.connection_id,
    )


def _of(caller: Caller) -> dict[str, Any]:
    return {"connection_id": caller.connection_id}


def _caller(uow: UnitOfWork, connection_id: str) -> Caller:
    """The client, as it would act for itself."""
    connection = read_connection(uow, connection_id)
    if connection.partner_id is None:
        raise Missing("no_group", "There is no such group.")
    return Caller("", connection.id, connection.partner_id)


def _group(uow: UnitOfWork, caller: Caller, group_id: str) -> None:
    r = scim_resource.c
    mine = sa.and_(r.id == group_id, r.connection_id == caller.connection_id, r.kind == GROUP)
    query = sa.select(r.id).where(mine).with_for_update()
    if not is_id(group_id) or uow.connection.execute(query).first() is None:
        raise Missing("no_group", "There is no such group.")
