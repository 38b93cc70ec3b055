"""Checking that every dimension's nodes form trees (I19)."""

from collections import defaultdict

import sqlalchemy as sa

from hub.network.roster.files import FILES
from hub.network.roster.known import KnownNetwork
from hub.network.roster.names import external_ids, node_name
from hub.network.roster.staging import ROWS, Staging
from hub.network.structure.trees import Branch, Edge, find_circle, read_interval
from hub.network.validity.dates import FIRST_DAY, valid_from, valid_to

_FILE = next(file for file in FILES if file.name == "nodes.csv")


def check_trees(staging: Staging, network: KnownNetwork) -> None:
    """No node is ever above itself, counting the known nodes that are not in the file; told once per circle."""
    lines, branches = read_nodes(staging)
    branches = {**network.branches, **branches}
    told: set[frozenset[str]] = set()
    for node in lines:
        circle = find_circle(node, branches)
        if circle is None or frozenset(circle.path) in told:
            continue
        told.add(frozenset(circle.path))
        line = min(lines[name] for name in circle.path if name in lines)
        names = " > ".join(name.partition("/")[2] for name in circle.path)
        day = circle.since.date().isoformat()
        since = f" from {day} on" if day > FIRST_DAY else ""
        staging.report(_FILE, f"the node is above itself{since}: {names}", line, "parent_id")


def read_nodes(staging: Staging) -> tuple[dict[str, int], dict[str, Branch]]:
    """The first lines and the branches of the file's nodes, by name."""
    rows = ROWS["nodes.csv"]
    parent = sa.case((rows.c.parent_id == "", ""), else_=node_name(rows.c.dimension_id, rows.c.parent_id))
    days = (rows.c.valid_from, rows.c.valid_to)
    found = staging.connection.execute(
        sa.select(rows.c.line, external_ids("node"), parent, *days).order_by(rows.c.line)
    )
    lines: dict[str, int] = {}
    edges: dict[str, list[Edge]] = defaultdict(list)
    for line, name, above, since, until in found:
        lines.setdefault(name, line)
        during = read_interval({"valid_from": valid_from(since), "valid_to": valid_to(until)})
        edges[name].append(Edge(above, during))
    return lines, {name: _branch(parts) for name, parts in edges.items()}


def _branch(parts: list[Edge]) -> Branch:
    ends = [part.during[1] for part in parts]
    end = None if None in ends else max(end for end in ends if end)
    return Branch(
        (min(part.during[0] for part in parts), end), tuple(part for part in parts if part.parent_id)
    )
