"""The migrations and the tables say the same, on each kind of database."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from hub.store import metadata, migrate, open_engine
from hub.store.new_migration import import_all_tables


def test_the_migrations_make_exactly_the_tables(database_url: str) -> None:
    import_all_tables()
    engine = open_engine(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        difference = compare_metadata(context, metadata)
    engine.dispose()
    assert difference == []


def test_processes_that_migrate_at_once_do_not_disturb_each_other(new_database: Callable[..., str]) -> None:
    engines = [open_engine(url) for url in [new_database(migrated=False)] * 2]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(migrate, engines))
    assert "person" in sa.inspect(engines[0]).get_table_names()
    for engine in engines:
        engine.dispose()
