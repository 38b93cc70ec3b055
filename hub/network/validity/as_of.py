"""A location and its surroundings as they were, are or will be at an instant. Reads only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from hub.network import tables
from hub.network.attributes import read_kinds, values_of
from hub.network.record import find_row
from hub.network.validity.in_force import in_force
from hub.network.validity.intervals import Interval, holds
from hub.store import UnitOfWork, valid_at


class Named(NamedTuple):
    """Something by its id and what people call it."""

    id: str
    name: str


@dataclass(frozen=True)
class PlaceInField:
    """Where a location stands in a dimension: nodes from the root down, and since when and until when in the last of them."""

    dimension: str
    dimension_name: str
    path: tuple[Named, ...]
    during: Interval


@dataclass(frozen=True)
class BrandAtLocation:
    """A brand, and what a location does with it for a time."""

    id: str
    name: str
    activity: str
    during: Interval


@dataclass(frozen=True)
class AttributeAt:
    """What an attribute of something is, for a time."""

    key: str
    title: str
    value: Any
    during: Interval


@dataclass(frozen=True)
class LocationView:
    """A location at an instant. ``partner_kinds``: what its partner was then; ``people``: how many had an appointment there then."""

    id: str
    name: str
    city: str
    country: str
    time_zone: str
    partner: Named
    partner_kinds: tuple[str, ...]
    during: Interval
    is_open: bool
    brands: tuple[BrandAtLocation, ...]
    places: tuple[PlaceInField, ...]
    attributes: tuple[AttributeAt, ...]
    people: int


def view_location(uow: UnitOfWork, location_id: str, at: datetime | None = None) -> LocationView:
    """The location now, or ``at``; Missing ``no_location``."""
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
        row.country,
        row.time_zone,
        Named(partner.id, partner.name),
        tuple(uow.connection.scalars(kinds)),
        (row.valid_from, row.valid_to),
        holds((row.valid_from, row.valid_to), at),
        _brands(uow, row.id, at),
        _places(uow, row.id, at),
        list_attributes(uow, row.id, at),
        uow.connection.scalar(people) or 0,
    )


def list_attributes(uow: UnitOfWork, subject_id: str, at: datetime) -> tuple[AttributeAt, ...]:
    """What a subject's attributes are at an instant, by key."""
    kinds = read_kinds(uow)
    return tuple(
        AttributeAt(key, kinds[key].title, value, during)
        for key, dated in sorted(values_of(uow, [subject_id]).get(subject_id, {}).items())
        for value, during in dated
        if holds(during, at)
    )


def attributes_at(uow: UnitOfWork, subject_id: str, at: datetime) -> dict[str, Any]:
    """Titles and values of the same; where two attributes have one title, it names their keys."""
    found = list_attributes(uow, subject_id, at)
    twice = [each.title for each in found]
    return {
        each.title if twice.count(each.title) == 1 else f"{each.title} ({each.key})": each.value
        for each in found
    }


def _brands(uow: UnitOfWork, location_id: str, at: datetime) -> tuple[BrandAtLocation, ...]:
    lb, brand = tables.location_brand, tables.brand
    rows = uow.connection.execute(
        sa.select(brand.c.id, brand.c.name, lb.c.activity, lb.c.valid_from, lb.c.valid_to)
        .join(brand, brand.c.id == lb.c.brand_id)
        .where(lb.c.location_id == location_id, valid_at(lb, at))
        .order_by(brand.c.name, brand.c.id, lb.c.activity)
    )
    return tuple(BrandAtLocation(r.id, r.name, r.activity, (r.valid_from, r.valid_to)) for r in rows)


def _places(uow: UnitOfWork, location_id: str, at: datetime) -> tuple[PlaceInField, ...]:
    ln, closure, node, dimension = tables.location_node, tables.node_closure, tables.node, tables.dimension
    rows = uow.connection.execute(
        sa.select(
            dimension.c.key,
            dimension.c.name.label("dimension"),
            node.c.id,
            node.c.name,
            ln.c.valid_from,
            ln.c.valid_to,
        )
        .join(ln, ln.c.dimension == dimension.c.key)
        .join(closure, closure.c.descendant_id == ln.c.node_id)
        .join(node, node.c.id == closure.c.ancestor_id)
        .where(ln.c.location_id == location_id, valid_at(ln, at), valid_at(closure, at))
        .order_by(dimension.c.name, dimension.c.key, closure.c.depth.desc())
    )
    found: dict[str, PlaceInField] = {}
    for row in rows:
        path = (*(found[row.key].path if row.key in found else ()), Named(row.id, row.name))
        found[row.key] = PlaceInField(row.key, row.dimension, path, (row.valid_from, row.valid_to))
    return tuple(found.values())
