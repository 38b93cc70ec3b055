"""The migrations and the tables say the same, on each kind of database."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.schema import CreateIndex

from hub.store import metadata, migrate, open_engine
from hub.store.new_migration import import_all_tables, is_comparable


@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_the_migrations_make_exactly_the_tables(database_url: str) -> None:
    import_all_tables()
    engine = open_engine(database_url)
    with engine.connect() as connection:
        options = {"compare_type": True, "include_object": is_comparable}
        context = MigrationContext.configure(connection, opts=options)
        difference = compare_metadata(context, metadata)
    engine.dispose()
    assert difference == []


def test_indexes_over_expressions_are_made_as_the_tables_say(database_url: str) -> None:
    import_all_tables()
    engine = open_engine(database_url)
    indexes = [index for table in metadata.sorted_tables for index in table.indexes]
    wanted = {str(CreateIndex(i).compile(engine)) for i in indexes if not is_comparable(i, "", "index")}
    assert wanted
    with engine.connect() as connection:
        made = connection.scalars(sa.text(_INDEXES[engine.dialect.name])).all()
    engine.dispose()
    assert {_plain(text) for text in wanted} <= {_plain(text) for text in made}


_INDEXES = {
    "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    "postgresql": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
}


def _plain(text: str) -> str:
    """Without what the database adds when it repeats a definition."""
    for added in ("public.", " USING btree", '"'):
        text = text.replace(added, "")
    return re.sub(r"\((\w+)\)::text", r"\1", text)


def test_processes_that_migrate_at_once_do_not_disturb_each_other(new_database: Callable[..., str]) -> None:
    engines = [open_engine(url) for url in [new_database(migrated=False)] * 2]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(migrate, engines))
    assert "person" in sa.inspect(engines[0]).get_table_names()
    for engine in engines:
        engine.dispose()
