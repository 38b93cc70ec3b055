"""Checking that every dimension's nodes form trees (I19)."""

import sqlalchemy as sa

from hub.network.roster.files import FILES
from hub.network.roster.known import KnownNetwork
from hub.network.roster.names import external_ids, node_name
from hub.network.roster.staging import ROWS, Staging

_FILE = next(file for file in FILES if file.name == "nodes.csv")


def check_trees(staging: Staging, network: KnownNetwork) -> None:
    """No node is above itself, counting the known nodes that are not in the file; told once per circle."""
    lines, parents = read_nodes(staging)
    parents = {**network.node_parents, **parents}
    settled: set[str] = set()
    for node in lines:
        path: dict[str, None] = {}
        above = node
        while above and above not in settled and above not in path:
            path[above] = None
            above = parents.get(above, "")
        if above in path:
            circle = [*list(path)[list(path).index(above) :], above]
            line = min(lines[name] for name in circle if name in lines)
            names = " > ".join(name.partition("/")[2] for name in circle)
            staging.report(_FILE, f"the node is above itself: {names}", line, "parent_id")
        settled.update(path)


def read_nodes(staging: Staging) -> tuple[dict[str, int], dict[str, str]]:
    """The lines and the parents of the file's nodes, by name; the parent of a root is empty."""
    rows = ROWS["nodes.csv"]
    parent = sa.case((rows.c.parent_id == "", ""), else_=node_name(rows.c.dimension_id, rows.c.parent_id))
    found = staging.connection.execute(
        sa.select(rows.c.line, external_ids("node"), parent).order_by(rows.c.line)
    )
    lines: dict[str, int] = {}
    parents: dict[str, str] = {}
    for line, name, above in found:
        lines.setdefault(name, line)
        parents.setdefault(name, above)
    return lines, parents
