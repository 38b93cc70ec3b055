"""Who is in a group, and what follows for the people when a group means a place."""

from collections.abc import Collection, Sequence
from typing import Any, cast

import sqlalchemy as sa
from scim2_models import NotFoundException, Resource, User

from hub.ids import is_id
from hub.sso.scim import people
from hub.sso.scim.caller import Caller
from hub.sso.scim.group_roles import means_role
from hub.sso.scim.names import USER
from hub.sso.scim.rows import COLUMNS, member_ids, read
from hub.sso.scim.tables import scim_group_place, scim_member, scim_resource
from hub.store import UnitOfWork

_m = scim_member.c


def set_members(uow: UnitOfWork, caller: Caller, group_id: str, group: Resource[Any]) -> list[str]:
    """Let these be the members of a group; the ids of those who came or went, where the group means a place or a role.

    NotFoundException for one that the client does not have, be it somebody else's or nobody's.
    """
    wanted = member_ids(group)
    stored = {
        row.member_id: row.display
        for row in uow.connection.execute(
            sa.select(_m.member_id, _m.display).where(_m.group_id == group_id).with_for_update()
        )
    }
    new = {id: display for id, display in wanted.items() if id not in stored}
    gone = stored.keys() - wanted.keys()
    renamed = {id: wanted[id] for id in stored.keys() & wanted.keys() if wanted[id] != stored[id]}
    _check_there(uow, caller, group_id, new)
    for id, display in renamed.items():
        mine = sa.and_(_m.group_id == group_id, _m.member_id == id)
        uow.connection.execute(sa.update(scim_member).where(mine).values(display=display))
    if gone:
        left = sa.and_(_m.group_id == group_id, uow.among(_m.member_id, gone))
        uow.connection.execute(sa.delete(scim_member).where(left))
    uow.execute_many(
        sa.insert(scim_member),
        [{"group_id": group_id, "member_id": id, "display": display} for id, display in new.items()],
    )
    return [*new, *gone] if _means_something(uow, group_id) else []


def users_of_group(uow: UnitOfWork, group_id: str) -> list[str]:
    """The ids of a group's members, where the group means a place or a role; else nothing follows for them, and they are none."""
    if not _means_something(uow, group_id):
        return []
    return list(uow.connection.scalars(sa.select(_m.member_id).where(_m.group_id == group_id)))


def give_places_to(uow: UnitOfWork, caller: Caller, member_ids: Sequence[str]) -> None:
    """Give users the places and roles that their groups mean now; a unit that touches many locks them in one order."""
    if not member_ids:
        return
    rows = uow.connection.execute(
        sa.select(*COLUMNS, scim_resource.c.person_id)
        .where(scim_resource.c.kind == USER, uow.among(scim_resource.c.id, list(member_ids)))
        .order_by(scim_resource.c.person_id)
    ).all()
    for row, user in zip(rows, read(uow, rows), strict=True):
        told = cast("User[Any]", user)
        if told.active is not False:
            person_id = people.person_of(uow, caller, row, told)
            people.give_places(uow, caller, row.id, person_id, told, told)
            people.give_role(uow, caller, row.id, person_id)


def _means_something(uow: UnitOfWork, group_id: str) -> bool:
    return uow.find(scim_group_place, group_id=group_id) is not None or means_role(uow, group_id)


def _check_there(uow: UnitOfWork, caller: Caller, group_id: str, ids: Collection[str]) -> None:
    if not ids:
        return
    wanted = list(ids)
    there = (
        set(
            uow.connection.scalars(
                sa.select(scim_resource.c.id).where(
                    scim_resource.c.connection_id == caller.connection_id,
                    uow.among(scim_resource.c.id, wanted),
                    scim_resource.c.id != group_id,
                )
            )
        )
        if all(map(is_id, wanted))
        else set()
    )
    if set(wanted) - there:
        raise NotFoundException(detail="There is no such member.")
