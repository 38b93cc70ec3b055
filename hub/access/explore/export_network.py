"""The locations and people that somebody sees, line by line for a spreadsheet: as many as there are, some at a time (B40)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.access.explore.field import works_in_sight
from hub.access.reach import Reach, Sight, sight_of
from hub.journal import audit
from hub.network import tables
from hub.network.validity.in_force import in_force
from hub.store import UnitOfWork, valid_at

EXPORTED = "people_exported"
"""What it is called in the audit trail when somebody takes a list of people away."""
CHUNK = 1000
"""Lines that are read in one unit."""
LOCATIONS = ("location", "city", "country", "time zone", "partner", "open since", "closed on", "brands")
PEOPLE = (
    "given name",
    "family name",
    "location",
    "partner",
    "position",
    "class",
    "brands",
    "since",
    "until",
)
_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""With these a spreadsheet takes a text for a formula (CWE-1236)."""

Opened = Callable[[], AbstractContextManager[UnitOfWork]]
Line = tuple[str, ...]


def export_locations(opened: Opened, reach: Reach, at: datetime) -> Iterator[Line]:
    """LOCATIONS, then a line for each location that is open at an instant, by id. ``opened`` gives a unit for each part."""
    yield LOCATIONS
    for part in _parts(opened, reach, lambda uow, sight, after: _locations(uow, sight, at, after)):
        for row, brands in part:
            words = (row.name, row.city, row.country, row.time_zone, row.partner)
            yield _safe(*words, _day(row.valid_from), _day(row.valid_to), brands)


def export_people(opened: Opened, reach: Reach, at: datetime) -> Iterator[Line]:
    """PEOPLE, then a line for each appointment that holds at an instant, by id. Whoever sees no details sees no address here either."""
    yield PEOPLE
    for part in _parts(opened, reach, lambda uow, sight, after: _people(uow, sight, at, after)):
        for row, brands in part:
            words = (row.given_name or "", row.family_name or "", row.location, row.partner, row.title)
            yield _safe(*words, row.audience_class, brands, _day(row.valid_from), _day(row.valid_to))


def note_export(uow: UnitOfWork, reach: Reach, actor_id: str) -> None:
    """Write down that somebody takes a list of people away."""
    audit(uow, EXPORTED, reach.id, actor_id=actor_id, partner_id=reach.partner_id)


def _parts(
    opened: Opened, reach: Reach, read: Callable[[UnitOfWork, Sight, str], list[tuple[Any, str]]]
) -> Iterator[list[tuple[Any, str]]]:
    after = ""
    while True:
        with opened() as uow:
            part = read(uow, sight_of(uow, reach), after)
        yield part
        if len(part) < CHUNK:
            return
        after = part[-1][0].id


def _locations(uow: UnitOfWork, sight: Sight, at: datetime, after: str) -> list[tuple[Any, str]]:
    location, partner, carried = tables.location, tables.partner, tables.location_brand
    query = (
        sa.select(location, partner.c.name.label("partner"))
        .join(partner, partner.c.id == location.c.partner_id)
        .where(sight.locations, valid_at(location, at))
    )
    rows = _part(uow, query, location.c.id, after)
    of_each = sa.select(carried.c.location_id.label("of"), carried.c.brand_id).where(valid_at(carried, at))
    return _with_brands(uow, rows, of_each)


def _people(uow: UnitOfWork, sight: Sight, at: datetime, after: str) -> list[tuple[Any, str]]:
    a, location, partner, position, detail, of = (
        tables.appointment,
        tables.location,
        tables.partner,
        tables.position,
        tables.person_detail,
        tables.appointment_brand,
    )
    query = (
        sa.select(
            a,
            location.c.name.label("location"),
            partner.c.name.label("partner"),
            position.c.title,
            detail.c.given_name,
            detail.c.family_name,
        )
        .join(location, location.c.id == a.c.location_id)
        .join(partner, partner.c.id == location.c.partner_id)
        .join(position, position.c.id == a.c.position_id)
        .outerjoin(detail, detail.c.person_id == a.c.person_id)
        .where(works_in_sight(sight), in_force(a, at))
    )
    rows = _part(uow, query, a.c.id, after)
    return _with_brands(uow, rows, sa.select(of.c.appointment_id.label("of"), of.c.brand_id))


def _part(uow: UnitOfWork, query: sa.Select[Any], id: sa.Column[str], after: str) -> list[Any]:
    if after:
        query = query.where(id > after)
    return list(uow.connection.execute(query.order_by(id).limit(CHUNK)))


def _with_brands(uow: UnitOfWork, rows: list[Any], of_each: sa.Select[Any]) -> list[tuple[Any, str]]:
    each, brand = of_each.subquery(), tables.brand
    found: dict[str, dict[str, None]] = {}
    for row in uow.connection.execute(
        sa.select(each.c.of, brand.c.name)
        .join(brand, brand.c.id == each.c.brand_id)
        .where(uow.among(each.c.of, [row.id for row in rows]))
        .order_by(brand.c.name)
    ):
        found.setdefault(row.of, {})[row.name] = None
    return [(row, ", ".join(found.get(row.id, ()))) for row in rows]


def _safe(*words: str) -> Line:
    return tuple(f"'{word}" if word.startswith(_STARTS) else word for word in words)


def _day(at: datetime | None) -> str:
    return at.date().isoformat() if at is not None and at.year > 1900 else ""
