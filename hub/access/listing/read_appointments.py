"""Appointments as a program sees them: those on its side of the wall, of people it sees. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.access.listing.pages_of import Asked, Page, page_of, part_of
from hub.access.reach import Sight
from hub.errors import Missing
from hub.ids import is_id
from hub.network import tables
from hub.network.validity.in_force import in_force
from hub.store import UnitOfWork


@dataclass(frozen=True)
class Named:
    """Something by its id and what people call it."""

    id: str
    name: str


@dataclass(frozen=True)
class AppointmentSeen:
    """A person at a location in a position with brands, for a time."""

    id: str
    person_id: str
    location: Named
    partner: Named
    position: Named
    brands: tuple[Named, ...]
    audience_class: str
    valid_from: datetime
    valid_to: datetime | None


@dataclass(frozen=True)
class AppointmentFilter:
    """Which appointments are wanted; an empty field asks nothing."""

    person_id: str = ""
    location_id: str = ""
    position_id: str = ""


def list_appointments(
    uow: UnitOfWork, sight: Sight, at: datetime, asked: Asked, which: AppointmentFilter
) -> Page[AppointmentSeen]:
    """Appointments in force at an instant."""
    a = tables.appointment
    query = _appointments(sight).where(in_force(a, at))
    if which.person_id:
        query = query.where(a.c.person_id == which.person_id)
    if which.location_id:
        query = query.where(a.c.location_id == which.location_id)
    if which.position_id:
        query = query.where(a.c.position_id == which.position_id)
    rows = uow.connection.execute(part_of(query, a.c.id, asked)).all()
    kept, following = page_of(rows, asked, lambda row: str(row.id))
    return Page(_read(uow, kept), following)


def read_appointment(uow: UnitOfWork, sight: Sight, appointment_id: str) -> AppointmentSeen:
    """One appointment, in force or not. Missing ``no_appointment``, also for one behind the wall."""
    query = _appointments(sight).where(tables.appointment.c.id == appointment_id)
    row = uow.connection.execute(query).one_or_none() if is_id(appointment_id) else None
    if row is None:
        raise Missing("no_appointment", "There is no such appointment.")
    return _read(uow, [row])[0]


def appointments_of(
    uow: UnitOfWork, sight: Sight, person_ids: Sequence[str]
) -> dict[str, list[AppointmentSeen]]:
    """Every appointment of these people that is seen, past and future ones too, the oldest first; by person."""
    a = tables.appointment
    query = _appointments(sight).where(a.c.person_id.in_(person_ids)).order_by(a.c.valid_from, a.c.id)
    found: dict[str, list[AppointmentSeen]] = {}
    for each in _read(uow, uow.connection.execute(query).all()):
        found.setdefault(each.person_id, []).append(each)
    return found


def _appointments(sight: Sight) -> sa.Select[Any]:
    a, place, partner, position = tables.appointment, tables.location, tables.partner, tables.position
    return (
        sa.select(
            a,
            place.c.name.label("location"),
            partner.c.id.label("partner_id"),
            partner.c.name.label("partner"),
            position.c.title,
        )
        .join(place, place.c.id == a.c.location_id)
        .join(partner, partner.c.id == place.c.partner_id)
        .join(position, position.c.id == a.c.position_id)
        .where(sight.appointments, a.c.person_id.in_(sa.select(tables.person.c.id).where(sight.people)))
    )


def _read(uow: UnitOfWork, rows: Sequence[Any]) -> tuple[AppointmentSeen, ...]:
    brands = _brands(uow, [row.id for row in rows])
    return tuple(
        AppointmentSeen(
            row.id,
            row.person_id,
            Named(row.location_id, row.location),
            Named(row.partner_id, row.partner),
            Named(row.position_id, row.title),
            tuple(brands.get(row.id, ())),
            row.audience_class,
            row.valid_from,
            row.valid_to,
        )
        for row in rows
    )


def _brands(uow: UnitOfWork, appointment_ids: Sequence[str]) -> dict[str, list[Named]]:
    of, brand = tables.appointment_brand, tables.brand
    rows = uow.connection.execute(
        sa.select(of.c.appointment_id, brand.c.id, brand.c.name)
        .join(brand, brand.c.id == of.c.brand_id)
        .where(uow.among(of.c.appointment_id, appointment_ids))
        .order_by(brand.c.name, brand.c.id)
    )
    found: dict[str, list[Named]] = {}
    for row in rows:
        found.setdefault(row.appointment_id, []).append(Named(row.id, row.name))
    return found
