"""Services for the nodes of field trees: add, move, end, rename.

Each takes the network's lock, so that two moves that would make a circle together meet here (I19).
"""

from datetime import UTC, datetime
from typing import Any, cast

import sqlalchemy as sa

from hub.errors import BadInput, Conflict, Missing
from hub.ids import new_id
from hub.network import tables
from hub.network.apply_nodes import read_branches
from hub.network.dates import BEGINNING
from hub.network.intervals import holds
from hub.network.record import clipped, find_row, lock_network, record, stated
from hub.network.rename import clean_name
from hub.network.snapshots import NodeParent, NodeSnapshot
from hub.store import UnitOfWork, valid_at

CHANGED = "node_changed"


def add_node(
    uow: UnitOfWork,
    dimension: str,
    name: str,
    parent_id: str | None = None,
    at: datetime | None = None,
    *,
    actor_id: str | None = None,
) -> str:
    """The id of a new node in a dimension, below another one or a root; without ``at`` it always was there.

    Missing ``no_dimension`` or ``no_node``; BadInput ``bad_name`` or ``other_dimension``.
    """
    lock_network(uow)
    name, start = clean_name(name), (at or BEGINNING).astimezone(UTC)
    if uow.find(tables.dimension, key=dimension) is None:
        raise Missing("no_dimension", f"There is no dimension {dimension}.")
    node_id = new_id()
    body = _body(node_id, dimension, name, start, None, [])
    _record(uow, _below(uow, body, parent_id, start), actor_id)
    return node_id


def move_node(
    uow: UnitOfWork,
    node_id: str,
    parent_id: str | None,
    at: datetime | None = None,
    *,
    actor_id: str | None = None,
) -> bool:
    """Let a node stand below another one from an instant on (now), or be a root; whether that changed anything.

    What was planned for later is replaced. Missing ``no_node``; BadInput ``other_dimension``, ``no_node_then`` if the node or its
    new parent does not exist at that instant; Conflict ``node_circle``.
    """
    lock_network(uow)
    start = (at or uow.now).astimezone(UTC)
    body = read_node(uow, node_id)
    if not holds((_instant(body["valid_from"]), _end(body)), start):
        raise _not_then(body["name"])
    moved = _below(
        uow, cast("NodeSnapshot", {**body, "parents": clipped(body["parents"], start)}), parent_id, start
    )
    if _joined(moved["parents"]) == _joined(body["parents"]):
        return False
    _record(uow, moved, actor_id)
    return True


def end_node(
    uow: UnitOfWork, node_id: str, at: datetime | None = None, *, actor_id: str | None = None
) -> bool:
    """Let a node exist no longer from an instant on (now); whether that changed anything.

    Conflict ``node_in_use`` while something stands below it or a location is in it then or later: move that first.
    """
    lock_network(uow)
    end = (at or uow.now).astimezone(UTC)
    body = read_node(uow, node_id)
    known_end = _end(body)
    if known_end is not None and known_end <= end:
        return False
    for table, column in ((tables.node_parent, "parent_id"), (tables.location_node, "node_id")):
        still = sa.or_(table.c.valid_to.is_(None), table.c.valid_to > end)
        if uow.connection.scalar(sa.select(sa.exists().where(table.c[column] == node_id, still))):
            raise Conflict(
                "node_in_use",
                f"Something is still in {body['name']} then.",
                "Move its nodes and locations first.",
            )
    end = max(end, _instant(body["valid_from"]))
    parents = clipped(body["parents"], end)
    _record(uow, cast("NodeSnapshot", {**body, "valid_to": end.isoformat(), "parents": parents}), actor_id)
    return True


def rename_node(uow: UnitOfWork, node_id: str, name: str, *, actor_id: str | None = None) -> bool:
    """Call a node something else, for all time; nothing else changes (I15). Whether that changed anything."""
    lock_network(uow)
    body = read_node(uow, node_id)
    name = clean_name(name)
    if body["name"] == name:
        return False
    _record(uow, {**body, "name": name}, actor_id)
    return True


def read_node(uow: UnitOfWork, node_id: str) -> NodeSnapshot:
    """The node as ``node_changed`` has it; Missing ``no_node``."""
    row = find_row(uow, tables.node, node_id, "node")
    branch = read_branches(uow, [node_id])[node_id]
    parents = [cast("NodeParent", {"parent_id": e.parent_id, **stated(*e.during)}) for e in branch.edges]
    return _body(row.id, row.dimension, row.name, *branch.during, parents)


def locations_under(uow: UnitOfWork, *node_ids: str, at: datetime | None = None) -> sa.Select[tuple[str]]:
    """Ids of the locations in these nodes and below them, now or ``at`` (B22)."""
    ln, closure, at = tables.location_node, tables.node_closure, at or uow.now
    return (
        sa.select(ln.c.location_id)
        .join(closure, closure.c.descendant_id == ln.c.node_id)
        .where(closure.c.ancestor_id.in_(node_ids), valid_at(ln, at), valid_at(closure, at))
        .distinct()
    )


def _body(
    id: str, dimension: str, name: str, start: datetime, end: datetime | None, parents: list[NodeParent]
) -> NodeSnapshot:
    return cast(
        "NodeSnapshot",
        {"id": id, "dimension": dimension, "name": name, **stated(start, end), "parents": parents},
    )


def _below(uow: UnitOfWork, body: NodeSnapshot, parent_id: str | None, start: datetime) -> NodeSnapshot:
    """The node below this parent from an instant on."""
    if parent_id is None:
        return body
    parent = find_row(uow, tables.node, parent_id, "node")
    if parent.dimension != body["dimension"]:
        raise BadInput(
            "other_dimension",
            f"{parent.name} belongs to another dimension.",
            "Choose a node of the same one.",
        )
    if not holds((parent.valid_from, parent.valid_to), start):
        raise _not_then(parent.name)
    edge = {"parent_id": parent_id, "valid_from": start.isoformat(), "valid_to": body["valid_to"]}
    return cast("NodeSnapshot", {**body, "parents": _joined([*body["parents"], cast("NodeParent", edge)])})


def _joined(parents: list[NodeParent]) -> list[NodeParent]:
    """The same with what touches and has the same parent as one."""
    joined: list[NodeParent] = []
    for each in parents:
        last = joined[-1] if joined else None
        if last and last["parent_id"] == each["parent_id"] and last["valid_to"] == each["valid_from"]:
            joined[-1] = {**last, "valid_to": each["valid_to"]}
        else:
            joined.append(each)
    return joined


def _record(uow: UnitOfWork, body: NodeSnapshot, actor_id: str | None) -> None:
    record(uow, CHANGED, {body["id"]: cast("dict[str, Any]", body)}, actor_id=actor_id)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _end(body: NodeSnapshot) -> datetime | None:
    return _instant(body["valid_to"]) if body["valid_to"] else None


def _not_then(name: str) -> BadInput:
    return BadInput(
        "no_node_then", f"{name} does not exist at that time.", "Choose another day or another node."
    )
