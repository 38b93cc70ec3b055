"""The closure of the field trees is that of their parents, whatever moves (I21)."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.errors import BadInput, Conflict
from hub.ids import new_id
from hub.journal.tables import change
from hub.network import tables
from hub.network.apply_changes import apply_changes
from hub.network.importing.import_network import Counts, import_network
from hub.network.validity.dates import BEGINNING
from hub.runtime import Hub
from tests.network.small_network import SmallNetwork

Closure = set[tuple[str, str, int]]


def closure_of(parents: Mapping[str, str | None]) -> Closure:
    """The closure worked out the slow way."""
    rows = set()
    for node in parents:
        above: str | None = node
        depth = 0
        while above is not None:
            rows.add((above, node, depth))
            above, depth = parents[above], depth + 1
    return rows


def stored(hub: Hub) -> tuple[dict[str, str | None], Closure]:
    """The parents and the closure in the hub."""
    with hub.reading() as uow:
        node, parent = tables.node, tables.node_parent
        query = sa.select(node.c.id, parent.c.parent_id).outerjoin(parent, parent.c.node_id == node.c.id)
        parents = {row.id: row.parent_id for row in uow.connection.execute(query)}
        closure = uow.connection.execute(sa.select(tables.node_closure)).all()
        assert all((row.valid_from, row.valid_to) == (BEGINNING, None) for row in closure)
        return parents, {(row.ancestor_id, row.descendant_id, row.depth) for row in closure}


def snapshot(node: str, parent: str | None) -> Mapping[str, Any]:
    """As bodies were before trees were dated."""
    return {"id": node, "dimension": "general", "name": "a node", "parent_id": parent}


def apply(hub: Hub, snapshots: Sequence[Mapping[str, Any]]) -> None:
    with hub.unit_of_work() as uow:
        if not uow.connection.scalar(
            sa.select(tables.dimension.c.key).where(tables.dimension.c.key == "general")
        ):
            uow.connection.execute(sa.insert(tables.dimension).values(key="general", name="General"))
        apply_changes(uow, "node_changed", snapshots)


@pytest.mark.parametrize("seed", range(2))
def test_random_reorganizations(hub: Hub, seed: int) -> None:
    choose = random.Random(seed)
    parents: dict[str, str | None] = {}
    for _ in range(8):
        changed: dict[str, Mapping[str, Any]] = {}
        for _ in range(choose.randint(1, 12)):
            node = choose.choice(list(parents)) if parents and choose.random() < 0.6 else new_id()
            below = {
                d
                for _, d, _ in closure_of(parents)
                if (node, d) in {(a, d) for a, d, _ in closure_of(parents)}
            }
            others = [other for other in parents if other not in below and other != node]
            parents[node] = choose.choice(others) if others and choose.random() < 0.9 else None
            changed[node] = snapshot(node, parents[node])
        shuffled = list(changed.values())
        choose.shuffle(shuffled)  # parents may come after their children
        apply(hub, shuffled)
        assert stored(hub) == (parents, closure_of(parents))


def test_of_two_snapshots_of_one_node_the_last_counts(hub: Hub) -> None:
    root, left, right, leaf = (new_id() for _ in range(4))
    steps = [
        (root, None),
        (left, root),
        (right, root),
        (leaf, left),
        (left, right),
        (leaf, right),
        (left, root),
    ]
    apply(hub, [snapshot(node, parent) for node, parent in steps])
    parents = {root: None, left: root, right: root, leaf: right}
    assert stored(hub) == (parents, closure_of(parents))


def test_moving_a_branch_touches_only_what_hangs_below_it(hub: Hub) -> None:
    root = new_id()
    trees = [[new_id() for _ in range(4)] for _ in range(50)]
    nodes = [snapshot(root, None)]
    for tree in trees:
        nodes += [snapshot(node, parent) for node, parent in zip(tree, [root, *tree], strict=False)]
    apply(hub, nodes)
    written: list[str] = []

    @sa.event.listens_for(hub.engine, "before_cursor_execute")
    def _note(
        conn: object, cursor: object, statement: str, parameters: object, context: object, many: bool
    ) -> None:
        if "node_closure" in statement and not statement.startswith("SELECT"):
            written.extend(
                map(str, parameters) if many and isinstance(parameters, list) else [str(parameters)]
            )

    apply(hub, [snapshot(trees[0][1], trees[1][0])])
    sa.event.remove(hub.engine, "before_cursor_execute", _note)
    moved = trees[0][1:]
    assert all(any(node in row for node in moved) for row in written)
    parents, closure = stored(hub)
    assert closure == closure_of(parents)
    assert {a for a, d, _ in closure if d == trees[0][3]} == {root, trees[1][0], *moved}


def test_files_move_nodes_through_any_reorganization(hub: Hub, tmp_path: Path) -> None:
    network = SmallNetwork()
    import_network(hub, network.write(tmp_path))
    # North comes below its own former child, which comes below South.
    network.replace("nodes.csv", "sales,north", "sales,north,Sales North,city")
    network.replace("nodes.csv", "sales,city", "sales,city,Sales City,south")
    network.add("nodes.csv", "sales,quarter,Quarter,north")
    with hub.reading() as uow:
        last = uow.connection.scalar(sa.select(sa.func.max(change.c.position)))
    report = import_network(hub, network.write(tmp_path))
    assert report.counts["node"] == Counts(new=1, changed=2, unchanged=3)
    assert {kind for kind, counts in report.counts.items() if counts.changed} == {"node"}
    parents, closure = stored(hub)
    assert closure == closure_of(parents)
    with hub.reading() as uow:
        key, node = tables.roster_key, tables.node
        names = {
            row.id: row.external_id
            for row in uow.connection.execute(sa.select(key).where(key.c.kind == "node"))
        }
        moves = uow.connection.scalars(
            sa.select(change.c.subject_id).where(change.c.position > last).order_by(change.c.position)
        )
        # Each node comes after its new parent, so that no step passes through a circle.
        assert [names[id] for id in moves] == ["sales/city", "sales/north", "sales/quarter"]
        assert uow.connection.scalar(sa.select(sa.func.count()).select_from(node)) == 6
    quarter = next(id for id, name in names.items() if name == "sales/quarter")
    assert {names[a]: depth for a, d, depth in closure if d == quarter} == {
        "sales/quarter": 0,
        "sales/north": 1,
        "sales/city": 2,
        "sales/south": 3,
        "sales/world": 4,
    }


def test_two_moves_that_make_a_circle_together(hub: Hub, tmp_path: Path) -> None:
    import_network(hub, SmallNetwork().write(tmp_path / "files"))
    mine = SmallNetwork().only().add("nodes.csv", "sales,north,Sales North,south")
    theirs = SmallNetwork().only().add("nodes.csv", "sales,south,Sales South,city")

    def be_overtaken(step: str, done: int, of: int) -> None:
        if step == "comparing" and done == of:
            import_network(hub, theirs.write(tmp_path / "theirs"))

    with pytest.raises(Conflict) as refused:
        import_network(hub, mine.write(tmp_path / "mine"), progress=be_overtaken)
    assert refused.value.code == "node_circle"
    parents, closure = stored(hub)
    assert closure == closure_of(parents)
    with pytest.raises(BadInput) as bad:
        import_network(hub, tmp_path / "mine")
    assert "the node is above itself" in str(bad.value)
