"""Merging two people with all that signs them in: the hub's own accounts and what SCIM clients know them as go along."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hub.access.roles import has_power_beyond
from hub.errors import Conflict
from hub.network.people.merge import MergePlan
from hub.network.people.merge import merge_people as merge_records
from hub.network.people.merge import plan_merge as plan_records
from hub.network.people.merge import undo_merge as undo_records
from hub.network.people.merges import Merge
from hub.network.people.person import read_person
from hub.network.people.provision import set_disabled
from hub.network.tables import connection
from hub.sso.local.accounts import unproved_account, unproved_at
from hub.sso.local.tables import local_account
from hub.sso.scim.people import MODE, is_active_elsewhere, is_active_user
from hub.sso.scim.tables import scim_resource
from hub.sso.sessions import end_sessions_of
from hub.store import UnitOfWork

_MOVED: Mapping[str, sa.Table] = {"accounts": local_account, "scim_users": scim_resource}


def plan_merge(uow: UnitOfWork, from_id: str, to_id: str) -> MergePlan:
    """What ``merge_people`` would do. Raises what it raises, and writes nothing."""
    plan = plan_records(uow, from_id, to_id)
    _check(uow, from_id, to_id)
    return plan


def merge_people(
    uow: UnitOfWork, from_id: str, to_id: str, *, actor_id: str | None = None, left_files: bool = False
) -> str:
    """The id of the merge after which ``to_id`` has all that ``from_id`` had, whose sessions end.

    Raises what ``hub.network.people.merge.merge_people`` does, and Conflict ``account_of_both`` and ``scim_user_of_both`` where
    one connection knows both as two; ``unproved_account`` where somebody would get more power who may have opened an account.
    """
    ids = {name: _ids(uow, table, from_id) for name, table in _MOVED.items()}
    extra = {**ids, "employed": _active_here(uow, from_id)}
    merge_id = merge_records(uow, from_id, to_id, actor_id=actor_id, extra=extra, left_files=left_files)
    _check(uow, from_id, to_id)
    for name, table in _MOVED.items():
        _give(uow, table, ids[name], from_id, to_id)
    end_sessions_of(uow, from_id)
    return merge_id


def undo_merge(uow: UnitOfWork, merge_id: str, *, actor_id: str | None = None) -> Merge:
    """Let the two be two again. Sessions that were begun as the survivor end, for they may be the other's.

    Whom the employer's SCIM client let go meanwhile stays switched off (LN5).
    """
    merge = undo_records(uow, merge_id, actor_id=actor_id)
    for name, table in _MOVED.items():
        _give(uow, table, merge.body.get(name, ()), merge.to_id, merge.from_id)
    let_go = set(merge.body.get("employed", ())) - set(_active_here(uow, merge.from_id))
    if let_go and not is_active_elsewhere(uow, merge.from_id):
        set_disabled(uow, merge.from_id, disabled=True, reason=MODE, actor_id=actor_id)
    end_sessions_of(uow, merge.to_id)
    return merge


def _check(uow: UnitOfWork, from_id: str, to_id: str) -> None:
    pair = [read_person(uow, from_id), read_person(uow, to_id)]
    for partner_id in set().union(*(unproved_at(uow, person.id) for person in pair)):
        if any(has_power_beyond(uow, person, [partner_id]) for person in pair):
            raise unproved_account()
    for table, code, what in (
        (local_account, "account_of_both", "an account of the hub's own"),
        (scim_resource, "scim_user_of_both", "a user of one SCIM client"),
    ):
        mine = sa.select(table.c.connection_id).where(table.c.person_id == from_id)
        both = (
            sa.select(table.c.id).where(table.c.person_id == to_id, table.c.connection_id.in_(mine)).limit(1)
        )
        if uow.connection.scalar(both) is not None:
            raise Conflict(
                code, f"Each of the two has {what} at the same partner.", "Take one of them away first."
            )


def _ids(uow: UnitOfWork, table: sa.Table, person_id: str) -> list[str]:
    mine = sa.select(table.c.id).where(table.c.person_id == person_id).order_by(table.c.id)
    return list(uow.connection.scalars(mine))


def _active_here(uow: UnitOfWork, person_id: str) -> list[str]:
    """Users (ids) by which SCIM clients of the person's employer say that the person works there."""
    r = scim_resource
    query = (
        sa.select(r.c.id)
        .join(connection, connection.c.id == r.c.connection_id)
        .where(r.c.person_id == person_id, is_active_user())
        .where(connection.c.partner_id == read_person(uow, person_id).partner_id)
        .order_by(r.c.id)
    )
    return list(uow.connection.scalars(query))


def _give(uow: UnitOfWork, table: sa.Table, ids: Sequence[Any], from_id: str, to_id: str) -> None:
    mine = sa.and_(table.c.person_id == from_id, table.c.id.in_(ids))
    uow.connection.execute(sa.update(table).where(mine).values(person_id=to_id))
