"""Writing nodes of the field trees, and keeping ``node_closure`` the transitive closure of their parents (I21).

A move touches only the moved nodes and what hangs below them, however large the tree is.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hub.errors import Conflict
from hub.network import tables
from hub.network.bulk import IDS_PER_QUERY, Row, in_batches, insert_rows
from hub.network.snapshots import NodeSnapshot
from hub.store import UnitOfWork

Path = dict[str, int]
"""The node itself and its ancestors, each with the number of steps up to it."""


def apply_nodes(uow: UnitOfWork, snapshots: Sequence[NodeSnapshot]) -> None:
    """Write the nodes and the closure rows that change with them.

    Raises Conflict ``node_circle`` if they do not form trees together with what is stored.
    """
    before = _parents(uow, [node["id"] for node in snapshots])
    moved = [n["id"] for n in snapshots if n["id"] not in before or before[n["id"]] != n["parent_id"]]
    insert_rows(uow, tables.node, [dict(node) for node in _parents_first(snapshots)], "update")
    _move(uow, moved)


def _parents_first(snapshots: Sequence[NodeSnapshot]) -> Iterable[NodeSnapshot]:
    """The same nodes, ordered so that each row's parent is there when the row is written."""
    waiting = {node["id"]: node for node in snapshots}
    while waiting:
        branch = [waiting.pop(next(iter(waiting)))]
        while (parent := branch[-1]["parent_id"]) in waiting:
            branch.append(waiting.pop(parent))
        yield from reversed(branch)


def _move(uow: UnitOfWork, moved: Sequence[str]) -> None:
    """Bring the closure rows of the moved nodes, and of all nodes below them, in line with the parents now stored."""
    closure = tables.node_closure
    below = closure.c.ancestor_id
    affected = {*moved, *(row.descendant_id for row in _closure_rows(uow, below, moved))}
    parents = _parents(uow, affected)
    outside = {parent for parent in parents.values() if parent and parent not in affected}
    stored = _paths(uow, affected | outside)
    paths = {node: path for node, path in stored.items() if node in outside}
    for node in affected:
        _find_path(node, parents, paths)
    wrong = [
        (ancestor, node)
        for node in affected
        for ancestor, depth in stored.get(node, {}).items()
        if paths[node].get(ancestor) != depth
    ]
    uow.execute_many(
        sa.delete(closure).where(
            closure.c.ancestor_id == sa.bindparam("ancestor"),
            closure.c.descendant_id == sa.bindparam("descendant"),
        ),
        [{"ancestor": ancestor, "descendant": descendant} for ancestor, descendant in wrong],
    )
    rows: list[Row] = [
        {"ancestor_id": ancestor, "descendant_id": node, "depth": depth}
        for node in affected
        for ancestor, depth in paths[node].items()
        if stored.get(node, {}).get(ancestor) != depth
    ]
    insert_rows(uow, closure, rows)


def _find_path(node: str, parents: Mapping[str, str | None], paths: dict[str, Path]) -> None:
    """Fill in the path of a node, from the nearest ancestor whose path is known downwards."""
    climbed: dict[str, None] = {}
    above: str | None = node
    while above is not None and above not in paths:
        if above in climbed:
            # Two moves that were each right when they were checked can make a circle together (I19).
            raise Conflict(
                "node_circle",
                "Another move of field nodes came first; together the two would put a node above itself.",
                "Look at the nodes as they are now, then move them again.",
            )
        climbed[above] = None
        above = parents[above]
    path = paths[above] if above is not None else {}
    for below in reversed(climbed):
        path = {below: 0, **{ancestor: depth + 1 for ancestor, depth in path.items()}}
        paths[below] = path


def _parents(uow: UnitOfWork, ids: Collection[str]) -> dict[str, str | None]:
    node = tables.node
    return {
        row.id: row.parent_id
        for some in in_batches(list(ids), IDS_PER_QUERY)
        for row in uow.connection.execute(sa.select(node.c.id, node.c.parent_id).where(node.c.id.in_(some)))
    }


def _paths(uow: UnitOfWork, ids: Collection[str]) -> dict[str, Path]:
    paths: dict[str, Path] = {}
    for row in _closure_rows(uow, tables.node_closure.c.descendant_id, list(ids)):
        paths.setdefault(row.descendant_id, {})[row.ancestor_id] = row.depth
    return paths


def _closure_rows(uow: UnitOfWork, column: sa.Column[str], ids: Sequence[str]) -> Iterable[Any]:
    closure = tables.node_closure
    query = sa.select(closure.c.ancestor_id, closure.c.descendant_id, closure.c.depth)
    for some in in_batches(ids, IDS_PER_QUERY):
        yield from uow.connection.execute(query.where(column.in_(some))).all()
