"""The network as a program sees it: partners, locations, field nodes and the words for them. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.access.listing.pages_of import Asked, Page, page_of, part_of
from hub.access.reach import Sight
from hub.errors import Missing
from hub.ids import is_id
from hub.network import tables
from hub.store import UnitOfWork, valid_at
from hub.store.folded import begins


@dataclass(frozen=True)
class PartnerSeen:
    """A partner, and what it is to the network at the instant asked for."""

    id: str
    name: str
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class CarriedBrandSeen:
    """A brand at a location, and for what it is carried there."""

    id: str
    name: str
    activity: str


@dataclass(frozen=True)
class PlaceSeen:
    """Under which node of a dimension a location stands."""

    id: str
    name: str
    dimension: str


@dataclass(frozen=True)
class LocationSeen:
    """A location, with its brands and places at the instant asked for."""

    id: str
    partner_id: str
    name: str
    city: str
    country: str
    time_zone: str
    valid_from: datetime
    valid_to: datetime | None
    brands: tuple[CarriedBrandSeen, ...]
    nodes: tuple[PlaceSeen, ...]


@dataclass(frozen=True)
class NodeSeen:
    """A field node, and what it stands under at the instant asked for; None for a root."""

    id: str
    dimension: str
    name: str
    parent_id: str | None
    valid_from: datetime
    valid_to: datetime | None


@dataclass(frozen=True)
class LocationFilter:
    """Which locations are wanted; an empty field asks nothing. ``name``: how the name begins; ``node_id``: with all below it."""

    partner_id: str = ""
    node_id: str = ""
    brand_id: str = ""
    name: str = ""


def list_partners(
    uow: UnitOfWork, sight: Sight, at: datetime, asked: Asked, *, kind: str = "", name: str = ""
) -> tuple[Page[PartnerSeen], int]:
    """Partners of a kind at an instant, by how their names begin; and how many there are on all pages together (A01)."""
    partner = tables.partner
    wanted = [sight.partners]
    if kind:
        relation = tables.partner_relationship
        of_kind = sa.select(relation.c.partner_id).where(relation.c.kind == kind, valid_at(relation, at))
        wanted.append(partner.c.id.in_(of_kind))
    if name:
        wanted.append(begins(partner.c.name, name))
    total = uow.connection.scalar(sa.select(sa.func.count()).select_from(partner).where(*wanted)) or 0
    query = part_of(sa.select(partner).where(*wanted), partner.c.id, asked)
    rows, following = page_of(uow.connection.execute(query).all(), asked, _id)
    return Page(_partners(uow, rows, at), following), total


def read_partner(uow: UnitOfWork, sight: Sight, partner_id: str, at: datetime) -> PartnerSeen:
    """One partner. Missing ``no_partner``, also for one behind the wall."""
    return _partners(uow, [seen_row(uow, tables.partner, sight.partners, partner_id, "partner")], at)[0]


def list_locations(
    uow: UnitOfWork, sight: Sight, at: datetime, asked: Asked, which: LocationFilter
) -> Page[LocationSeen]:
    """Locations that are open at an instant."""
    location = tables.location
    query = sa.select(location).where(sight.locations, valid_at(location, at))
    if which.partner_id:
        query = query.where(location.c.partner_id == which.partner_id)
    if which.name:
        query = query.where(begins(location.c.name, which.name))
    if which.brand_id:
        carried = tables.location_brand
        carrying = sa.select(carried.c.location_id).where(
            carried.c.brand_id == which.brand_id, valid_at(carried, at)
        )
        query = query.where(location.c.id.in_(carrying))
    if which.node_id:
        placed, closure = tables.location_node, tables.node_closure
        below = (
            sa.select(placed.c.location_id)
            .join(closure, closure.c.descendant_id == placed.c.node_id)
            .where(closure.c.ancestor_id == which.node_id, valid_at(closure, at), valid_at(placed, at))
        )
        query = query.where(location.c.id.in_(below), sa.exists(_seen_node(sight, which.node_id)))
    rows, following = page_of(uow.connection.execute(part_of(query, location.c.id, asked)).all(), asked, _id)
    return Page(_locations(uow, sight, rows, at), following)


def read_location(uow: UnitOfWork, sight: Sight, location_id: str, at: datetime) -> LocationSeen:
    """One location, open or not. Missing ``no_location``, also for one behind the wall."""
    row = seen_row(uow, tables.location, sight.locations, location_id, "location")
    return _locations(uow, sight, [row], at)[0]


def list_nodes(
    uow: UnitOfWork, sight: Sight, at: datetime, asked: Asked, *, dimension: str = "", parent_id: str = ""
) -> Page[NodeSeen]:
    """Field nodes that exist at an instant; those right under ``parent_id`` if it is given."""
    node = tables.node
    query = _nodes(sight, at).where(sight.nodes, valid_at(node, at))
    if dimension:
        query = query.where(node.c.dimension == dimension)
    if parent_id:
        query = query.where(tables.node_parent.c.parent_id == parent_id)
    rows, following = page_of(uow.connection.execute(part_of(query, node.c.id, asked)).all(), asked, _id)
    return Page(tuple(NodeSeen(**row._mapping) for row in rows), following)


def read_node(uow: UnitOfWork, sight: Sight, node_id: str, at: datetime) -> NodeSeen:
    """One field node. Missing ``no_node``, also for one that is not seen."""
    query = _nodes(sight, at).where(tables.node.c.id == node_id, sight.nodes)
    row = uow.connection.execute(query).one_or_none() if is_id(node_id) else None
    if row is None:
        raise Missing("no_node", "There is no such node.")
    return NodeSeen(**row._mapping)


def seen_row(uow: UnitOfWork, table: sa.Table, seen: sa.ColumnElement[bool], id: str, kind: str) -> Any:
    """The row with this id if it is seen, or Missing ``no_<kind>``; a text that is no id finds nothing."""
    query = sa.select(table).where(table.c.id == id, seen)
    row = uow.connection.execute(query).one_or_none() if is_id(id) else None
    if row is None:
        raise Missing(f"no_{kind}", f"There is no such {kind}.")
    return row


def _id(row: Any) -> str:
    return str(row.id)


def _seen_node(sight: Sight, node_id: str) -> sa.Select[Any]:
    return sa.select(tables.node.c.id).where(tables.node.c.id == node_id, sight.nodes)


def _partners(uow: UnitOfWork, rows: Sequence[Any], at: datetime) -> tuple[PartnerSeen, ...]:
    relation = tables.partner_relationship
    query = sa.select(relation.c.partner_id, relation.c.kind).where(
        relation.c.partner_id.in_([row.id for row in rows]), valid_at(relation, at)
    )
    kinds: dict[str, set[str]] = {}
    for row in uow.connection.execute(query):
        kinds.setdefault(row.partner_id, set()).add(row.kind)
    return tuple(PartnerSeen(row.id, row.name, tuple(sorted(kinds.get(row.id, ())))) for row in rows)


def _locations(uow: UnitOfWork, sight: Sight, rows: Sequence[Any], at: datetime) -> tuple[LocationSeen, ...]:
    """With the nodes that are seen now: where a location stood before may be behind the wall."""
    ids = [row.id for row in rows]
    carried, brand, placed, node = tables.location_brand, tables.brand, tables.location_node, tables.node
    brands: dict[str, list[CarriedBrandSeen]] = {}
    for each in uow.connection.execute(
        sa.select(carried.c.location_id, brand.c.id, brand.c.name, carried.c.activity)
        .join(brand, brand.c.id == carried.c.brand_id)
        .where(carried.c.location_id.in_(ids), valid_at(carried, at))
        .order_by(brand.c.name, brand.c.id, carried.c.activity)
    ):
        brands.setdefault(each.location_id, []).append(CarriedBrandSeen(each.id, each.name, each.activity))
    nodes: dict[str, list[PlaceSeen]] = {}
    for each in uow.connection.execute(
        sa.select(placed.c.location_id, node.c.id, node.c.name, node.c.dimension)
        .join(node, node.c.id == placed.c.node_id)
        .where(placed.c.location_id.in_(ids), valid_at(placed, at), sight.nodes)
        .order_by(node.c.dimension)
    ):
        nodes.setdefault(each.location_id, []).append(PlaceSeen(each.id, each.name, each.dimension))
    return tuple(
        LocationSeen(**row._mapping, brands=tuple(brands.get(row.id, ())), nodes=tuple(nodes.get(row.id, ())))
        for row in rows
    )


def _nodes(sight: Sight, at: datetime) -> sa.Select[Any]:
    """Each with its parent, as far as that is seen now too."""
    node, parent = tables.node, tables.node_parent
    under = sa.and_(parent.c.node_id == node.c.id, valid_at(parent, at))
    if sight.reach.kind != "operator":
        under = sa.and_(
            under, parent.c.parent_id.in_(sa.select(node.c.id).where(sight.nodes).correlate(None))
        )
    return sa.select(
        node.c.id,
        node.c.dimension,
        node.c.name,
        parent.c.parent_id,
        node.c.valid_from,
        node.c.valid_to,
    ).select_from(node.outerjoin(parent, under))
