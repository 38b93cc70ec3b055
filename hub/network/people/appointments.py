"""Services for what people do where: appoint, end, transfer, leave, come back (S2.13, B50).

Every appointment there ever was stays, with its dates: goals hang from it, and credits outlive it (I14). What these services
make is the hub's own; what the network files made is the files' to change again, as soon as they say something new about the person.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa

from hub.errors import BadInput, Missing, Problem
from hub.ids import is_id, new_id
from hub.journal import audit
from hub.network import tables
from hub.network.attributes import read_values, write_values
from hub.network.importing.complete import ended
from hub.network.people.person import lock_people
from hub.network.people.person_snapshots import read_snapshot, write_person
from hub.network.people.place_checks import carried_brands, place_problems
from hub.network.people.places import CLASSES, Place
from hub.network.record import an_instant, find_row, lock_location
from hub.network.snapshots import Appointment, PersonSnapshot
from hub.network.structure.representatives import read_responsibilities, until, write_responsibilities
from hub.network.structure.superiors import end_relations
from hub.network.structure.trees import read_interval
from hub.network.validity.dated import VALIDITY, find_same, without
from hub.network.validity.dates import BEGINNING
from hub.network.validity.intervals import is_empty, overlap
from hub.store import UnitOfWork

SOURCE = "hub"
"""Who made the appointments of these services, as ``appointment_source`` has it: no import ends them."""


def add_appointment(uow: UnitOfWork, person_id: str, place: Place, *, actor_id: str | None = None) -> str:
    """Give a person a position at a location, beside what they do already; the appointment's id. The same again is the same one.

    Missing ``no_person``; BadInput ``bad_appointment`` with every problem: no such location, position or brand, a location that is
    closed at that time, a brand it never carries in that time (I11), dates the wrong way round, no such class.
    """
    lock_location(uow, place.location_id)
    lock_people(uow, [person_id])
    body = read_snapshot(uow, person_id)
    appointment = _checked(uow, place)
    what = {name: value for name, value in appointment.items() if name not in ("id", *VALIDITY)}
    during = read_interval(cast("Any", appointment))
    if known := find_same(cast("Any", body["appointments"]), what, during, is_now=place.valid_from is None):
        return str(known["id"])
    _write(uow, body, [*body["appointments"], appointment], actor_id, "appointed", [appointment["id"]])
    return appointment["id"]


def end_appointment(
    uow: UnitOfWork, appointment_id: str, at: datetime | None = None, *, actor_id: str | None = None
) -> bool:
    """End an appointment at an instant (now); whether that changed anything. Missing ``no_appointment``.

    Goals from it are withdrawn then; completions, credits and what the person chose stay.
    """
    body, one = _find(uow, appointment_id)
    over = ended(one, an_instant(uow, at))
    if over == one:
        return False
    _write(
        uow,
        body,
        [over if e["id"] == one["id"] else e for e in body["appointments"]],
        actor_id,
        "appointment_ended",
    )
    return True


def transfer(
    uow: UnitOfWork,
    appointment_id: str,
    location_id: str,
    at: datetime | None = None,
    *,
    position_id: str = "",
    brand_ids: Sequence[str] | None = None,
    actor_id: str | None = None,
) -> str:
    """Let somebody go on at another location from an instant on (now), without gap or overlap; the new appointment's id.

    Position, class, brands and attributes stay unless given, brands as far as the new location carries them. Who was named manager
    of the one appointment is not of the other. Missing ``no_appointment``;
    BadInput ``bad_appointment`` as for ``add_appointment``, and when the appointment does not hold at that instant.
    """
    lock_location(uow, location_id)
    body, one = _find(uow, appointment_id)
    start = an_instant(uow, at)
    since, end = read_interval(one)
    if start <= since or (end is not None and end <= start):
        raise _bad([Problem("the appointment does not hold at that time", "at")])
    place = Place(
        location_id,
        position_id or one["position_id"],
        one["audience_class"],
        tuple(brand_ids or ()),
        start,
        end,
    )
    if brand_ids is None:
        carried = carried_brands(uow, location_id, (start, end)) if is_id(location_id) else set()
        place = replace(place, brand_ids=tuple(sorted(carried.intersection(one["brands"]))))
    other = _checked(uow, place)
    rest = [ended(each, start) if each["id"] == one["id"] else each for each in body["appointments"]]
    _write(uow, body, [*rest, other], actor_id, "transferred", [other["id"]])
    before = read_values(uow, one["id"])
    values = without(before, (BEGINNING, start))
    write_values(uow, "appointment", other["id"], values, person_id=body["id"], actor_id=actor_id)
    return other["id"]


def leave(
    uow: UnitOfWork, person_id: str, at: datetime | None = None, *, actor_id: str | None = None
) -> bool:
    """Let a person leave at an instant (now): every appointment and everything looked after ends; whether that changed anything.

    The person stays known, with all that was learned, and may come back. Missing ``no_person``.
    """
    lock_people(uow, [person_id])
    body, end = read_snapshot(uow, person_id), an_instant(uow, at)
    appointments = [ended(each, end) for each in body["appointments"]]
    before = read_responsibilities(uow, person_id)
    after = [until(each, end) for each in before]
    if after != before:
        write_responsibilities(uow, person_id, after, actor_id)
    changed = end_relations(uow, person_id, end, actor_id=actor_id) or after != before
    if appointments == body["appointments"]:
        return changed
    _write(uow, body, appointments, actor_id, "left")
    return True


def rehire(uow: UnitOfWork, person_id: str, place: Place, *, actor_id: str | None = None) -> str:
    """Let somebody who left come back; the new appointment's id. What they learned before counts as it did.

    As ``add_appointment``, and BadInput ``still_here`` for somebody who has an appointment at that time.
    """
    lock_location(uow, place.location_id)
    lock_people(uow, [person_id])
    body = read_snapshot(uow, person_id)
    start = place.valid_from or uow.now
    if any(overlap(read_interval(each), (start, place.valid_to)) for each in body["appointments"]):
        raise BadInput(
            "still_here", "This person has not left.", "Add an appointment, or choose a later day."
        )
    return add_appointment(uow, person_id, replace(place, valid_from=start), actor_id=actor_id)


def owners_of(uow: UnitOfWork, appointment_ids: Collection[str]) -> list[str]:
    """Ids of whose appointments these are, sorted; for whoever changes several, to lock these people at once."""
    a, ids = tables.appointment, sorted(filter(is_id, set(appointment_ids)))
    people = sa.select(a.c.person_id).where(uow.among(a.c.id, ids)).distinct()
    return sorted(uow.connection.scalars(people))


def _checked(uow: UnitOfWork, place: Place) -> Appointment:
    """The place as a new appointment; BadInput with everything that is wrong with it."""
    start, end = (
        an_instant(uow, place.valid_from),
        an_instant(uow, place.valid_to) if place.valid_to else None,
    )
    problems = []
    if is_empty((start, end)):
        problems.append(Problem("it ends before it begins", "valid_to"))
    if place.audience_class not in CLASSES:
        problems.append(Problem(f"is {' or '.join(CLASSES)}", "audience_class"))
    problems += place_problems(uow, place, (start, end))
    if problems:
        raise _bad(problems)
    return {
        "id": new_id(),
        "location_id": place.location_id,
        "position_id": place.position_id,
        "audience_class": place.audience_class,
        "brands": sorted(set(place.brand_ids)),
        "valid_from": start.isoformat(),
        "valid_to": end.isoformat() if end else None,
    }


def _find(uow: UnitOfWork, appointment_id: str) -> tuple[PersonSnapshot, Appointment]:
    """The person of an appointment, locked, and the appointment."""
    row = find_row(uow, tables.appointment, appointment_id, "appointment")
    lock_people(uow, [row.person_id])
    row = find_row(uow, tables.appointment, appointment_id, "appointment")
    body = read_snapshot(uow, row.person_id)
    for each in body["appointments"]:
        if each["id"] == appointment_id:
            return body, each
    raise Missing("no_appointment", "There is no such appointment.")


def _write(
    uow: UnitOfWork,
    body: PersonSnapshot,
    appointments: list[Appointment],
    actor_id: str | None,
    action: str,
    made: Sequence[str] = (),
) -> None:
    in_order = sorted(appointments, key=lambda each: each["id"])
    write_person(uow, {**body, "appointments": in_order}, actor_id=actor_id)
    sources: list[dict[str, object]] = [{"appointment_id": id, "source": SOURCE} for id in made]
    uow.execute_many(sa.insert(tables.appointment_source), sources)
    audit(uow, action, body["id"], actor_id=actor_id, partner_id=body["partner_id"])


def _bad(problems: Sequence[Problem]) -> BadInput:
    return BadInput("bad_appointment", "This cannot be an appointment.", "", problems)
