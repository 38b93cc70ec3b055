"""The field trees as somebody walks down them: one node at a time, with what stands right below it (B02, B22). Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.access.explore.field import Representative, representatives_by_name
from hub.access.listing.read_network import seen_row
from hub.access.reach import Sight
from hub.errors import Missing
from hub.network import tables
from hub.network.validity.intervals import Interval
from hub.store import UnitOfWork, valid_at
from hub.store.folded import folded


@dataclass(frozen=True)
class Branch:
    """A node in a list: how many open locations that are seen stand in it and below it, and whether there are nodes below."""

    id: str
    name: str
    dimension: str
    locations: int
    nodes: int


@dataclass(frozen=True)
class Tree:
    """A dimension with the nodes at the top of it."""

    dimension: str
    name: str
    roots: tuple[Branch, ...]


@dataclass(frozen=True)
class NodePage:
    """A node at an instant. ``path``: ids and names from the root down to what it stands under."""

    id: str
    name: str
    dimension: str
    dimension_name: str
    during: Interval
    exists: bool
    path: tuple[tuple[str, str], ...]
    children: tuple[Branch, ...]
    representatives: tuple[Representative, ...]


def read_trees(uow: UnitOfWork, sight: Sight, at: datetime) -> list[Tree]:
    """Every dimension that has nodes at an instant, by name, with its roots."""
    node, parent, dimension = tables.node, tables.node_parent, tables.dimension
    below = sa.select(parent.c.node_id).where(parent.c.node_id == node.c.id, valid_at(parent, at))
    rows = uow.connection.execute(
        sa.select(node, dimension.c.name.label("dimension_name"))
        .join(dimension, dimension.c.key == node.c.dimension)
        .where(valid_at(node, at), sight.nodes, ~sa.exists(below))
        .order_by(dimension.c.name, folded(node.c.name), node.c.id)
    ).all()
    found: dict[tuple[str, str], list[Branch]] = {}
    for row, branch in zip(rows, _branches(uow, sight, rows, at), strict=True):
        found.setdefault((row.dimension, row.dimension_name), []).append(branch)
    return [Tree(key, name, tuple(roots)) for (key, name), roots in found.items()]


def read_node_page(uow: UnitOfWork, sight: Sight, node_id: str, at: datetime) -> NodePage:
    """A node and what stands right below it. Missing ``no_node``, also for one that is not seen."""
    row = seen_row(uow, tables.node, sight.nodes, node_id, "node")
    dimension = uow.find(tables.dimension, key=row.dimension)
    if dimension is None:
        raise Missing("no_dimension", "There is no such dimension.")
    node, parent, closure = tables.node, tables.node_parent, tables.node_closure
    children = uow.connection.execute(
        sa.select(node)
        .join(parent, parent.c.node_id == node.c.id)
        .where(parent.c.parent_id == row.id, valid_at(parent, at), valid_at(node, at), sight.nodes)
        .order_by(folded(node.c.name), node.c.id)
    ).all()
    above = uow.connection.execute(
        sa.select(node.c.id, node.c.name)
        .join(closure, closure.c.ancestor_id == node.c.id)
        .where(closure.c.descendant_id == row.id, closure.c.depth > 0, valid_at(closure, at), sight.nodes)
        .order_by(closure.c.depth.desc())
    )
    rep = tables.rep_assignment
    mine = sa.and_(rep.c.node_id == row.id, rep.c.dimension == row.dimension, valid_at(rep, at))
    return NodePage(
        row.id,
        row.name,
        row.dimension,
        dimension.name,
        (row.valid_from, row.valid_to),
        row.valid_from <= at and (row.valid_to is None or row.valid_to > at),
        tuple((each.id, each.name) for each in above),
        tuple(_branches(uow, sight, children, at)),
        representatives_by_name(uow, sight, mine),
    )


def _branches(uow: UnitOfWork, sight: Sight, rows: Sequence[Any], at: datetime) -> list[Branch]:
    ids = [row.id for row in rows]
    placed, closure, location, parent = (
        tables.location_node,
        tables.node_closure,
        tables.location,
        tables.node_parent,
    )
    locations = sa.select(closure.c.ancestor_id, sa.func.count(placed.c.location_id.distinct()))
    locations = (
        locations.join(placed, placed.c.node_id == closure.c.descendant_id)
        .join(location, location.c.id == placed.c.location_id)
        .where(closure.c.ancestor_id.in_(ids), valid_at(closure, at), valid_at(placed, at))
        .where(valid_at(location, at), sight.locations)
        .group_by(closure.c.ancestor_id)
    )
    node = tables.node
    nodes = (
        sa.select(parent.c.parent_id, sa.func.count())
        .join(node, node.c.id == parent.c.node_id)
        .where(parent.c.parent_id.in_(ids), valid_at(parent, at), valid_at(node, at), sight.nodes)
        .group_by(parent.c.parent_id)
    )
    places = {row[0]: row[1] for row in uow.connection.execute(locations)}
    below = {row[0]: row[1] for row in uow.connection.execute(nodes)}
    return [
        Branch(row.id, row.name, row.dimension, places.get(row.id, 0), below.get(row.id, 0)) for row in rows
    ]


def find_node(uow: UnitOfWork, sight: Sight, dimension: str, name: str) -> str:
    """The id of the node of a dimension that is called so and exists now; empty for no name. Missing ``no_node`` for none or several."""
    node = tables.node
    if not name.strip():
        return ""
    called = folded(node.c.name) == folded(sa.literal(name.strip()))
    query = sa.select(node.c.id).where(
        called, node.c.dimension == dimension, valid_at(node, uow.now), sight.nodes
    )
    ids = uow.connection.scalars(query.limit(2)).all()
    if len(ids) != 1:
        raise Missing("no_node", "Several are called so." if ids else "There is no such node.")
    return str(ids[0])
