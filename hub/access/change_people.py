"""What programs change about people: only of those they see, and only in appointments on their side of the wall.

Whatever is not seen is answered as what is not there, before anything else is looked at.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.access.listing.read_appointments import appointments_of, read_appointment
from hub.access.listing.read_attributes import see_subject
from hub.access.listing.read_network import seen_row
from hub.access.reach import Sight
from hub.errors import NotAllowed
from hub.network import tables
from hub.network.attributes import set_attributes
from hub.network.people import appointments as services
from hub.network.people.places import Place
from hub.store import UnitOfWork


def appoint(
    uow: UnitOfWork, sight: Sight, person_id: str, place: Place, actor_id: str | None
) -> tuple[str, bool]:
    """Give a person a position at a location; the appointment's id, and whether it is new.

    Missing ``no_person`` and ``no_location``, also behind the wall; NotAllowed ``external_only``; else as ``add_appointment``.
    """
    see_subject(uow, sight, "person", person_id)
    seen_row(uow, tables.location, sight.locations, place.location_id, "location")
    if place.audience_class != "external" and sight.reach.kind != "operator":
        raise NotAllowed(
            "external_only",
            "Partners appoint people as external learners.",
            'Leave "audience_class" out, or ask the hub\'s operators.',
        )
    known = {each.id for each in appointments_of(uow, sight, [person_id]).get(person_id, [])}
    id = services.add_appointment(uow, person_id, place, actor_id=actor_id)
    return id, id not in known


def end_appointment(
    uow: UnitOfWork, sight: Sight, appointment_id: str, at: datetime | None, actor_id: str | None
) -> bool:
    """End an appointment; whether that changed anything. Missing ``no_appointment``, also behind the wall."""
    _see(uow, sight, appointment_id)
    return services.end_appointment(uow, appointment_id, at, actor_id=actor_id)


def transfer(
    uow: UnitOfWork,
    sight: Sight,
    appointment_id: str,
    location_id: str,
    at: datetime | None,
    *,
    position_id: str = "",
    brand_ids: Sequence[str] | None = None,
    actor_id: str | None = None,
) -> str:
    """Let somebody go on at another location; the new appointment's id. Missing as for the others; else as ``transfer``."""
    _see(uow, sight, appointment_id)
    seen_row(uow, tables.location, sight.locations, location_id, "location")
    return services.transfer(
        uow,
        appointment_id,
        location_id,
        at,
        position_id=position_id,
        brand_ids=brand_ids,
        actor_id=actor_id,
    )


def place_of(uow: UnitOfWork, sight: Sight, appointment_id: str) -> Place:
    """What an appointment says of its place. Missing ``no_appointment``, also behind the wall."""
    one = read_appointment(uow, sight, appointment_id)
    brand_ids = tuple(brand.id for brand in one.brands)
    return Place(
        one.location.id, one.position.id, one.audience_class, brand_ids, one.valid_from, one.valid_to
    )


def leave(uow: UnitOfWork, sight: Sight, person_id: str, at: datetime | None, actor_id: str | None) -> bool:
    """Let a person leave; whether that changed anything. Missing ``no_person``, also behind the wall.

    For a partner: its own locations. What the person does elsewhere, and looks after, is not the partner's to end.
    """
    see_subject(uow, sight, "person", person_id)
    if sight.reach.kind == "operator":
        return services.leave(uow, person_id, at, actor_id=actor_id)
    changed = False
    for each in appointments_of(uow, sight, [person_id]).get(person_id, []):
        changed |= services.end_appointment(uow, each.id, at, actor_id=actor_id)
    return changed


def change_attributes(
    uow: UnitOfWork,
    sight: Sight,
    subject: str,
    subject_id: str,
    values: Mapping[str, Any],
    at: datetime | None,
    actor_id: str | None,
) -> bool:
    """Let attributes have these values; whether that changed anything. Missing ``no_<subject>``, also behind the wall."""
    see_subject(uow, sight, subject, subject_id)
    return set_attributes(uow, subject, subject_id, values, at, actor_id=actor_id)


def _see(uow: UnitOfWork, sight: Sight, appointment_id: str) -> None:
    """The appointment, of somebody whose employment is the caller's business."""
    one = read_appointment(uow, sight, appointment_id)
    seen_row(uow, tables.person, sa.and_(sight.people, sight.details), one.person_id, "appointment")
