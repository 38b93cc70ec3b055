"""Bringing the roster of a placed course up to date: who takes part now, who did, and what changed since it was last asked for."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import sqlalchemy as sa

from hub.ids import content_hash
from hub.lti import tables
from hub.lti.resource_links import ResourceLink
from hub.lti.roster.tables import lti_member, lti_roster
from hub.network import tables as network
from hub.network.bulk import IDS_PER_QUERY, in_batches
from hub.network.people.identities import pairwise_subjects
from hub.network.people.person import lock_people
from hub.store import UnitOfWork
from hub.store.insert import insert_once
from hub.training.courses.roster import people_of_course

ACTIVE, INACTIVE, DELETED = "Active", "Inactive", "Deleted"
_LEARNER = "Learner"


@dataclass(frozen=True)
class Membership:
    """What a roster remembers of one person: short role names with commas, a status, and a hash of name and e-mail."""

    roles: str
    status: str
    details_hash: str


def refresh_roster(uow: UnitOfWork, link: ResourceLink) -> int:
    """Make the kept roster of a course equal to who takes part now; its revision, which grows only if something changed.

    Everybody new to it gets the subject under which the tool will know them, so that a tool can prepare for people before
    their first launch. Needs a writing unit; two at once take turns.
    """
    revision = _locked_revision(uow, link.id)
    now, known = _members_now(uow, link), _members_known(uow, link.id)
    changed = {id: member for id, member in now.items() if known.get(id) != member}
    changed |= {
        id: replace(member, status=DELETED)
        for id, member in known.items()
        if id not in now and member.status != DELETED
    }
    if not changed:
        return revision
    newcomers = sorted(changed.keys() - known.keys())
    lock_people(uow, newcomers)  # a first launch at the same moment gets the same subject
    pairwise_subjects(uow, link.connection_id, newcomers)
    _write(uow, link.id, revision + 1, changed, known)
    return revision + 1


def _locked_revision(uow: UnitOfWork, link_id: str) -> int:
    query = sa.select(lti_roster.c.revision).where(lti_roster.c.resource_link_id == link_id).with_for_update()
    revision = uow.connection.scalar(query)
    if revision is None:
        insert_once(uow, lti_roster, resource_link_id=link_id, revision=0)
        revision = uow.connection.scalars(query).one()
    return int(revision)


def _members_now(uow: UnitOfWork, link: ResourceLink) -> dict[str, Membership]:
    """Who may open the course, and who ever did: the latter, if they may no longer, are inactive. Nobody who was erased."""
    current, roles = people_of_course(uow, link.offering_id), _roles_launched(uow, link.id)
    for person_id in current:
        roles.setdefault(person_id, set()).add(_LEARNER)
    person, detail = network.person, network.person_detail
    found: dict[str, Membership] = {}
    for ids in in_batches(sorted(roles), IDS_PER_QUERY):
        rows = uow.connection.execute(
            sa.select(detail, person.c.disabled)
            .join(person, person.c.id == detail.c.person_id)
            .where(uow.among(detail.c.person_id, ids))
        )
        for row in rows:
            mine = roles[row.person_id]
            takes_part = row.person_id in current or mine != {_LEARNER}
            details = json.dumps([row.given_name, row.family_name, row.email]).encode()
            found[row.person_id] = Membership(
                roles=",".join(sorted(mine)),
                status=ACTIVE if takes_part and not row.disabled else INACTIVE,
                details_hash=content_hash(details),
            )
    return found


def _roles_launched(uow: UnitOfWork, link_id: str) -> dict[str, set[str]]:
    """Short role names by person id, of everybody who ever arrived in the course."""
    launch = tables.lti_launch
    rows = uow.connection.execute(
        sa.select(launch.c.person_id, launch.c.role)
        .where(launch.c.resource_link_id == link_id, launch.c.launched_at.is_not(None))
        .distinct()
    )
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row.person_id, set()).add(row.role)
    return found


def _members_known(uow: UnitOfWork, link_id: str) -> dict[str, Membership]:
    rows = uow.connection.execute(sa.select(lti_member).where(lti_member.c.resource_link_id == link_id))
    return {row.person_id: Membership(row.roles, row.status, row.details_hash) for row in rows}


def _write(
    uow: UnitOfWork,
    link_id: str,
    revision: int,
    changed: Mapping[str, Membership],
    known: Mapping[str, Membership],
) -> None:
    rows = {
        id: {"resource_link_id": link_id, "person_id": id, "revision": revision, **asdict(member)}
        for id, member in changed.items()
    }
    uow.execute_many(sa.insert(lti_member), [row for id, row in rows.items() if id not in known])
    change = (
        sa.update(lti_member)
        .where(lti_member.c.resource_link_id == link_id, lti_member.c.person_id == sa.bindparam("person"))
        .values(
            {name: sa.bindparam(f"new_{name}") for name in ("roles", "status", "details_hash", "revision")}
        )
    )
    uow.execute_many(
        change,
        [
            {"person": id, "new_revision": revision}
            | {f"new_{name}": value for name, value in asdict(changed[id]).items()}
            for id in rows
            if id in known
        ],
    )
    uow.connection.execute(
        sa.update(lti_roster).where(lti_roster.c.resource_link_id == link_id).values(revision=revision)
    )
