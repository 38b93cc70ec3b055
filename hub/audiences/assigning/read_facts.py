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
    """The appointments of these people, past and future too, by person; six queries however many they are."""
    a, loc = tables.appointment, tables.location
    rows = uow.connection.execute(
        sa.select(
            a,
            loc.c.partner_id,
            loc.c.time_zone,
            loc.c.valid_from.label("opened"),
            loc.c.valid_to.label("closed"),
        )
        .join(loc, loc.c.id == a.c.location_id)
        .where(uow.among(a.c.person_id, person_ids))
        .order_by(a.c.id)
    ).all()
    locations = {row.location_id for row in rows}
    brands = _brands(uow, {row.id: row.location_id for row in rows})
    places = _places(uow, locations)
    values = values_of(uow, {id for row in rows for id in _subjects(row)})
    facts: dict[str, list[AppointmentFacts]] = {}
    for r in rows:
        during = overlap((r.valid_from, r.valid_to), (r.opened, r.closed))
        if during is None:
            continue  # nobody works where there is no location
        facts.setdefault(r.person_id, []).append(
            AppointmentFacts(
                r.id,
                r.person_id,
                r.position_id,
                r.location_id,
                r.partner_id,
                r.audience_class,
                during,
                brands.get(r.id, ()),
                places.get(r.location_id, ()),
                {key: dated for id in _subjects(r) if id in values for key, dated in values[id].items()},
                r.time_zone,
                r.valid_from,
            )
        )
    return facts


def _subjects(row: Any) -> tuple[str, ...]:
    """Whose attributes belong to an appointment. Each kind of attribute is of one of them alone."""
    return row.id, row.person_id, row.location_id, row.partner_id


def facts_of_places(uow: UnitOfWork, places: Sequence[Place]) -> list[AppointmentFacts]:
    """The same about places that nobody has yet; four queries however many they are."""
    loc, lb = tables.location, tables.location_brand
    location_ids = {place.location_id for place in places}
    brand_ids = {brand_id for place in places for brand_id in place.brand_ids}
    partners = dict(
        uow.connection.execute(sa.select(loc.c.id, loc.c.partner_id).where(loc.c.id.in_(location_ids))).all()
    )
    carried: dict[str, list[CarriedBrand]] = {}
    for r in uow.connection.execute(
        sa.select(lb).where(lb.c.location_id.in_(location_ids), lb.c.brand_id.in_(brand_ids))
    ):
        brand = CarriedBrand(r.brand_id, r.activity, (r.valid_from, r.valid_to))
        carried.setdefault(r.location_id, []).append(brand)
    nodes = _places(uow, location_ids)
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
    """Brands in force: set on the appointment and carried by its location, while it carries them.

    By ids alone: the rows read for a few appointments are the same however many others there are.
    """
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


def _places(uow: UnitOfWork, location_ids: set[str]) -> dict[str, list[Placed]]:
    ln, closure = tables.location_node, tables.node_closure
    rows = uow.connection.execute(
        sa.select(
            ln.c.location_id,
            ln.c.valid_from,
            ln.c.valid_to,
            closure.c.ancestor_id,
            closure.c.valid_from.label("below_from"),
            closure.c.valid_to.label("below_to"),
        )
        .join(closure, closure.c.descendant_id == ln.c.node_id)
        .where(uow.among(ln.c.location_id, sorted(location_ids)))
    )
    nodes: dict[tuple[Any, ...], set[str]] = {}
    for location_id, since, until, ancestor_id, below_from, below_to in rows.all():
        if during := overlap((since, until), (below_from, below_to)):
            nodes.setdefault((location_id, *during), set()).add(ancestor_id)
    return _placed(nodes, ())


def _placed(
    nodes: Mapping[tuple[Any, ...], set[str]], location_ids: Collection[str]
) -> dict[str, list[Placed]]:
    found: dict[str, list[Placed]] = {id: [] for id in location_ids}
    for (location_id, start, end), ids in nodes.items():
        found.setdefault(location_id, []).append(Placed(frozenset(ids), (start, end)))
    return found
