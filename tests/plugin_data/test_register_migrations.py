"""register_migrations: plugins have tables of their own, counted for each by itself, and no migration reaches others."""

from pathlib import Path
from textwrap import dedent

import pytest
import sqlalchemy as sa

from hub.errors import BadInput, Conflict, NotAllowed
from hub.plugin_data.migrate import (
    check_plugins_migrated,
    downgrade_plugin,
    migrate_plugins,
    read_schemas,
    registered_migrations,
)
from hub.plugin_data.ownership import owner_check, plugins_with_tables, tables_of
from hub.runtime import Hub
from hub.store import migrate
from hub.store.revision import newest_revision, read_revision
from tests.plugin_data.shelf import TABLE, Shelf, hooks_with, tables_there, write_revision


def test_register_migrations_makes_the_plugins_tables_and_counts_them_by_themselves(
    hub: Hub, tmp_path: Path
) -> None:
    hooks = hooks_with(shelf=Shelf(write_revision(tmp_path, TABLE)))
    with pytest.raises(Conflict, match="shelf"):
        check_plugins_migrated(hub.engine, hooks)
    (was,) = migrate_plugins(hub.engine, hooks)
    assert (was.stands, was.newest, was.is_pending) == (None, "0001", True)
    check_plugins_migrated(hub.engine, hooks)
    assert tables_there(hub) == {"plugin_shelf_book", "plugin_shelf_alembic_version"}
    write_revision(tmp_path, 'op.add_column("plugin_shelf_book", sa.Column("title", sa.Text))', "0002")
    with hub.engine.connect() as connection:
        (schema,) = read_schemas(connection, hooks)
        assert read_revision(connection) == newest_revision()
    assert (schema.stands, schema.newest) == ("0001", "0002")
    migrate_plugins(hub.engine, hooks)
    assert not migrate_plugins(hub.engine, hooks)[0].is_pending


def test_register_migrations_and_uninstalled_again_the_hub_migrates_as_if_there_were_no_tables(
    hub: Hub, tmp_path: Path
) -> None:
    migrate_plugins(hub.engine, hooks_with(shelf=Shelf(write_revision(tmp_path, TABLE))))
    migrate(hub.engine)
    assert migrate_plugins(hub.engine, hooks_with()) == []
    with hub.engine.connect() as connection:
        assert plugins_with_tables(connection) == ["shelf"]


def test_migrations_can_be_taken_back(hub: Hub, tmp_path: Path) -> None:
    folder = write_revision(tmp_path, TABLE, downgrade='op.drop_table("plugin_shelf_book")')
    migrate_plugins(hub.engine, hooks_with(shelf=Shelf(folder)))
    downgrade_plugin(hub.engine, "shelf", folder)
    assert tables_there(hub) == {"plugin_shelf_alembic_version"}


REACHING = {
    "another name": 'op.create_table("books", sa.Column("id", sa.Integer))',
    "another plugin": 'op.create_table("plugin_other_book", sa.Column("id", sa.Integer))',
    "a column of the hub": 'op.add_column("person", sa.Column("books", sa.Integer))',
    "an index of the hub": 'op.create_index("ix_mine", "person", ["disabled"])',
    "dropping": "op.drop_table('reassign_queue')",
    "renaming": 'op.rename_table("reassign_queue", "plugin_shelf_queue")',
    "renaming away": TABLE + 'op.rename_table("plugin_shelf_book", "book")',
    "reading": 'op.execute("CREATE TABLE plugin_shelf_people AS SELECT id FROM person")',
    "writing": 'op.execute("UPDATE person SET disabled = (1 = 1)")',
    "reading in words": 'op.get_bind().execute(sa.text("SELECT count(*) FROM change")).scalar()',
    "a key": """
op.create_table(
    "plugin_shelf_book",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.String(100), sa.ForeignKey("audience.key")),
)
""",
    "quietly": """
try:
    op.get_bind().execute(sa.text("SELECT count(*) FROM change")).scalar()
except Exception:
    pass
""",
}


@pytest.mark.parametrize("upgrade", REACHING.values(), ids=REACHING)
def test_a_migration_that_reaches_another_table_is_refused_and_leaves_nothing(
    hub: Hub, tmp_path: Path, upgrade: str
) -> None:
    before = set(sa.inspect(hub.engine).get_table_names())
    hooks = hooks_with(shelf=Shelf(write_revision(tmp_path, upgrade)))
    with pytest.raises((NotAllowed, BadInput), match="shelf"):
        migrate_plugins(hub.engine, hooks)
    assert set(sa.inspect(hub.engine).get_table_names()) == before
    with hub.unit_of_work() as uow:  # the fence is gone with the migration
        assert uow.connection.execute(sa.text("SELECT count(*) FROM person")).scalar() == 0


ENDING = {
    "commit": 'op.execute("COMMIT")',
    "swallowed": """
for statement in ("COMMIT", "UPDATE audience SET key = 'mine'"):
    try:
        op.execute(statement)
    except Exception:
        pass
""",
    "by Alembic": 'with op.get_context().autocommit_block():\n    op.execute("DELETE FROM audience")',
}


@pytest.mark.parametrize("ending", ENDING.values(), ids=ENDING)
def test_a_migration_that_ends_the_transaction_is_refused_and_leaves_nothing(
    hub: Hub, tmp_path: Path, ending: str
) -> None:
    before = set(sa.inspect(hub.engine).get_table_names())
    hooks = hooks_with(shelf=Shelf(write_revision(tmp_path, f"{dedent(TABLE)}\n{dedent(ending)}")))
    with pytest.raises(
        (NotAllowed, AssertionError)
    ):  # Alembic itself asserts that the transaction is its own
        migrate_plugins(hub.engine, hooks)
    assert set(sa.inspect(hub.engine).get_table_names()) == before


def test_a_plugin_owns_no_tables_of_one_whose_name_begins_like_its_own(hub: Hub, tmp_path: Path) -> None:
    longer = TABLE.replace("plugin_shelf_", "plugin_shelf_two_")
    hooks = hooks_with(
        shelf=Shelf(write_revision(tmp_path / "one", TABLE)),
        shelf_two=Shelf(write_revision(tmp_path / "two", longer)),
    )
    migrate_plugins(hub.engine, hooks)
    with hub.engine.connect() as connection:
        assert set(tables_of(connection, "shelf")) == {"plugin_shelf_book", "plugin_shelf_alembic_version"}
        assert "plugin_shelf_two_book" in tables_of(connection, "shelf_two")
    assert not owner_check("shelf", ["shelf_two"])("plugin_shelf_two_book")


@pytest.mark.parametrize(
    ("name", "upgrade", "told"),
    [
        ("shelf", None, "no migrations"),
        ("shelf", "this is no Python", "cannot be read"),
        ("Our-Shelf", TABLE, "letters, digits"),
    ],
)
def test_migrations_that_cannot_be_used_stop_the_start(
    tmp_path: Path, name: str, upgrade: str | None, told: str
) -> None:
    if upgrade:
        write_revision(tmp_path, upgrade)
    with pytest.raises(BadInput, match=told):
        registered_migrations(hooks_with(**{name: Shelf(tmp_path)}))
