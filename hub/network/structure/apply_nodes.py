"""Writing nodes of the field trees, and keeping ``node_closure`` the transitive closure of their parents (I21).

A move touches only the moved nodes and what hangs below them at some time, however large the tree is.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hub.network import tables
from hub.network.bulk import IDS_PER_QUERY, Row, in_batches, insert_rows, replace_rows
from hub.network.structure.trees import Above, Branch, Edge, closure_of, read_branch
from hub.network.validity.dates import BEGINNING
from hub.store import UnitOfWork


def apply_nodes(uow: UnitOfWork, snapshots: Sequence[Mapping[str, Any]], *, partly: bool = False) -> None:
    """Write the nodes (``NodeSnapshot``) and the closure rows that change with them.

    Raises Conflict ``node_circle`` if at some instant they do not form trees together with what is stored. With ``partly``
    more of what was changed together is to follow: a circle is borne until it does, and a place kept for a parent that is to come.
    """
    if partly:
        _keep_places(uow, snapshots)
    after = {node["id"]: read_branch(node) for node in snapshots}
    before = read_branches(uow, list(after))
    moved = [id for id, branch in after.items() if before.get(id) != branch]
    rows = [
        {name: node[name] for name in ("id", "dimension", "name")} | _validity(after[node["id"]].during)
        for node in snapshots
    ]
    insert_rows(uow, tables.node, rows, "update")
    parents: list[Row] = [
        {"node_id": id, "parent_id": edge.parent_id, **_validity(edge.during)}
        for id in moved
        for edge in after[id].edges
    ]
    replace_rows(uow, tables.node_parent.c.node_id, moved, parents)
    _move(uow, moved, circles=partly)


def read_branches(uow: UnitOfWork, ids: Collection[str]) -> dict[str, Branch]:
    """When these nodes exist and below which others; unknown ids are left out."""
    node, parent = tables.node, tables.node_parent
    during: dict[str, tuple[Any, Any]] = {}
    edges: dict[str, list[Edge]] = defaultdict(list)
    for some in in_batches(list(ids), IDS_PER_QUERY):
        for row in uow.connection.execute(sa.select(node).where(node.c.id.in_(some))):
            during[row.id] = (row.valid_from, row.valid_to)
        query = sa.select(parent).where(parent.c.node_id.in_(some)).order_by(parent.c.valid_from)
        for row in uow.connection.execute(query):
            edges[row.node_id].append(Edge(row.parent_id, (row.valid_from, row.valid_to)))
    return {id: Branch(interval, tuple(edges[id])) for id, interval in during.items()}


def ever_below(uow: UnitOfWork, node_ids: Collection[str]) -> set[str]:
    """These nodes and all that at any time had one of them above it, also where one of them did not exist then."""
    parent = tables.node_parent
    return _reached(uow, node_ids, parent.c.parent_id, parent.c.node_id)


def ever_above(uow: UnitOfWork, node_ids: Collection[str]) -> set[str]:
    """The same upwards."""
    parent = tables.node_parent
    return _reached(uow, node_ids, parent.c.node_id, parent.c.parent_id)


def _reached(
    uow: UnitOfWork, node_ids: Collection[str], one: sa.Column[str], next_one: sa.Column[str]
) -> set[str]:
    """One query for each step: for a recursive one, which cannot know how little it finds, all nodes are read."""
    found = new = set(node_ids)
    while new:
        onward: set[str] = set()
        for some in in_batches(sorted(new), IDS_PER_QUERY):
            onward.update(uow.connection.scalars(sa.select(next_one).where(uow.among(one, some))))
        new = onward - found
        found = found | new
    return found


def _keep_places(uow: UnitOfWork, snapshots: Sequence[Mapping[str, Any]]) -> None:
    """Rows of nodes that never exist, for parents that are not known yet: their own change follows and says more."""
    wanted = {edge.parent_id: s["dimension"] for s in snapshots for edge in read_branch(s).edges}
    for node in snapshots:
        wanted.pop(node["id"], None)
    never: Row = {"name": "", "valid_from": BEGINNING, "valid_to": BEGINNING}
    rows: list[Row] = [{"id": id, "dimension": dimension, **never} for id, dimension in wanted.items()]
    insert_rows(uow, tables.node, rows, "keep")


def _move(uow: UnitOfWork, moved: Sequence[str], *, circles: bool) -> None:
    """Bring the closure rows of the moved nodes, and of all nodes ever below them, in line with the parents now stored."""
    closure = tables.node_closure
    affected = ever_below(uow, moved)
    branches = read_branches(uow, affected)
    outside = {edge.parent_id for branch in branches.values() for edge in branch.edges} - affected
    stored = _stored(uow, affected | outside)
    known = {id: stored[id] for id in outside}
    gone: list[dict[str, object]] = []
    rows: list[Row] = []
    for id in affected:
        wanted, there = closure_of(id, branches, known, circles=circles), set(stored[id])
        gone += [
            {"ancestor": row.ancestor_id, "descendant": id, "since": row.valid_from} for row in there - wanted
        ]
        rows += [{"descendant_id": id, **row._asdict()} for row in wanted - there]
    uow.execute_many(
        sa.delete(closure).where(
            closure.c.ancestor_id == sa.bindparam("ancestor"),
            closure.c.descendant_id == sa.bindparam("descendant"),
            closure.c.valid_from == sa.bindparam("since"),
        ),
        gone,
    )
    insert_rows(uow, closure, rows)


def _stored(uow: UnitOfWork, ids: Collection[str]) -> dict[str, list[Above]]:
    found: dict[str, list[Above]] = {id: [] for id in ids}
    for row in _closure_rows(uow, tables.node_closure.c.descendant_id, list(ids)):
        found[row.descendant_id].append(Above(row.ancestor_id, row.depth, row.valid_from, row.valid_to))
    return found


def _closure_rows(uow: UnitOfWork, column: sa.Column[str], ids: Sequence[str]) -> Iterable[Any]:
    query = sa.select(tables.node_closure)
    for some in in_batches(ids, IDS_PER_QUERY):
        yield from uow.connection.execute(query.where(column.in_(some))).all()


def _validity(interval: tuple[Any, Any]) -> Row:
    return {"valid_from": interval[0], "valid_to": interval[1]}
