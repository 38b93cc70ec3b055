"""One location as somebody sees it: its brands by activity, where it stands in every dimension and who looks after it there,
and who works there. As of any instant; reads only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.access.explore.field import Representative, representatives_here, works_in_sight
from hub.access.listing.read_network import seen_row
from hub.access.reach import Sight
from hub.ids import is_id
from hub.network import tables
from hub.network.validity.as_of import attributes_at
from hub.network.validity.in_force import in_force
from hub.network.validity.intervals import Interval, holds
from hub.store import UnitOfWork, valid_at
from hub.store.folded import folded


@dataclass(frozen=True)
class BrandHere:
    """A brand and for what it is carried, with the time. ``holds`` says whether at the instant asked for."""

    id: str
    name: str
    activity: str
    during: Interval
    holds: bool


@dataclass(frozen=True)
class PlaceHere:
    """Where a location stands in a dimension (ids and names from the root down, empty for nowhere) and who looks after it there."""

    dimension: str
    dimension_name: str
    path: tuple[tuple[str, str], ...]
    representatives: tuple[Representative, ...]


@dataclass(frozen=True)
class LocationPage:
    """A location at an instant. ``partner_seen`` says whether its partner may be opened."""

    id: str
    name: str
    city: str
    country: str
    time_zone: str
    partner_id: str
    partner: str
    during: Interval
    is_open: bool
    brands: tuple[BrandHere, ...]
    places: tuple[PlaceHere, ...]
    attributes: dict[str, Any]


@dataclass(frozen=True)
class PersonHere:
    """An appointment at the location, with the person's name, which is empty once they are erased."""

    appointment_id: str
    person_id: str
    name: str
    position: str
    brands: tuple[str, ...]
    audience_class: str
    during: Interval


def read_location_page(uow: UnitOfWork, sight: Sight, location_id: str, at: datetime) -> LocationPage:
    """The location, open or not. Missing ``no_location``, also for one behind the wall."""
    row = seen_row(uow, tables.location, sight.locations, location_id, "location")
    partner = uow.find(tables.partner, id=row.partner_id)
    during = (row.valid_from, row.valid_to)
    return LocationPage(
        row.id,
        row.name,
        row.city,
        row.country,
        row.time_zone,
        row.partner_id,
        partner.name if partner is not None else "",
        during,
        holds(during, at),
        _brands(uow, row.id, at),
        _places(uow, sight, row.id, at),
        attributes_at(uow, row.id, at),
    )


def list_people_here(
    uow: UnitOfWork, sight: Sight, location_id: str, at: datetime, after: str = "", limit: int = 50
) -> tuple[tuple[PersonHere, ...], str]:
    """Appointments there at an instant that are seen, by family names, behind the appointment ``after``; and where to go on."""
    a, detail, position = tables.appointment, tables.person_detail, tables.position
    order = _name_order()
    query = (
        sa.select(a, detail.c.given_name, detail.c.family_name, position.c.title, *order)
        .outerjoin(detail, detail.c.person_id == a.c.person_id)
        .join(position, position.c.id == a.c.position_id)
        .where(a.c.location_id == location_id, in_force(a, at), works_in_sight(sight))
        .order_by(*order, a.c.id)
        .limit(limit + 1)
    )
    if is_id(after):
        # SQL compares the cursor's names itself: no name stands in an address.
        last = sa.select(*order, a.c.id).outerjoin(detail, detail.c.person_id == a.c.person_id)
        row = uow.connection.execute(last.where(a.c.id == after, works_in_sight(sight))).one_or_none()
        if row is not None:
            query = query.where(
                sa.tuple_(*order, a.c.id)
                > sa.tuple_(row[0], row[1], row[2], types=[sa.Text, sa.Text, a.c.id.type])
            )
    rows = uow.connection.execute(query).all()
    shown = rows[:limit]
    brands = _brands_of(uow, [row.id for row in shown])
    people = tuple(
        PersonHere(
            row.id,
            row.person_id,
            f"{row.given_name or ''} {row.family_name or ''}".strip(),
            row.title,
            brands.get(row.id, ()),
            row.audience_class,
            (row.valid_from, row.valid_to),
        )
        for row in shown
    )
    return people, shown[-1].id if len(rows) > limit else ""


def count_people_here(uow: UnitOfWork, sight: Sight, location_id: str, at: datetime) -> int:
    """How many people have an appointment there at an instant that is seen."""
    a = tables.appointment
    here = sa.and_(a.c.location_id == location_id, in_force(a, at), works_in_sight(sight))
    return uow.connection.scalar(sa.select(sa.func.count(a.c.person_id.distinct())).where(here)) or 0


def _name_order() -> tuple[sa.ColumnElement[str], sa.ColumnElement[str]]:
    detail = tables.person_detail
    return (
        folded(sa.func.coalesce(detail.c.family_name, "")).label("by_family"),
        folded(sa.func.coalesce(detail.c.given_name, "")).label("by_given"),
    )


def _brands(uow: UnitOfWork, location_id: str, at: datetime) -> tuple[BrandHere, ...]:
    carried, brand = tables.location_brand, tables.brand
    rows = uow.connection.execute(
        sa.select(carried, brand.c.name)
        .join(brand, brand.c.id == carried.c.brand_id)
        .where(carried.c.location_id == location_id)
        .order_by(brand.c.name, carried.c.activity, carried.c.valid_from)
    )
    return tuple(
        BrandHere(
            row.brand_id,
            row.name,
            row.activity,
            (row.valid_from, row.valid_to),
            holds((row.valid_from, row.valid_to), at),
        )
        for row in rows
    )


def _places(uow: UnitOfWork, sight: Sight, location_id: str, at: datetime) -> tuple[PlaceHere, ...]:
    placed, closure, node, dimension = (
        tables.location_node,
        tables.node_closure,
        tables.node,
        tables.dimension,
    )
    rows = uow.connection.execute(
        sa.select(dimension.c.key, dimension.c.name.label("dimension"), node.c.id, node.c.name)
        .join(placed, placed.c.dimension == dimension.c.key)
        .join(closure, closure.c.descendant_id == placed.c.node_id)
        .join(node, node.c.id == closure.c.ancestor_id)
        .where(placed.c.location_id == location_id, valid_at(placed, at), valid_at(closure, at), sight.nodes)
        .order_by(dimension.c.name, closure.c.depth.desc())
    )
    paths: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row in rows:
        paths.setdefault((row.dimension, row.key), []).append((row.id, row.name))
    representatives: dict[tuple[str, str], list[Representative]] = {}
    for each in representatives_here(uow, sight, location_id, at):
        representatives.setdefault((each.dimension_name, each.dimension), []).append(each)
    return tuple(
        PlaceHere(
            place[1],
            place[0],
            tuple(paths.get(place, ())),
            tuple(representatives.get(place, ())),
        )
        for place in sorted(paths.keys() | representatives.keys())
    )


def _brands_of(uow: UnitOfWork, appointment_ids: list[str]) -> dict[str, tuple[str, ...]]:
    of, brand = tables.appointment_brand, tables.brand
    rows = uow.connection.execute(
        sa.select(of.c.appointment_id, brand.c.name)
        .join(brand, brand.c.id == of.c.brand_id)
        .where(of.c.appointment_id.in_(appointment_ids))
        .order_by(brand.c.name)
    )
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        found[row.appointment_id] = (*found.get(row.appointment_id, ()), row.name)
    return found
