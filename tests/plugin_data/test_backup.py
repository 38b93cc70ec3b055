"""A backup has the rows of plugins, too; they come back on either kind of database, where their plugins are on."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.errors import BadInput
from hub.hooks import Hooks
from hub.plugin_data.migrate import migrate_plugins
from hub.runtime import Hub
from hub.store.backup import write_backup
from hub.store.restore import restore_backup
from tests.databases import Kind, create_database, drop_database
from tests.journeys.world import open_test_hub
from tests.plugin_data.shelf import Shelf, hooks_with, write_revision

KINDS: dict[Kind, Kind] = {"sqlite": "postgres", "postgres": "sqlite"}
TABLES = """
op.create_table(
    "plugin_shelf_room", sa.Column("id", sa.Integer, primary_key=True), sa.Column("open", sa.Boolean)
)
op.create_table(
    "plugin_shelf_book",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("room", sa.Integer, sa.ForeignKey("plugin_shelf_room.id")),
    sa.Column("title", sa.Text),
    sa.Column("cover", sa.LargeBinary),
    sa.Column("bought", sa.Date),
    sa.Column("price", sa.Numeric(8, 2)),
    sa.Column("seen", sa.DateTime),
)
"""
READ = "SELECT b.title, r.open, b.bought, b.price, b.seen FROM plugin_shelf_book b JOIN plugin_shelf_room r ON r.id = b.room"


def rows(hub: Hub) -> list[tuple[object, ...]]:
    """As both kinds of database would say it."""
    with hub.engine.connect() as connection:
        return [
            (row.title, bool(row.open), str(row.bought), float(row.price), str(row.seen)[:10])
            for row in connection.execute(sa.text(READ))
        ]


@pytest.fixture
def hooks(tmp_path: Path) -> Hooks:
    return hooks_with(shelf=Shelf(write_revision(tmp_path / "migrations", TABLES)))


@pytest.fixture
def backup(hub: Hub, hooks: Hooks, tmp_path: Path) -> Path:
    migrate_plugins(hub.engine, hooks)
    with hub.engine.begin() as connection:
        yes = "true" if connection.dialect.name == "postgresql" else "1"
        connection.execute(sa.text(f"INSERT INTO plugin_shelf_room VALUES (1, {yes})"))
        connection.execute(
            sa.text(
                "INSERT INTO plugin_shelf_book VALUES (7, 1, 'Brakes', NULL, '2026-05-04', 12.50, '2026-05-04 09:00:00')"
            )
        )
    with hub.reading() as uow:
        write_backup(uow, tmp_path / "hub.backup", "", hub.blobs)
    return tmp_path / "hub.backup"


@pytest.mark.parametrize("kind_of", [lambda kind: kind, KINDS.__getitem__], ids=["same", "other"])
def test_rows_of_plugins_come_back(
    hub: Hub, database_kind: Kind, hooks: Hooks, backup: Path, kind_of: Callable[[Kind], Kind]
) -> None:
    url = create_database(kind_of(database_kind))
    other = open_test_hub(url, SettableClock(hub.clock.now()))
    try:
        restore_backup(
            other.engine, backup, hub.blobs, migrate_plugins=lambda: migrate_plugins(other.engine, hooks)
        )
        assert rows(other) == rows(hub) == [("Brakes", True, "2026-05-04", 12.5, "2026-05-04")]
        with other.engine.begin() as connection:  # numbers go on after the restored ones
            connection.execute(sa.text("INSERT INTO plugin_shelf_book (title) VALUES ('Tires')"))
            assert connection.scalar(sa.text("SELECT max(id) FROM plugin_shelf_book")) == 8
        assert not migrate_plugins(other.engine, hooks)[0].is_pending
    finally:
        other.close()
        drop_database(url)


def test_tables_in_another_version_are_left_out_and_named_where_they_may_be(
    hub: Hub, database_kind: Kind, backup: Path, tmp_path: Path
) -> None:
    write_revision(tmp_path / "newer", TABLES)
    label = 'op.create_table("plugin_shelf_label", sa.Column("id", sa.Integer, primary_key=True))'
    newer = hooks_with(shelf=Shelf(write_revision(tmp_path / "newer", label, "0002")))
    url = create_database(database_kind)
    other = open_test_hub(url, SettableClock(hub.clock.now()))
    left: list[str] = []

    def restore(*, leave: bool) -> None:
        make = partial(migrate_plugins, other.engine, newer)
        restore_backup(
            other.engine, backup, hub.blobs, migrate_plugins=make, leave_plugins=leave, left=left.append
        )

    try:
        with pytest.raises(BadInput, match="other versions"):
            restore(leave=False)
        restore(leave=True)
        assert left == ["shelf"]
        assert rows(other) == []
        assert not migrate_plugins(other.engine, newer)[0].is_pending
    finally:
        other.close()
        drop_database(url)


def test_where_the_plugin_is_not_on_the_backup_is_refused_unless_its_tables_may_be_left_out(
    hub: Hub, database_kind: Kind, backup: Path
) -> None:
    url = create_database(database_kind)
    other = open_test_hub(url, SettableClock(hub.clock.now()))
    try:
        with pytest.raises(BadInput) as refused:
            restore_backup(other.engine, backup, hub.blobs)
        assert [str(each) for each in refused.value.problems] == ["plugin shelf: is not on here"]
        restore_backup(other.engine, backup, hub.blobs, leave_plugins=True)
        assert "plugin_shelf_book" not in sa.inspect(other.engine).get_table_names()
    finally:
        other.close()
        drop_database(url)
