"""Merging two people with everything that hangs from a person, whatever room keeps it; and taking that back.

Each room moves what is its own. What was moved is kept with the merge, so that an undo moves exactly that back, as far as
it is still with the survivor.
"""

from typing import Any

from hub.access.roles import (
    administered_partners,
    give_partner_admin,
    grant_partner_admin,
    withdraw_partner_admin,
)
from hub.audiences.profiles.move_actions import move_actions
from hub.errors import Conflict
from hub.lti.move_launches import move_launches
from hub.network.people.merge import MergePlan
from hub.network.people.merges import Merge, keep_moved
from hub.network.people.person import read_person
from hub.sso import merge_people as sso
from hub.sso.scim.group_roles import forget_role, move_role, note_role, roles_told
from hub.store import UnitOfWork
from hub.training.courses.course_access import move_access
from hub.training.external_records import move_records
from hub.training.goals.decisions_of_person import move_decisions


def plan_merge(uow: UnitOfWork, from_id: str, to_id: str) -> MergePlan:
    """What ``merge_people`` would do. Raises what it raises, and writes nothing."""
    plan = sso.plan_merge(uow, from_id, to_id)
    gets = administered_partners(uow, from_id).keys() - administered_partners(uow, to_id).keys()
    if gets and read_person(uow, to_id).disabled:
        raise Conflict(
            "person_disabled", "Somebody who is switched off gets no role.", "Switch them on first."
        )
    return plan


def merge_people(
    uow: UnitOfWork, from_id: str, to_id: str, *, actor_id: str | None = None, left_files: bool = False
) -> str:
    """The id of the merge after which ``to_id`` has all that ``from_id`` had, whose sessions end.

    Raises what ``hub.sso.merge_people.merge_people`` does; Conflict ``person_disabled`` where a partner admin would become
    part of somebody who is switched off.
    """
    merge_id = sso.merge_people(uow, from_id, to_id, actor_id=actor_id, left_files=left_files)
    moved: dict[str, Any] = {
        "scim_roles": roles_told(uow, from_id),
        "administers": _move_roles(uow, from_id, to_id, actor_id),
        "access": move_access(uow, from_id, to_id),
        "decisions": move_decisions(uow, from_id, to_id),
        "records": move_records(uow, from_id, to_id),
        "acted": move_actions(uow, from_id, to_id),
        "launched": move_launches(uow, from_id, to_id),
    }
    keep_moved(uow, merge_id, moved)
    return merge_id


def undo_merge(uow: UnitOfWork, merge_id: str, *, actor_id: str | None = None) -> Merge:
    """Let the two be two again. Sessions that were begun as the survivor end. Raises what ``hub.sso.merge_people`` does."""
    merge = sso.undo_merge(uow, merge_id, actor_id=actor_id)
    body = merge.body
    _give_roles_back(uow, merge, actor_id)
    move_access(uow, merge.to_id, merge.from_id, body.get("access", ()))
    move_decisions(uow, merge.to_id, merge.from_id, body.get("decisions", ()))
    move_records(uow, merge.to_id, merge.from_id, body.get("records", ()))
    move_actions(uow, merge.to_id, merge.from_id, body.get("acted", ()), body.get("appointments", ()))
    move_launches(uow, merge.to_id, merge.from_id, body.get("launched", {}))
    return merge


def _move_roles(uow: UnitOfWork, from_id: str, to_id: str, actor_id: str | None) -> dict[str, bool]:
    """Partners (ids) whose people ``from_id`` looked after, and whether ``to_id`` did not do so itself."""
    told = roles_told(uow, from_id)
    own = administered_partners(uow, to_id).keys() - roles_told(uow, to_id).keys()
    given = {}
    for partner_id in administered_partners(uow, from_id):
        given[partner_id] = grant_partner_admin(uow, to_id, partner_id, actor_id)
        withdraw_partner_admin(uow, from_id, partner_id, actor_id)
    for partner_id, connection_ids in told.items():
        if partner_id in own:  # what others gave to the survivor does not end with a membership
            forget_role(uow, connection_ids, from_id)
        else:
            move_role(uow, connection_ids, from_id, to_id)
    return given


def _give_roles_back(uow: UnitOfWork, merge: Merge, actor_id: str | None) -> None:
    """What groups gave comes back as far as they still say so, and the rest as far as nobody took it from the survivor."""
    from_id, to_id = merge.from_id, merge.to_id
    told = merge.body.get("scim_roles", {})
    back = {partner_id: move_role(uow, ids, to_id, from_id) for partner_id, ids in told.items()}
    still = administered_partners(uow, to_id)
    for partner_id, is_given in merge.body.get("administers", {}).items():
        if partner_id not in still:
            continue
        ids = told.get(partner_id, [])
        if ids and not back[partner_id]:
            is_on = not is_given and not read_person(uow, from_id).disabled
            if is_on and note_role(uow, ids, from_id):
                give_partner_admin(uow, from_id, partner_id, actor_id)
        elif not is_given or withdraw_partner_admin(uow, to_id, partner_id, actor_id):
            give_partner_admin(uow, from_id, partner_id, actor_id)
