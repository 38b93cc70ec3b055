"""Partner admins: who looks after the people of one partner, and of no other."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.access.tables import partner_admin
from hub.errors import Conflict, Missing, NotAllowed
from hub.ids import is_id
from hub.journal import Change, audit, record_changes
from hub.network import tables as network
from hub.network.people.person import Person, read_person, works_for
from hub.store import UnitOfWork
from hub.store.driver import Question
from hub.store.insert import insert_once

PARTNER_ADMIN = "partner_admin"
"""How commands, pages and audit rows call the role."""
CHANGED = "partner_admin_changed"
"""The kind of such changes in the journal."""


@dataclass(frozen=True)
class PartnerAdmin:
    """One person in the role, with names. The person's name is empty once they are erased."""

    person_id: str
    partner_id: str
    name: str
    partner: str


_ADMINISTERED = Question(
    sa.select(network.partner.c.id, network.partner.c.name)
    .join(partner_admin, partner_admin.c.partner_id == network.partner.c.id)
    .where(partner_admin.c.person_id == sa.bindparam("person_id"))
    .order_by(network.partner.c.name, network.partner.c.id)
)


def administered_partners(uow: UnitOfWork, person_id: str) -> dict[str, str]:
    """Ids and names of the partners whose people this person looks after, in order of their names; empty for nearly all."""
    return {row.id: row.name for row in _ADMINISTERED.ask_all(uow.connection, person_id=person_id)}


def has_partner_admin(uow: UnitOfWork, partner_id: str) -> bool:
    """Whether anybody looks after this partner's people; nobody does who is switched off."""
    person = network.person
    query = (
        sa.select(partner_admin.c.person_id)
        .join(person, person.c.id == partner_admin.c.person_id)
        .where(partner_admin.c.partner_id == partner_id, sa.not_(person.c.disabled))
    )
    return uow.connection.scalar(query.limit(1)) is not None


def require_partner_admin(uow: UnitOfWork, person_id: str, partner_id: str) -> None:
    """NotAllowed ``not_partner_admin`` unless the person looks after the people of this partner."""
    if uow.find(partner_admin, person_id=person_id, partner_id=partner_id) is None:
        raise NotAllowed(
            "not_partner_admin",
            "You do not look after the people of this partner.",
            "Ask an operator of the training hub for the role.",
        )


def may_administer(uow: UnitOfWork, admin_id: str, person: Person) -> bool:
    """Whether somebody is partner admin where this person works. Nobody administers operators, and nobody themselves."""
    if person.is_operator or person.id == admin_id:
        return False
    return any(works_for(uow, person, partner_id) for partner_id in administered_partners(uow, admin_id))


def has_power_beyond(uow: UnitOfWork, person: Person, partner_ids: Collection[str]) -> bool:
    """Whether somebody runs the hub, or looks after the people of a partner that is not one of these.

    What these partners say of such a person lets nobody in, and switches nobody off: it would reach other partners too.
    """
    return person.is_operator or not administered_partners(uow, person.id).keys() <= set(partner_ids)


def grant_partner_admin(
    uow: UnitOfWork, person_id: str, partner_id: str, actor_id: str | None = None
) -> bool:
    """Let a person look after a partner's people; False when they do so already.

    Missing ``no_person`` and ``no_partner``; Conflict ``person_disabled`` for somebody who is switched off.
    """
    person = read_person(uow, person_id)
    if person.disabled:
        raise Conflict(
            "person_disabled", "Somebody who is switched off gets no role.", "Switch them on first."
        )
    if not is_id(partner_id) or uow.find(network.partner, id=partner_id) is None:
        raise Missing("no_partner", "There is no such partner.")
    return give_partner_admin(uow, person.id, partner_id, actor_id)


def give_partner_admin(uow: UnitOfWork, person_id: str, partner_id: str, actor_id: str | None = None) -> bool:
    """The same for two that are there, whether the person is switched off or not: a merge that is undone asks nobody."""
    if not insert_once(uow, partner_admin, person_id=person_id, partner_id=partner_id):
        return False
    _note(uow, person_id, partner_id, actor_id, granted=True)
    return True


def withdraw_partner_admin(
    uow: UnitOfWork, person_id: str, partner_id: str, actor_id: str | None = None
) -> bool:
    """Take the role back; False when the person did not have it."""
    mine = sa.and_(partner_admin.c.person_id == person_id, partner_admin.c.partner_id == partner_id)
    if not uow.connection.execute(sa.delete(partner_admin).where(mine)).rowcount:
        return False
    _note(uow, person_id, partner_id, actor_id, granted=False)
    return True


def apply_partner_admin(uow: UnitOfWork, body: Mapping[str, Any]) -> None:
    """Give or take the role as a change of kind ``partner_admin_changed`` has it (used by a rebuild)."""
    values = {"person_id": body["person_id"], "partner_id": body["partner_id"]}
    if body["granted"]:
        insert_once(uow, partner_admin, **values)
    else:
        uow.connection.execute(sa.delete(partner_admin).filter_by(**values))


def list_partner_admins(
    uow: UnitOfWork, *, after: tuple[str, str] | None = None, limit: int = 200
) -> list[PartnerAdmin]:
    """Those in the role, in order of partners and names. ``after``: partner and person (ids) where the page before ended."""
    a, p, d = partner_admin, network.partner, network.person_detail
    key = (p.c.name, p.c.id, sa.func.coalesce(d.c.family_name, ""), a.c.person_id)
    query = (
        sa.select(a.c.person_id, a.c.partner_id, d.c.given_name, d.c.family_name, p.c.name.label("partner"))
        .join(p, p.c.id == a.c.partner_id)
        .outerjoin(d, d.c.person_id == a.c.person_id)
        .order_by(*key)
        .limit(limit)
    )
    if after and (partner := uow.find(p, id=after[0])):
        detail = uow.find(d, person_id=after[1])
        last = (partner.name, partner.id, detail.family_name if detail else "", after[1])
        query = query.where(sa.tuple_(*key) > sa.tuple_(*last, types=[column.type for column in key]))
    return [
        PartnerAdmin(
            r.person_id, r.partner_id, f"{r.given_name or ''} {r.family_name or ''}".strip(), r.partner
        )
        for r in uow.connection.execute(query)
    ]


def _note(uow: UnitOfWork, person_id: str, partner_id: str, actor_id: str | None, *, granted: bool) -> None:
    body = {"person_id": person_id, "partner_id": partner_id, "granted": granted}
    record_changes(
        uow, [Change("partner_admin_changed", person_id, body, person_id=person_id, actor_id=actor_id)]
    )
    audit(
        uow,
        "role_granted" if granted else "role_withdrawn",
        person_id,
        actor_id=actor_id,
        partner_id=partner_id,
        detail={"role": PARTNER_ADMIN},
    )
