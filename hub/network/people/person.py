"""People as the rest of the hub sees them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from hub.errors import BadInput, Missing
from hub.ids import is_id
from hub.journal import Change, audit, record_changes
from hub.network import tables
from hub.network.validity.in_force import in_force
from hub.store import UnitOfWork
from hub.store.driver import Question
from hub.store.types import Id

OPERATOR = "operator"
ROLES = (OPERATOR,)


@dataclass(frozen=True)
class Person:
    """A person with name and roles. ``partner_id`` is the employer whose roster named the person first."""

    id: str
    partner_id: str
    given_name: str
    family_name: str
    email: str
    locale: str
    disabled: bool
    roles: frozenset[str]

    @property
    def name(self) -> str:
        """Given and family name."""
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def is_operator(self) -> bool:
        """Whether the person runs the hub."""
        return OPERATOR in self.roles


@dataclass(frozen=True)
class AppointmentLine:
    """One appointment in words."""

    id: str
    position: str
    location: str
    partner: str
    brands: tuple[str, ...]
    audience_class: str
    valid_from: datetime
    valid_to: datetime | None


_person, _detail, _role = tables.person, tables.person_detail, tables.role_grant
_PERSON = Question(
    sa.select(_person, _detail.c.given_name, _detail.c.family_name, _detail.c.email, _role.c.role)
    .outerjoin(_detail, _detail.c.person_id == _person.c.id)
    .outerjoin(_role, _role.c.person_id == _person.c.id)
    .where(_person.c.id == sa.bindparam("person_id"))
)
"""A row for each role of a person, or one without a role."""


def read_person(uow: UnitOfWork, person_id: str) -> Person:
    """The person; Missing when there is none. An erased person has empty names."""
    rows = _PERSON.ask_all(uow.connection, person_id=person_id) if is_id(person_id) else []
    if not rows:
        raise Missing("no_person", "There is no such person.")
    row = rows[0]
    return Person(
        row.id,
        row.partner_id,
        row.given_name or "",
        row.family_name or "",
        row.email or "",
        row.locale,
        row.disabled,
        frozenset(each.role for each in rows if each.role is not None),
    )


def works_for(uow: UnitOfWork, person: Person, partner_id: str) -> bool:
    """Whether a partner employs the person, or one of its locations does now."""
    if person.partner_id == partner_id:
        return True
    a, location = tables.appointment, tables.location
    query = (
        sa.select(a.c.id)
        .join(location, location.c.id == a.c.location_id)
        .where(a.c.person_id == person.id, location.c.partner_id == partner_id, in_force(a, uow.now))
        .limit(1)
    )
    return uow.connection.scalar(query) is not None


def employers_of(uow: UnitOfWork, person: Person) -> frozenset[str]:
    """The partners for which ``works_for`` holds."""
    a, location = tables.appointment, tables.location
    query = (
        sa.select(location.c.partner_id)
        .join(a, a.c.location_id == location.c.id)
        .where(a.c.person_id == person.id, in_force(a, uow.now))
    )
    return frozenset(filter(None, (person.partner_id, *uow.connection.scalars(query))))


def read_appointments(
    uow: UnitOfWork, person_id: str, at: datetime | None = None, *, every: bool = False
) -> list[AppointmentLine]:
    """The person's appointments that are in force now, or ``at``, in words; or ``every`` one there ever was and will be."""
    a, p, loc, partner = tables.appointment, tables.position, tables.location, tables.partner
    rows = uow.connection.execute(
        sa.select(
            a.c.id,
            a.c.audience_class,
            a.c.valid_from,
            a.c.valid_to,
            p.c.title,
            loc.c.name.label("location"),
            partner.c.name.label("partner"),
        )
        .join(p, p.c.id == a.c.position_id)
        .join(loc, loc.c.id == a.c.location_id)
        .join(partner, partner.c.id == loc.c.partner_id)
        .where(a.c.person_id == person_id, sa.true() if every else in_force(a, at or uow.now))
        .order_by(a.c.valid_from, a.c.id)
    ).all()
    brands = _brand_names(uow, [row.id for row in rows])
    return [
        AppointmentLine(
            r.id,
            r.title,
            r.location,
            r.partner,
            brands.get(r.id, ()),
            r.audience_class,
            r.valid_from,
            r.valid_to,
        )
        for r in rows
    ]


def _brand_names(uow: UnitOfWork, appointment_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    ab, brand = tables.appointment_brand, tables.brand
    names: dict[str, tuple[str, ...]] = {}
    rows = uow.connection.execute(
        sa.select(ab.c.appointment_id, brand.c.name)
        .join(brand, brand.c.id == ab.c.brand_id)
        .where(ab.c.appointment_id.in_(appointment_ids))
        .order_by(brand.c.name)
    )
    for row in rows:
        names[row.appointment_id] = (*names.get(row.appointment_id, ()), row.name)
    return names


def grant_role(uow: UnitOfWork, person_id: str, role: str) -> None:
    """Give a person a role; the same again changes nothing. BadInput for a role there is not."""
    if role not in ROLES:
        raise BadInput("no_role", f"There is no role {role}.", f"Roles are: {', '.join(ROLES)}.")
    values = {"person_id": person_id, "role": role}
    if uow.connection.execute(sa.select(tables.role_grant).filter_by(**values)).first() is None:
        apply_role(uow, values)
        record_changes(uow, [Change("role_granted", person_id, values, person_id=person_id)])
        audit(uow, "role_granted", person_id, detail={"role": role})


def apply_role(uow: UnitOfWork, body: Mapping[str, str]) -> None:
    """Give a role as a change of kind ``role_granted`` has it (also used by a rebuild)."""
    uow.connection.execute(sa.insert(tables.role_grant).values(**body))


def lock_people(uow: UnitOfWork, person_ids: Sequence[str]) -> None:
    """Let only this unit work on these people's goals and credits until it ends.

    Recognition and assignment of one person take turns, so that a goal and a completion that appear at the same
    moment always find each other. Locked in one order, so that two workers never wait for each other in a circle.
    """
    if not uow.is_sqlite and person_ids:
        _LOCKED.ask_all(uow.connection, person_ids=list(person_ids))


_LOCKED = Question(
    sa.select(_person.c.id)
    .where(_person.c.id == sa.any_(sa.bindparam("person_ids", type_=postgresql.ARRAY(Id()))))
    .order_by(_person.c.id)
    .with_for_update(key_share=True)
)
