"""Field trees from before they were dated go on, as having always been so."""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import command

from hub.ids import new_id
from hub.network import tables
from hub.network.validity.dates import BEGINNING
from hub.store import migrate, open_engine
from hub.store.migrate import alembic_config

OLD_NODE = sa.table("node", *(sa.column(name) for name in ("id", "dimension", "name", "parent_id")))
OLD_CLOSURE = sa.table(
    "node_closure", *(sa.column(name) for name in ("ancestor_id", "descendant_id", "depth"))
)


def test_older_trees_are_dated_from_the_beginning(new_database: Callable[..., str]) -> None:
    engine = open_engine(new_database(migrated=False))
    root, leaf, partner, place = (new_id() for _ in range(4))
    with engine.connect() as connection, connection.begin():
        command.upgrade(alembic_config(connection), "0028")
        connection.execute(sa.insert(tables.dimension).values(key="sales", name="Sales"))
        for id, parent in ((root, None), (leaf, root)):
            values = {"id": id, "dimension": "sales", "name": "A node", "parent_id": parent}
            connection.execute(sa.insert(OLD_NODE).values(values))
        for above, below, depth in ((root, root, 0), (leaf, leaf, 0), (root, leaf, 1)):
            row: dict[str, object] = {"ancestor_id": above, "descendant_id": below, "depth": depth}
            connection.execute(sa.insert(OLD_CLOSURE).values(row))
        connection.execute(sa.insert(tables.partner).values(id=partner, name="Riverside"))
        where = {"name": "L", "city": "L", "country": "US", "time_zone": "UTC", "valid_from": BEGINNING}
        connection.execute(sa.insert(tables.location).values(id=place, partner_id=partner, **where))
        placed = {"location_id": place, "node_id": leaf, "dimension": "sales", "valid_from": BEGINNING}
        connection.execute(sa.insert(tables.location_node).values(**placed))
    migrate(engine)
    with engine.connect() as connection:
        nodes = {(row.id, row.valid_from, row.valid_to) for row in connection.execute(sa.select(tables.node))}
        assert nodes == {(root, BEGINNING, None), (leaf, BEGINNING, None)}
        assert connection.execute(sa.select(tables.node_parent)).all() == [(leaf, root, BEGINNING, None)]
        closure = {tuple(row) for row in connection.execute(sa.select(tables.node_closure))}
        assert closure == {
            (above, below, depth, BEGINNING, None)
            for above, below, depth in ((root, root, 0), (leaf, leaf, 0), (root, leaf, 1))
        }
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.location_node)) == 1
        if engine.dialect.name == "sqlite":
            assert connection.execute(sa.text("PRAGMA foreign_key_check")).all() == []
    engine.dispose()
