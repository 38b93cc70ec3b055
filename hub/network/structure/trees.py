"""Field trees over time: what stands above a node, and when. Pure.

A node stands below its parent while both exist and the one is the parent of the other. What stands above it follows from
that at every instant, so the closure is a set of rows with intervals (I19, I21).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from hub.errors import Conflict
from hub.network.validity.dates import BEGINNING, read_instant
from hub.network.validity.intervals import Interval, is_empty, overlap, union

ALWAYS: Interval = (BEGINNING, None)


class Edge(NamedTuple):
    """The parent of a node for a time."""

    parent_id: str
    during: Interval


@dataclass(frozen=True)
class Branch:
    """When a node exists, and its parents in order of time."""

    during: Interval
    edges: tuple[Edge, ...] = ()


class Above(NamedTuple):
    """One row of the closure, without the node it is about: ``depth`` steps up, for a time."""

    ancestor_id: str
    depth: int
    valid_from: datetime
    valid_to: datetime | None


def read_branch(body: Mapping[str, Any]) -> Branch:
    """What the body of a ``node_changed`` says, also one from before trees were dated."""
    if "parents" not in body:
        parent = body["parent_id"]
        return Branch(ALWAYS, (Edge(parent, ALWAYS),) if parent else ())
    edges = [Edge(each["parent_id"], read_interval(each)) for each in body["parents"]]
    edges = [edge for edge in edges if not is_empty(edge.during)]
    return Branch(read_interval(body), tuple(sorted(edges, key=lambda edge: edge.during[0])))


def read_interval(snapshot: Mapping[str, Any]) -> Interval:
    """``valid_from`` and ``valid_to`` of a snapshot."""
    end = snapshot["valid_to"]
    return read_instant(snapshot["valid_from"]), read_instant(end) if end else None


class Circle(Exception):  # not an error as such: whoever climbs says what it means
    """A node stands above itself; ``path`` leads from it up to itself, at the instant ``since``."""

    def __init__(self, path: tuple[str, ...], since: datetime) -> None:
        super().__init__(path)
        self.path = path
        self.since = since


def closure_of(
    node: str, branches: Mapping[str, Branch], known: Mapping[str, Sequence[Above]], *, circles: bool = False
) -> frozenset[Above]:
    """Everything above a node, itself included, in the fewest rows.

    ``branches`` has the node and all above it up to those whose own closure is ``known``. Conflict ``node_circle`` if at
    some instant a node would stand above itself; with ``circles`` the way up ends there instead.
    """
    found: dict[tuple[str, int], list[Interval]] = defaultdict(list)
    try:
        for ancestor, depth, during in _climb(node, ALWAYS, 0, branches, known, (), circles):
            found[ancestor, depth].append(during)
    except Circle as circle:
        # Two moves that were each right when they were checked can make a circle together.
        raise Conflict(
            "node_circle",
            "A field node would stand above itself.",
            "Look at the nodes as they are now, and on the days to come, then move them again.",
        ) from circle
    return frozenset(
        Above(ancestor, depth, *during)
        for (ancestor, depth), intervals in found.items()
        for during in union(intervals)
    )


def find_circle(node: str, branches: Mapping[str, Branch]) -> Circle | None:
    """The first circle on the way up from a node. What ``branches`` does not have is taken for a root."""
    try:
        for _ in _climb(node, ALWAYS, 0, branches, {}, (), False):
            pass
    except Circle as circle:
        return circle
    return None


def _climb(
    node: str,
    window: Interval,
    depth: int,
    branches: Mapping[str, Branch],
    known: Mapping[str, Sequence[Above]],
    below: tuple[str, ...],
    circles: bool,
) -> Iterator[tuple[str, int, Interval]]:
    """The node and what stands above it within a window, in which everything in ``below`` stands below it."""
    if node in below:
        if circles:
            return
        raise Circle((*below[below.index(node) :], node), window[0])
    if node in known:
        for row in known[node]:
            if both := overlap(window, (row.valid_from, row.valid_to)):
                yield row.ancestor_id, depth + row.depth, both
        return
    branch = branches.get(node)
    existing = overlap(window, branch.during) if branch else None
    if branch is None or existing is None:
        return
    yield node, depth, existing
    for edge in branch.edges:
        if shared := overlap(existing, edge.during):
            yield from _climb(edge.parent_id, shared, depth + 1, branches, known, (*below, node), circles)
