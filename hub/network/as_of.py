"""A location and its surroundings as they were, are or will be at an instant. Reads only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.network import tables
from hub.network.attributes import read_kinds, values_of
from hub.network.in_force import in_force
from hub.network.intervals import Interval, holds
from hub.network.record import find_row
from hub.store import UnitOfWork, valid_at


@dataclass(frozen=True)
class PlaceInField:
    """Where a location stands in a dimension: names from the root down."""

    dimension: str
    path: tuple[str, ...]


@dataclass(frozen=True)
class LocationView:
    """A location at an instant. ``brands``: what is done there with each; ``partner_kinds``: what its partner was then."""

    id: str
    name: str
    city: str
    partner: str
    partner_kinds: tuple[str, ...]
    during: Interval
    is_open: bool
    brands: dict[str, tuple[str, ...]]
    places: tuple[PlaceInField, ...]
    attributes: dict[str, Any]
    people: int


def view_location(uow: UnitOfWork, location_id: str, at: datetime | None = None) -> LocationView:
    """The location now, or ``at``; Missing ``no_location``. ``people`` counts those with an appointment there then."""
    at = at or uow.now
    row = find_row(uow, tables.location, location_id, "location")
    partner = find_row(uow, tables.partner, row.partner_id, "partner")
    kind, a = tables.partner_relationship, tables.appointment
    kinds = (
        sa.select(kind.c.kind)
        .where(kind.c.partner_id == partner.id, valid_at(kind, at))
        .order_by(kind.c.kind)
    )
    people = sa.select(sa.func.count(a.c.person_id.distinct())).where(
        a.c.location_id == row.id, in_force(a, at)
    )
    return LocationView(
        row.id,
        row.name,
        row.city,
        partner.name,
        tuple(uow.connection.scalars(kinds)),
        (row.valid_from, row.valid_to),
        holds((row.valid_from, row.valid_to), at),
        _brands(uow, row.id, at),
        _places(uow, row.id, at),
        attributes_at(uow, row.id, at),
        uow.connection.scalar(people) or 0,
    )


def attributes_at(uow: UnitOfWork, subject_id: str, at: datetime) -> dict[str, Any]:
    """Titles and values of what a subject's attributes are at an instant."""
    kinds = read_kinds(uow)
    return {
        kinds[key].title: value
        for key, dated in sorted(values_of(uow, [subject_id]).get(subject_id, {}).items())
        for value, time in dated
        if holds(time, at)
    }


def _brands(uow: UnitOfWork, location_id: str, at: datetime) -> dict[str, tuple[str, ...]]:
    lb, brand = tables.location_brand, tables.brand
    rows = uow.connection.execute(
        sa.select(brand.c.name, lb.c.activity)
        .join(brand, brand.c.id == lb.c.brand_id)
        .where(lb.c.location_id == location_id, valid_at(lb, at))
        .order_by(brand.c.name, lb.c.activity)
    )
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        found[row.name] = (*found.get(row.name, ()), row.activity)
    return found


def _places(uow: UnitOfWork, location_id: str, at: datetime) -> tuple[PlaceInField, ...]:
    ln, closure, node, dimension = (
        tables.location_node,
        tables.node_closure,
        tables.node,
        tables.dimension,
    )
    rows = uow.connection.execute(
        sa.select(dimension.c.name.label("dimension"), node.c.name)
        .join(ln, ln.c.dimension == dimension.c.key)
        .join(closure, closure.c.descendant_id == ln.c.node_id)
        .join(node, node.c.id == closure.c.ancestor_id)
        .where(ln.c.location_id == location_id, valid_at(ln, at), valid_at(closure, at))
        .order_by(dimension.c.name, closure.c.depth.desc())
    )
    paths: dict[str, tuple[str, ...]] = {}
    for row in rows:
        paths[row.dimension] = (*paths.get(row.dimension, ()), row.name)
    return tuple(PlaceInField(name, path) for name, path in paths.items())
