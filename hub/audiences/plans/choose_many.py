"""Whose appointments are chosen, to change many at once: those at some locations, line by line."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.access.explore.field import works_in_sight
from hub.access.explore.locations import Wanted, locations_wanted
from hub.access.reach import Sight
from hub.ids import is_id
from hub.network import tables
from hub.store import UnitOfWork
from hub.store.folded import folded

MOST = 500
"""So many appointments are changed at once: one unit of work makes it."""
MOST_LOCATIONS = 50
"""At so many locations people are shown to choose from."""


@dataclass(frozen=True)
class Line:
    """What happens to one appointment. ``problem``: why nothing does; ``note``: what to know (codes, see the page's words).

    ``time_zone`` is that in which the day of the wish begins.
    """

    appointment_id: str
    person_id: str
    person: str
    position: str
    location: str
    time_zone: str
    problem: str = ""
    note: str = ""


@dataclass(frozen=True)
class Choice:
    """Which appointments are shown to choose from: those at some locations; else an empty field asks nothing.

    ``words`` are parts of names or cities of locations.
    """

    location_id: str = ""
    words: str = ""
    position_id: str = ""
    brand_id: str = ""


@dataclass(frozen=True)
class Chosen:
    """Appointments to choose from, ``total`` before they were cut off. ``locations`` counts those that were meant.

    Where these are more than MOST_LOCATIONS, nothing is shown.
    """

    lines: tuple[Line, ...]
    total: int
    locations: int


def list_to_choose(uow: UnitOfWork, sight: Sight, choice: Choice, limit: int = MOST) -> Chosen:
    """Appointments that hold now or later, by family names, ``limit`` at most."""
    a = tables.appointment
    ids, meant = _locations_meant(uow, sight, choice)
    where = [works_in_sight(sight), uow.among(a.c.location_id, ids)]
    where.append(sa.or_(a.c.valid_to.is_(None), a.c.valid_to > uow.now))
    if choice.position_id:
        where.append(a.c.position_id == choice.position_id if is_id(choice.position_id) else sa.false())
    if choice.brand_id:
        of = tables.appointment_brand
        brand = of.c.brand_id == choice.brand_id if is_id(choice.brand_id) else sa.false()
        where.append(a.c.id.in_(sa.select(of.c.appointment_id).where(brand)))
    total = uow.connection.scalar(sa.select(sa.func.count()).select_from(a).where(*where)) or 0
    rows = uow.connection.execute(appointment_lines().where(*where).limit(limit))
    return Chosen(tuple(Line(*named(row), row.time_zone) for row in rows), total, meant)


def _locations_meant(uow: UnitOfWork, sight: Sight, choice: Choice) -> tuple[list[str], int]:
    """Ids of the locations that somebody chooses from, none where they are too many; and how many they are."""
    if choice.location_id:
        return ([choice.location_id], 1) if is_id(choice.location_id) else ([], 0)
    location = tables.location
    where = locations_wanted(sight, uow.now, Wanted(choice.words))
    query = sa.select(location.c.id).where(*where).order_by(location.c.id).limit(MOST_LOCATIONS + 1)
    ids = list(uow.connection.scalars(query))
    return (ids if len(ids) <= MOST_LOCATIONS else []), len(ids)


def appointment_lines() -> sa.Select[Any]:
    """Appointments with what a line of them says, by family names."""
    a, detail, position, location = (
        tables.appointment,
        tables.person_detail,
        tables.position,
        tables.location,
    )
    return (
        sa.select(
            a,
            detail.c.given_name,
            detail.c.family_name,
            position.c.title,
            location.c.name.label("location"),
            location.c.time_zone,
        )
        .join(position, position.c.id == a.c.position_id)
        .join(location, location.c.id == a.c.location_id)
        .outerjoin(detail, detail.c.person_id == a.c.person_id)
        .order_by(folded(sa.func.coalesce(detail.c.family_name, "")), detail.c.given_name, a.c.id)
    )


def named(row: Any) -> tuple[str, str, str, str, str]:
    """Ids of the appointment and the person, the person's name, position and location."""
    name = f"{row.given_name or ''} {row.family_name or ''}".strip()
    return row.id, row.person_id, name, row.title, row.location
