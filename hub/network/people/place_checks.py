"""What a new appointment may be: at a location that is open then, in a position that is not closed, for brands carried there (I11)."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub.errors import Problem
from hub.ids import is_id
from hub.network import tables
from hub.network.structure.words import is_closed
from hub.network.validity.intervals import Interval, overlap
from hub.store import UnitOfWork

if TYPE_CHECKING:
    from hub.network.people.places import Place


def place_problems(uow: UnitOfWork, place: "Place", during: Interval) -> list[Problem]:
    """Everything that is wrong with a place in a time, each with its field."""
    problems = []
    position = uow.find(tables.position, id=place.position_id) if is_id(place.position_id) else None
    if position is None:
        problems.append(Problem("there is no such position", "position_id"))
    elif is_closed(position, during[0]):
        problems.append(Problem(f"{position.title} is closed", "position_id"))
    location = uow.find(tables.location, id=place.location_id) if is_id(place.location_id) else None
    if location is None:
        return [*problems, Problem("there is no such location", "location_id")]
    if overlap(during, (location.valid_from, location.valid_to)) is None:
        problems.append(Problem(f"{location.name} is closed at that time", "location_id"))
    return [*problems, *brand_problems(uow, place.brand_ids, location, during)]


def brand_problems(
    uow: UnitOfWork, brand_ids: Collection[str], location: Any, during: Interval
) -> list[Problem]:
    """What is wrong with brands at a location (a row) in a time."""
    carried = carried_brands(uow, location.id, during) if brand_ids else set()
    problems = []
    for brand_id in sorted(set(brand_ids)):
        brand = uow.find(tables.brand, id=brand_id) if is_id(brand_id) else None
        if brand is None:
            problems.append(Problem("there is no such brand", "brand_ids"))
        elif is_closed(brand, during[0]):
            problems.append(Problem(f"{brand.name} is closed", "brand_ids"))
        elif brand_id not in carried:
            problems.append(Problem(f"{location.name} does not carry {brand.name} at that time", "brand_ids"))
    return problems


def carried_brands(uow: UnitOfWork, location_id: str, during: Interval) -> set[str]:
    """Brands that a location carries at some instant of a time, in any activity."""
    table = tables.location_brand
    rows = uow.connection.execute(sa.select(table).where(table.c.location_id == location_id))
    return {row.brand_id for row in rows if overlap((row.valid_from, row.valid_to), during)}
