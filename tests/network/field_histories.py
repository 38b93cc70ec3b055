"""What a field tree looks like at one instant, worked out the slow way."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from hub.network import tables
from hub.network.structure.trees import Branch
from hub.network.validity.intervals import holds
from hub.runtime import Hub
from hub.store import UnitOfWork, valid_at

Closure = set[tuple[str, str, int]]


def closure_at(branches: Mapping[str, Branch], at: datetime) -> Closure:
    """Ancestor, descendant and depth of every pair at an instant. A circle would never end."""
    rows = set()
    for node in branches:
        above, depth = parent_at(branches, node, at), 1
        if holds(branches[node].during, at):
            rows.add((node, node, 0))
        while above is not None:
            assert depth <= len(branches), "a circle"
            rows.add((above, node, depth))
            above, depth = parent_at(branches, above, at), depth + 1
    return rows


def parent_at(branches: Mapping[str, Branch], node: str, at: datetime) -> str | None:
    """The parent of a node at an instant at which both exist."""
    if not holds(branches[node].during, at):
        return None
    for edge in branches[node].edges:
        if (
            holds(edge.during, at)
            and edge.parent_id in branches
            and holds(branches[edge.parent_id].during, at)
        ):
            return edge.parent_id
    return None


def stored_closure(uow: UnitOfWork, at: datetime) -> Closure:
    """The same as the hub has it."""
    closure = tables.node_closure
    rows = uow.connection.execute(sa.select(closure).where(valid_at(closure, at)))
    return {(row.ancestor_id, row.descendant_id, row.depth) for row in rows}


def instants(hub: Hub) -> list[datetime]:
    """Every instant at which a tree changes."""
    with hub.reading() as uow:
        found = set()
        for table in (tables.node, tables.node_parent, tables.node_closure):
            for row in uow.connection.execute(sa.select(table.c.valid_from, table.c.valid_to)):
                found |= {row.valid_from, row.valid_to}
    return sorted(at for at in found if at)
