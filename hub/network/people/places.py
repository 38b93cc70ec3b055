"""The positions at locations that one source gives a person, beside those of the network files and of other sources."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import MAXYEAR, UTC, datetime

import sqlalchemy as sa

from hub.errors import BadInput, Missing, Problem
from hub.ids import is_id, new_id
from hub.network import tables
from hub.network.importing.complete import ended, sources_of
from hub.network.people.person import lock_people
from hub.network.people.person_snapshots import read_snapshot, write_person
from hub.network.people.place_checks import brand_problems, place_problems
from hub.network.record import an_instant
from hub.network.snapshots import Appointment
from hub.store import UnitOfWork

CLASSES = ("internal", "external")
MAX_PLACES = 200


@dataclass(frozen=True)
class Place:
    """A position at a location. Without ``valid_from`` it holds from now on, without ``valid_to`` until it is taken away."""

    location_id: str
    position_id: str
    audience_class: str = "external"
    brand_ids: tuple[str, ...] = ()
    valid_from: datetime | None = None
    valid_to: datetime | None = None

    def is_like(self, appointment: Appointment) -> bool:
        """Whether it is the same position at the same location, at whatever time."""
        told = (appointment["location_id"], appointment["position_id"], appointment["audience_class"])
        return told == (self.location_id, self.position_id, self.audience_class)


def set_places(
    uow: UnitOfWork,
    person_id: str,
    places: Sequence[Place],
    *,
    source: str,
    partner_id: str | None = None,
    actor_id: str | None = None,
    if_possible: Sequence[Place] = (),
) -> bool:
    """Let these be all places that ``source`` gives a person; whether anything changed.

    What the source gave before and gives no more ends now; appointments of the files and of other sources stay. The
    locations must be of ``partner_id``, or of the person's employer where it is None. ``if_possible`` are given as well,
    without those that would be refused: nobody is kept out by a location that has closed. Missing ``no_person``,
    ``no_location``, ``no_position`` or ``no_brand``; BadInput ``bad_dates``, ``bad_class``, ``too_many_places``, and
    ``bad_place`` for one at a location or in a position that is closed then, or for a brand that is not carried there; what
    the source gave before and only says again is left out instead.
    """
    lock_people(uow, [person_id])
    body = read_snapshot(uow, person_id)
    optional = {_tidy(place) for place in if_possible} - {_tidy(place) for place in places}
    wanted = list(dict.fromkeys(map(_tidy, [*places, *if_possible])))
    _check(uow, wanted, partner_id or body["partner_id"])
    _check_dates(uow, wanted)
    sources = sources_of(uow, [person_id])
    others = [each for each in body["appointments"] if sources.get(each["id"]) != source]
    mine = [each for each in body["appointments"] if sources.get(each["id"]) == source]
    given, made = _give(uow, wanted, optional, mine)
    kept = {each["id"] for each in given}
    left = [ended(each, uow.now) for each in mine if each["id"] not in kept]
    appointments = sorted([*others, *given, *left], key=lambda each: each["id"])
    if appointments == body["appointments"]:
        return False
    write_person(uow, {**body, "appointments": appointments}, actor_id=actor_id)
    uow.execute_many(
        sa.insert(tables.appointment_source), [{"appointment_id": id, "source": source} for id in made]
    )
    return True


def read_places(uow: UnitOfWork, person_id: str, *, source: str) -> list[Place]:
    """The places that a source gives a person, without those that are over."""
    sources = sources_of(uow, [person_id])
    return [
        _place(each)
        for each in read_snapshot(uow, person_id)["appointments"]
        if sources.get(each["id"]) == source and not _is_over(each, uow.now)
    ]


def _give(
    uow: UnitOfWork, wanted: Sequence[Place], optional: Collection[Place], mine: Sequence[Appointment]
) -> tuple[list[Appointment], list[str]]:
    """What the source gives from now on, and the ids that are new among it."""
    now, free = uow.now, {each["id"]: each for each in mine}
    given, made = [], []
    # Those with a date of their own choose first: one of them may be what a place without a date would take.
    for place in sorted(wanted, key=lambda each: each.valid_from is None):
        same = _same_place(place, list(free.values()), now)
        if problems := _problems(uow, place, same):
            if same is None and (place in optional or any(map(place.is_like, mine))):
                continue  # what was given before is only said again
            raise BadInput("bad_place", f"This cannot be a place: {problems[0].message}.", "", problems)
        if same is None:
            made.append(new_id())
        else:
            del free[same["id"]]
        start = place.valid_from.isoformat() if place.valid_from else same["valid_from"] if same else None
        given.append(
            Appointment(
                id=same["id"] if same else made[-1],
                location_id=place.location_id,
                position_id=place.position_id,
                audience_class=place.audience_class,
                brands=sorted(set(place.brand_ids)),
                valid_from=_utc(start) if start else now.isoformat(),
                valid_to=_utc(place.valid_to.isoformat()) if place.valid_to else None,
            )
        )
    return given, made


def _problems(uow: UnitOfWork, place: Place, same: Appointment | None) -> list[Problem]:
    """What is wrong with a place, as far as it is new: what was given before stays when a location closes or loses a brand."""
    during = (place.valid_from or uow.now, place.valid_to)
    if same is None:
        return place_problems(uow, place, during)
    new = set(place.brand_ids) - set(same["brands"])
    return brand_problems(uow, new, uow.find(tables.location, id=place.location_id), during)


def _tidy(place: Place) -> Place:
    """9999, as some systems write it, is no end."""
    is_open = place.valid_to is not None and place.valid_to.year == MAXYEAR
    return replace(place, valid_to=None) if is_open else place


def _check_dates(uow: UnitOfWork, places: Sequence[Place]) -> None:
    for place in places:
        for at in (place.valid_from, place.valid_to):
            an_instant(uow, at)


def _same_place(place: Place, free: Collection[Appointment], now: datetime) -> Appointment | None:
    """The appointment that a place means: the one from the same day on, else one that is not over."""
    alike = [each for each in free if place.is_like(each)]
    for each in alike:
        if place.valid_from and datetime.fromisoformat(each["valid_from"]) == place.valid_from:
            return each
    return next((each for each in alike if not _is_over(each, now)), None)


def _check(uow: UnitOfWork, places: Sequence[Place], partner_id: str) -> None:
    if len(places) > MAX_PLACES:
        raise BadInput("too_many_places", f"A person has at most {MAX_PLACES} places.")
    for place in places:
        if place.audience_class not in CLASSES:
            raise BadInput("bad_class", f"The class of a place is {' or '.join(CLASSES)}.")
        if place.valid_from and place.valid_to and place.valid_to <= place.valid_from:
            raise BadInput("bad_dates", "A place ends after it begins.")
    location = tables.location
    here = location.c.partner_id == partner_id
    _check_there(uow, location, {place.location_id for place in places}, "location", here)
    _check_there(uow, tables.position, {place.position_id for place in places}, "position", sa.true())
    _check_there(uow, tables.brand, {b for place in places for b in place.brand_ids}, "brand", sa.true())


def _check_there(
    uow: UnitOfWork, table: sa.Table, ids: Collection[str], kind: str, where: sa.ColumnElement[bool]
) -> None:
    """All of them are there; one of another partner is refused as if it were not."""
    ids = set(ids)
    there = (
        set(uow.connection.scalars(sa.select(table.c.id).where(table.c.id.in_(ids), where)))
        if all(map(is_id, ids))
        else set()
    )
    if ids - there:
        raise Missing(f"no_{kind}", f"There is no such {kind}.")


def _place(appointment: Appointment) -> Place:
    end = appointment["valid_to"]
    return Place(
        appointment["location_id"],
        appointment["position_id"],
        appointment["audience_class"],
        tuple(appointment["brands"]),
        datetime.fromisoformat(appointment["valid_from"]),
        datetime.fromisoformat(end) if end else None,
    )


def _is_over(appointment: Appointment, now: datetime) -> bool:
    end = appointment["valid_to"]
    return end is not None and datetime.fromisoformat(end) <= now


def _utc(instant: str) -> str:
    return datetime.fromisoformat(instant).astimezone(UTC).isoformat()
