"""Groups whose members look after the partner's people: the role comes with the membership and ends with it."""

from collections.abc import Collection

import sqlalchemy as sa

from hub.access.roles import grant_partner_admin, withdraw_partner_admin
from hub.network.people.person import Person
from hub.network.tables import connection
from hub.sso.scim.caller import Caller
from hub.sso.scim.tables import scim_admin, scim_group_role, scim_member, scim_resource
from hub.store import UnitOfWork
from hub.store.insert import insert_once


def means_role(uow: UnitOfWork, group_id: str) -> bool:
    """Whether a group's members are partner admins."""
    return uow.find(scim_group_role, group_id=group_id) is not None


def keep_role(uow: UnitOfWork, caller: Caller, user_id: str, person: Person, *, may_have: bool) -> None:
    """Let the person be partner admin as long as one of the client's groups says so; ``may_have`` is False for who has left.

    What others gave stays theirs: a role that was there before does not end with the membership, and one that an
    operator took away does not come back while the membership goes on.
    """
    mine = {"connection_id": caller.connection_id, "person_id": person.id}
    has = uow.find(scim_admin, **mine) is not None
    wanted = may_have and _is_in_group(uow, user_id)
    if wanted and not has:
        # A role that another client's groups gave rests on both from now on, and ends with the last of them.
        if grant_partner_admin(uow, person.id, caller.partner_id) or _is_told(uow, caller, person.id):
            uow.insert(scim_admin, **mine)
    elif has and not wanted:
        uow.connection.execute(sa.delete(scim_admin).filter_by(**mine))
        if not _is_told(uow, caller, person.id):
            withdraw_partner_admin(uow, person.id, caller.partner_id)


def roles_told(uow: UnitOfWork, person_id: str) -> dict[str, list[str]]:
    """Partners (ids) whose admin this person is by groups, and the connections (ids) of the clients that said so."""
    rows = uow.connection.execute(
        sa.select(connection.c.partner_id, connection.c.id)
        .join(scim_admin, scim_admin.c.connection_id == connection.c.id)
        .where(scim_admin.c.person_id == person_id)
        .order_by(connection.c.id)
    )
    told: dict[str, list[str]] = {}
    for row in rows:
        told.setdefault(row.partner_id, []).append(row.id)
    return told


def move_role(uow: UnitOfWork, connection_ids: Collection[str], from_id: str, to_id: str) -> list[str]:
    """Let what these clients' groups gave to one person be what they gave to another; the connections that had given it."""
    moved = forget_role(uow, connection_ids, from_id)
    for connection_id in moved:
        insert_once(uow, scim_admin, connection_id=connection_id, person_id=to_id)
    return moved


def forget_role(uow: UnitOfWork, connection_ids: Collection[str], person_id: str) -> list[str]:
    """Let what these clients' groups gave be given by nobody; the connections (ids) that had given it. The role stays."""
    mine = sa.and_(scim_admin.c.person_id == person_id, scim_admin.c.connection_id.in_(connection_ids))
    gone = sa.delete(scim_admin).where(mine).returning(scim_admin.c.connection_id)
    return sorted(uow.connection.scalars(gone))


def note_role(uow: UnitOfWork, connection_ids: Collection[str], person_id: str) -> bool:
    """Note for those of these clients whose groups make the person partner admin that they do; whether any does."""
    member = scim_resource.alias()
    query = (
        sa.select(member.c.connection_id)
        .join(scim_member, scim_member.c.member_id == member.c.id)
        .join(scim_group_role, scim_group_role.c.group_id == scim_member.c.group_id)
        .where(member.c.person_id == person_id, member.c.connection_id.in_(connection_ids))
        .distinct()
    )
    said = uow.connection.scalars(query).all()
    for connection_id in said:
        insert_once(uow, scim_admin, connection_id=connection_id, person_id=person_id)
    return bool(said)


def _is_told(uow: UnitOfWork, caller: Caller, person_id: str) -> bool:
    """Whether groups of another of the partner's clients gave the role, too."""
    return bool(set(roles_told(uow, person_id).get(caller.partner_id, ())) - {caller.connection_id})


def _is_in_group(uow: UnitOfWork, user_id: str) -> bool:
    query = (
        sa.select(scim_member.c.group_id)
        .join(scim_group_role, scim_group_role.c.group_id == scim_member.c.group_id)
        .where(scim_member.c.member_id == user_id)
    )
    return uow.connection.execute(query.limit(1)).first() is not None
