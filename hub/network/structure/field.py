"""Services for the nodes of field trees: add, move, end, rename.

Each takes the network's lock, so that two moves that would make a circle together meet here (I19).
"""

from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa

from hub.errors import BadInput, Conflict
from hub.ids import new_id
from hub.network import tables
from hub.network.importing.roster_keys import free_name, name_for_files
from hub.network.names import clean_name
from hub.network.record import a_time, an_instant, find_row, lock_network, record
from hub.network.snapshots import NodeParent, NodeSnapshot
from hub.network.structure.apply_nodes import ever_above, read_branches
from hub.network.structure.dimensions import find_dimension
from hub.network.structure.trees import closure_of, read_branch, read_interval
from hub.network.validity.dated import joined, stated, without
from hub.network.validity.dates import BEGINNING
from hub.network.validity.intervals import Interval, holds, overlap
from hub.store import UnitOfWork, valid_at

CHANGED = "node_changed"


def add_node(
    uow: UnitOfWork,
    dimension: str,
    name: str,
    parent_id: str | None = None,
    at: datetime | None = None,
    until: datetime | None = None,
    *,
    external_id: str = "",
    actor_id: str | None = None,
) -> str:
    """The id of a new node in a dimension, below another one or a root; without ``at`` it always was there.

    ``external_id`` is how network files call it. Missing ``no_dimension`` or ``no_node``; BadInput ``bad_name``,
    ``other_dimension``, ``built_in`` for the hub's own dimension, ``no_node_then``; Conflict ``node_exists``.
    """
    lock_network(uow)
    name, during = clean_name(name), a_time(uow, at or BEGINNING, until)
    find_dimension(uow, dimension)
    called = free_name(uow, "node", external_id, name, dimension)
    node_id = new_id()
    body = _body(node_id, dimension, name, *during, [])
    _record(uow, _below(uow, body, parent_id, during), actor_id)
    name_for_files(uow, "node", called, node_id)
    return node_id


def move_node(
    uow: UnitOfWork,
    node_id: str,
    parent_id: str | None,
    at: datetime | None = None,
    until: datetime | None = None,
    *,
    actor_id: str | None = None,
) -> bool:
    """Let a node stand below another one from an instant on (now), or be a root; whether that changed anything.

    Without ``until`` what was planned for later is replaced; with it, it stays. Missing ``no_node``; BadInput ``bad_dates``,
    ``other_dimension``, ``no_node_then`` if the node or its new parent does not exist at some instant of that time; Conflict
    ``node_circle``.
    """
    lock_network(uow)
    body = read_node(uow, node_id)
    moved = moved_node(uow, body, parent_id, a_time(uow, at, until))
    if moved["parents"] == joined(cast("Any", body["parents"])):
        return False
    _record(uow, moved, actor_id)
    return True


def moved_node(uow: UnitOfWork, body: NodeSnapshot, parent_id: str | None, during: Interval) -> NodeSnapshot:
    """The node as it is after such a move; raises what ``move_node`` does, and writes nothing."""
    existing = read_interval(cast("Any", body))
    if not holds(existing, during[0]):
        raise _not_then(body["name"])
    shared = overlap(existing, during)
    assert shared is not None  # noqa: S101  (the node exists at its beginning)
    left = without(cast("Any", body["parents"]), during)
    moved = cast("NodeSnapshot", {**body, "parents": joined(left)})
    moved = _below(uow, moved, parent_id, shared)
    _refuse_circle(uow, moved)
    return moved


def end_node(
    uow: UnitOfWork, node_id: str, at: datetime | None = None, *, actor_id: str | None = None
) -> bool:
    """Let a node exist no longer from an instant on (now); whether that changed anything.

    Conflict ``node_in_use`` while something stands below it or a location is in it then or later: move that first.
    """
    lock_network(uow)
    end = an_instant(uow, at)
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
    parents = without(cast("Any", body["parents"]), (end, None))
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
    """Ids of the locations in these nodes and below them that are open, now or ``at`` (B22)."""
    ln, closure, place, at = tables.location_node, tables.node_closure, tables.location, at or uow.now
    return (
        sa.select(ln.c.location_id)
        .join(closure, closure.c.descendant_id == ln.c.node_id)
        .join(place, place.c.id == ln.c.location_id)
        .where(
            closure.c.ancestor_id.in_(node_ids), valid_at(ln, at), valid_at(closure, at), valid_at(place, at)
        )
        .distinct()
    )


def _body(
    id: str, dimension: str, name: str, start: datetime, end: datetime | None, parents: list[NodeParent]
) -> NodeSnapshot:
    return cast(
        "NodeSnapshot",
        {"id": id, "dimension": dimension, "name": name, **stated(start, end), "parents": parents},
    )


def _below(uow: UnitOfWork, body: NodeSnapshot, parent_id: str | None, during: Interval) -> NodeSnapshot:
    """The node below this parent for a time, in which the parent must exist."""
    if parent_id is None:
        return body
    parent = find_row(uow, tables.node, parent_id, "node")
    if parent.dimension != body["dimension"]:
        raise BadInput(
            "other_dimension",
            f"{parent.name} belongs to another dimension.",
            "Choose a node of the same one.",
        )
    if overlap((parent.valid_from, parent.valid_to), during) != during:
        raise _not_then(parent.name)
    edge = {"parent_id": parent_id, **stated(*during)}
    parents = joined([*cast("Any", body["parents"]), edge])
    return cast("NodeSnapshot", {**body, "parents": parents})


def _refuse_circle(uow: UnitOfWork, body: NodeSnapshot) -> None:
    """Conflict ``node_circle``, before anything is written: whoever catches it finds nothing changed."""
    ids = {each["parent_id"] for each in body["parents"]}
    branches = {**read_branches(uow, ever_above(uow, ids)), body["id"]: read_branch(cast("Any", body))}
    closure_of(body["id"], branches, {})


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
