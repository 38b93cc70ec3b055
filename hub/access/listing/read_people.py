"""People as a program sees them: with every appointment on its side of the wall, and who looks after them. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.access.listing.pages_of import Asked, Page, page_of, part_of
from hub.access.listing.read_appointments import AppointmentSeen, appointments_of
from hub.access.listing.read_network import seen_row
from hub.access.managers import managers_of
from hub.access.reach import Sight
from hub.errors import Missing
from hub.ids import is_id
from hub.network import tables
from hub.network.validity.in_force import in_force
from hub.store import UnitOfWork
from hub.store.folded import folded


@dataclass(frozen=True)
class PersonSeen:
    """A person with every appointment that is seen, past and future ones too; the names are empty once they are erased.

    Employer, address, language and state are None for whoever sees the person only at work.
    """

    id: str
    given_name: str
    family_name: str
    partner_id: str | None
    email: str | None
    locale: str | None
    disabled: bool | None
    appointments: tuple[AppointmentSeen, ...]


@dataclass(frozen=True)
class ManagerSeen:
    """One who looks after a person in a dimension (B60). ``person_id`` is None where that person is not seen."""

    person_id: str | None
    name: str
    dimension: str
    dimension_name: str
    ways: tuple[str, ...]
    services: tuple[str, ...]


@dataclass(frozen=True)
class PeopleFilter:
    """Which people are wanted; an empty field asks nothing. Location and position are of one appointment at the instant."""

    partner_id: str = ""
    location_id: str = ""
    position_id: str = ""
    email: str = ""


def list_people(
    uow: UnitOfWork, sight: Sight, at: datetime, asked: Asked, which: PeopleFilter
) -> Page[PersonSeen]:
    """People with all their appointments. Employer and address are asked only of those whose details are seen."""
    person, detail, a = tables.person, tables.person_detail, tables.appointment
    query = _people(sight)
    if which.partner_id:
        query = query.where(person.c.partner_id == which.partner_id, sight.details)
    if which.email:
        query = query.where(folded(detail.c.email) == folded(sa.literal(which.email)), sight.details)
    if which.location_id or which.position_id:
        holding = sa.select(a.c.person_id).where(sight.appointments, in_force(a, at))
        if which.location_id:
            holding = holding.where(a.c.location_id == which.location_id)
        if which.position_id:
            holding = holding.where(a.c.position_id == which.position_id)
        query = query.where(person.c.id.in_(holding))
    rows = uow.connection.execute(part_of(query, person.c.id, asked)).all()
    kept, following = page_of(rows, asked, lambda row: str(row.id))
    return Page(_with_appointments(uow, sight, kept), following)


def read_person_seen(uow: UnitOfWork, sight: Sight, person_id: str) -> PersonSeen:
    """One person. Missing ``no_person``, also for one behind the wall."""
    query = _people(sight).where(tables.person.c.id == person_id)
    row = uow.connection.execute(query).one_or_none() if is_id(person_id) else None
    if row is None:
        raise Missing("no_person", "There is no such person.")
    return _with_appointments(uow, sight, [row])[0]


def list_managers(uow: UnitOfWork, sight: Sight, person_id: str, at: datetime) -> list[ManagerSeen]:
    """Who looks after a person in the appointments that are seen. Missing ``no_person``, also for one behind the wall.

    Somebody who looks after the person sees the managers of the own dimensions alone (B61).
    """
    seen_row(uow, tables.person, sight.people, person_id, "person")
    found = managers_of(uow, person_id, at, sight.appointments)
    if sight.reach.kind == "person" and sight.reach.id != person_id:
        own = {each.dimension for each in found if each.person_id == sight.reach.id}
        found = [each for each in found if each.dimension in own]
    person = tables.person
    known = sa.select(person.c.id).where(person.c.id.in_([each.person_id for each in found]), sight.people)
    ids = set(uow.connection.scalars(known))
    return [
        ManagerSeen(
            each.person_id if each.person_id in ids else None,
            each.name,
            each.dimension,
            each.dimension_name,
            each.ways,
            each.services,
        )
        for each in found
    ]


def _people(sight: Sight) -> sa.Select[Any]:
    person, detail = tables.person, tables.person_detail
    return (
        sa.select(
            person, detail.c.given_name, detail.c.family_name, detail.c.email, sight.details.label("whole")
        )
        .outerjoin(detail, detail.c.person_id == person.c.id)
        .where(sight.people)
    )


def _with_appointments(uow: UnitOfWork, sight: Sight, rows: Sequence[Any]) -> tuple[PersonSeen, ...]:
    found = appointments_of(uow, sight, [row.id for row in rows])
    return tuple(
        PersonSeen(
            row.id,
            row.given_name or "",
            row.family_name or "",
            row.partner_id if row.whole else None,
            row.email or "" if row.whole else None,
            row.locale if row.whole else None,
            row.disabled if row.whole else None,
            tuple(found.get(row.id, ())),
        )
        for row in rows
    )
