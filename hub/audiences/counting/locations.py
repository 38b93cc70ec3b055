"""Where conditions hold as far as the location decides: one query over the locations, which are few, and the numbers of who is there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pyroaring import BitMap
from sqlalchemy.dialects import postgresql as pg

from hub.audiences.counting.build_maps import numbers_of
from hub.audiences.counting.tables import appointment_map
from hub.audiences.rules.conditions import AttributeTest, Conditions
from hub.audiences.rules.matches import FOREVER, as_set, carried_at, places_under, values_passing
from hub.network import tables as network
from hub.network.attribute_values import AttributeKind
from hub.store import UnitOfWork
from hub.store.types import Time

NEVER, LATER, THEN, ALWAYS, WHOLE = range(5)
"""From now on: never; at some time; at the instant in question; for good; for good and since the location is open."""
_l = network.location
_PLACES = {"location": _l.c.id, "partner": _l.c.partner_id}


@dataclass(frozen=True)
class Located:
    """Numbers of appointments at locations where it holds at some time, at the instant, for good from now on, and did ever since the opening."""

    later: BitMap
    then: BitMap
    always: BitMap
    whole: BitMap


def asks_of_locations(conditions: Conditions, kinds: Mapping[str, AttributeKind]) -> bool:
    """Whether anything is asked of a location beside that there is one."""
    asked = conditions.nodes or conditions.partners or conditions.brands or conditions.activity
    return bool(asked or of_places(conditions, kinds))


def of_places(conditions: Conditions, kinds: Mapping[str, AttributeKind]) -> list[AttributeTest]:
    """The tests of attributes that locations and partners have."""
    return [
        test for test in conditions.attributes if test.key in kinds and kinds[test.key].subject in _PLACES
    ]


def closed_at(uow: UnitOfWork, everybody: BitMap, at: datetime) -> Located:
    """All appointments, but for those at locations that are not open."""
    state = _state(as_set(_l.c.valid_from, sa.func.coalesce(_l.c.valid_to, FOREVER)), uow.now, at)
    is_plain = sa.and_(_l.c.valid_from <= uow.now, _l.c.valid_to.is_(None))
    locations = sa.select(_l.c.id, sa.literal("").label("brand_id"), state.label("state")).where(~is_plain)
    [found] = _numbers(uow, locations).values() or [{}]
    shut = [everybody - found.get(NEVER, BitMap())]
    for each in (LATER, THEN):
        shut.append(shut[-1] - found.get(each, BitMap()))
    later, then, always = shut
    return Located(later, then, always, always)


def located(
    uow: UnitOfWork, conditions: Conditions, kinds: Mapping[str, AttributeKind], at: datetime
) -> dict[str, Located]:
    """By the brand that is carried, or by an empty text where none is asked for. Appointments are to be asked for the brand itself."""
    brand: sa.ColumnElement[Any] = sa.literal("")
    tables: sa.FromClause = _l
    times = own = as_set(_l.c.valid_from, sa.func.coalesce(_l.c.valid_to, FOREVER))
    sets: list[sa.ColumnElement[Any]] = []
    if conditions.nodes:
        places = places_under(conditions.nodes)
        tables = tables.join(places, places.c.location_id == _l.c.id)
        sets.append(places.c.times)
    for number, test in enumerate(of_places(conditions, kinds)):
        values = values_passing(test, number)
        tables = tables.join(values, values.c.subject_id == _PLACES[kinds[test.key].subject])
        sets.append(values.c.times)
    if conditions.brands or conditions.activity:
        carried = carried_at(conditions)
        tables = tables.join(carried, carried.c.location_id == _l.c.id)
        sets.append(carried.c.times)
        brand = sa.cast(carried.c.brand_id, sa.Text)
    for each in sets:
        times = times.op("*", return_type=pg.TSTZMULTIRANGE())(each)
    query = sa.select(_l.c.id, brand.label("brand_id"), times.label("times"), own.label("own")).select_from(
        tables
    )
    query = query.where(sa.or_(_l.c.valid_to.is_(None), _l.c.valid_to > uow.now))
    if conditions.partners:
        query = query.where(_l.c.partner_id.in_(conditions.partners))
    held = query.subquery("held")
    state = _state(held.c.times, uow.now, at)
    state = sa.case((sa.and_(state == ALWAYS, held.c.times == held.c.own), WHOLE), else_=state)
    found = _numbers(uow, sa.select(held.c.id, held.c.brand_id, state.label("state")))
    added: dict[str, Located] = {}
    for brand_id, by_state in found.items():
        whole = by_state.get(WHOLE, BitMap())
        always = whole | by_state.get(ALWAYS, BitMap())
        then = always | by_state.get(THEN, BitMap())
        added[brand_id] = Located(then | by_state.get(LATER, BitMap()), then, always, whole)
    return added


def _state(times: sa.ColumnElement[Any], now: datetime, at: datetime) -> sa.ColumnElement[int]:
    ahead = sa.func.tstzrange(sa.literal(now, Time()), sa.null())
    return sa.case(
        (times.op("@>")(ahead), ALWAYS),
        (times.op("@>")(sa.literal(at, Time())), THEN),
        (times.op("&&")(ahead), LATER),
        else_=NEVER,
    )


def _numbers(uow: UnitOfWork, locations: sa.Select[Any]) -> dict[str, dict[int, BitMap]]:
    """Of rows (id, brand_id, state): the numbers of the appointments there, by brand and state."""
    at, here = locations.subquery("at"), appointment_map
    of_location = sa.and_(here.c.part == "location", here.c.value == sa.cast(at.c.id, sa.Text))
    bodies = sa.func.string_agg(here.c.body, sa.literal(b"", sa.LargeBinary()))
    query = sa.select(at.c.brand_id, at.c.state, bodies).join(here, of_location)
    found: dict[str, dict[int, BitMap]] = {}
    for brand_id, state, body in uow.connection.execute(query.group_by(at.c.brand_id, at.c.state)):
        found.setdefault(brand_id, {})[state] = BitMap(numbers_of(body))
    return found
