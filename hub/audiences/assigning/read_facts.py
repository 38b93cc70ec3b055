"""Reading what conditions ask about people's appointments, for many people at once."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hub.audiences.rules.conditions import AppointmentFacts, CarriedBrand, Placed
from hub.network import tables
from hub.network.attributes import values_of
from hub.network.bulk import in_batches
from hub.network.people.places import Place
from hub.network.structure.trees import Above
from hub.network.validity.intervals import overlap
from hub.store import UnitOfWork

_APPOINTMENTS = 10_000


def read_facts(uow: UnitOfWork, person_ids: Sequence[str]) -> dict[str, list[AppointmentFacts]]:
    """The appointments of these people, past and future too, by person; seven queries however many they are.

    By ids alone: the rows read for a few people are the same however many others there are, and a join of some hundred
    people with their locations would read all locations.
    """
    a = tables.appointment
    rows = uow.connection.execute(
        sa.select(a).where(uow.among(a.c.person_id, person_ids)).order_by(a.c.id)
    ).all()
    locations = _locations(uow, {row.location_id for row in rows})
    brands = _brands(uow, {row.id: row.location_id for row in rows})
    places = places_of(uow, set(locations), {})
    values = values_of(uow, {id for row in rows for id in _subjects(row, locations)})
    facts: dict[str, list[AppointmentFacts]] = {}
    for r in rows:
        location = locations[r.location_id]
        during = overlap((r.valid_from, r.valid_to), (location.valid_from, location.valid_to))
        if during is None:
            continue  # nobody works where there is no location
        facts.setdefault(r.person_id, []).append(
            AppointmentFacts(
                r.id,
                r.person_id,
                r.position_id,
                r.location_id,
                location.partner_id,
                r.audience_class,
                during,
                brands.get(r.id, ()),
                places[r.location_id],
                {
                    key: dated
                    for id in _subjects(r, locations)
                    if id in values
                    for key, dated in values[id].items()
                },
                location.time_zone,
                r.valid_from,
            )
        )
    return facts


def _subjects(row: Any, locations: Mapping[str, Any]) -> tuple[str, ...]:
    """Whose attributes belong to an appointment. Each kind of attribute is of one of them alone."""
    return row.id, row.person_id, row.location_id, locations[row.location_id].partner_id


def _locations(uow: UnitOfWork, ids: Collection[str]) -> dict[str, Any]:
    loc = tables.location
    query = sa.select(loc.c.id, loc.c.partner_id, loc.c.time_zone, loc.c.valid_from, loc.c.valid_to)
    return {row.id: row for row in uow.connection.execute(query.where(uow.among(loc.c.id, sorted(ids))))}


def facts_of_places(uow: UnitOfWork, places: Sequence[Place]) -> list[AppointmentFacts]:
    """The same about places that nobody has yet; five queries however many they are."""
    lb = tables.location_brand
    location_ids = {place.location_id for place in places}
    brand_ids = {brand_id for place in places for brand_id in place.brand_ids}
    partners = {id: row.partner_id for id, row in _locations(uow, location_ids).items()}
    carried: dict[str, list[CarriedBrand]] = {}
    for r in uow.connection.execute(
        sa.select(lb).where(lb.c.location_id.in_(location_ids), lb.c.brand_id.in_(brand_ids))
    ):
        brand = CarriedBrand(r.brand_id, r.activity, (r.valid_from, r.valid_to))
        carried.setdefault(r.location_id, []).append(brand)
    nodes = places_of(uow, location_ids, {})
    values = values_of(uow, {*location_ids, *partners.values()})
    return [
        AppointmentFacts(
            "",
            "",
            place.position_id,
            place.location_id,
            partners.get(place.location_id, ""),
            place.audience_class,
            (place.valid_from or uow.now, place.valid_to),
            [brand for brand in carried.get(place.location_id, ()) if brand.brand_id in place.brand_ids],
            nodes.get(place.location_id, ()),
            {**values.get(partners.get(place.location_id, ""), {}), **values.get(place.location_id, {})},
        )
        for place in places
    ]


def _brands(uow: UnitOfWork, locations: Mapping[str, str]) -> dict[str, list[CarriedBrand]]:
    """Brands in force: set on the appointment and carried by its location, while it carries them."""
    ab, lb = tables.appointment_brand, tables.location_brand
    carried: dict[tuple[str, str], list[CarriedBrand]] = {}
    rows = uow.connection.execute(
        sa.select(lb).where(uow.among(lb.c.location_id, sorted(set(locations.values()))))
    )
    for row in rows:
        brand = CarriedBrand(row.brand_id, row.activity, (row.valid_from, row.valid_to))
        carried.setdefault((row.location_id, row.brand_id), []).append(brand)
    found: dict[str, list[CarriedBrand]] = {}
    set_on = sa.select(ab.c.appointment_id, ab.c.brand_id)
    for some in in_batches(sorted(locations), _APPOINTMENTS):
        rows = uow.connection.execute(set_on.where(uow.among(ab.c.appointment_id, some)))
        for appointment_id, brand_id in rows:
            if here := carried.get((locations[appointment_id], brand_id)):
                found.setdefault(appointment_id, []).extend(here)
    return found


def places_of(
    uow: UnitOfWork, location_ids: set[str], above: Mapping[str, Collection[Above]]
) -> dict[str, list[Placed]]:
    """Under which nodes locations stand; ``above`` says what would stand above some nodes instead of what does."""
    ln = tables.location_node
    rows = uow.connection.execute(
        sa.select(ln).where(uow.among(ln.c.location_id, sorted(location_ids)))
    ).all()
    others = sorted({row.node_id for row in rows} - above.keys())
    closure, known = tables.node_closure, {id: list(rows) for id, rows in above.items()}
    for row in uow.connection.execute(sa.select(closure).where(uow.among(closure.c.descendant_id, others))):
        here = Above(row.ancestor_id, row.depth, row.valid_from, row.valid_to)
        known.setdefault(row.descendant_id, []).append(here)
    nodes: dict[tuple[Any, ...], set[str]] = {}
    for row in rows:
        for each in known.get(row.node_id, ()):
            if during := overlap((row.valid_from, row.valid_to), (each.valid_from, each.valid_to)):
                nodes.setdefault((row.location_id, *during), set()).add(each.ancestor_id)
    return _placed(nodes, location_ids)


def _placed(
    nodes: Mapping[tuple[Any, ...], set[str]], location_ids: Collection[str]
) -> dict[str, list[Placed]]:
    found: dict[str, list[Placed]] = {id: [] for id in location_ids}
    for (location_id, start, end), ids in nodes.items():
        found.setdefault(location_id, []).append(Placed(frozenset(ids), (start, end)))
    return found
