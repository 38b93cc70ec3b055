"""Which tables are a plugin's: those that begin with its name, and the one in which Alembic counts its migrations."""

import re
from collections.abc import Callable, Collection

import sqlalchemy as sa

from hub.store.plugin_tables import plugins_in
from hub.store.types import metadata

NAME = re.compile(r"[a-z][a-z0-9_]{0,29}")
"""Of plugins with tables or pages: it stands in names of tables, of which PostgreSQL cuts off long ones, and in addresses."""
_DRAFT = "_alembic_tmp_"
"""Before the names of tables that Alembic is just writing anew on SQLite."""


def prefix_of(plugin: str) -> str:
    """How the names of a plugin's tables begin."""
    return f"plugin_{plugin}_"


def version_table_of(plugin: str) -> str:
    """Where Alembic notes how far a plugin's tables are."""
    return f"{prefix_of(plugin)}alembic_version"


def owner_check(plugin: str, others: Collection[str]) -> Callable[[str], bool]:
    """Whether a table of some name is a plugin's, and of none of these others: ``crm`` does not own what ``crm_export`` has."""
    mine = prefix_of(plugin)
    longer = tuple(
        prefix_of(other) for other in others if prefix_of(other).startswith(mine) and other != plugin
    )

    def owns(table: str) -> bool:
        name = table.lower().removeprefix(_DRAFT)
        return name.startswith(mine) and not name.startswith(longer) and name not in metadata.tables

    return owns


def plugins_with_tables(connection: sa.Connection) -> list[str]:
    """Names of plugins that have tables here, whether or not they are installed."""
    return plugins_in(sa.inspect(connection).get_table_names())


def tables_of(connection: sa.Connection, plugin: str) -> list[str]:
    """A plugin's tables, the one of its migrations too; each after those that refer to it."""
    inspector = sa.inspect(connection)
    owns = owner_check(plugin, plugins_with_tables(connection))
    mine = [name for name in inspector.get_table_names() if owns(name)]
    above = {
        name: {key["referred_table"] for key in inspector.get_foreign_keys(name)} - {name} for name in mine
    }
    ordered: list[str] = []
    while above:
        referred = set().union(*above.values())
        free = sorted(above.keys() - referred) or sorted(above)  # in a circle none is free
        ordered.append(free[0])
        del above[free[0]]
    return ordered


def count_rows(connection: sa.Connection, table: str) -> int:
    """How many rows a table has."""
    return connection.scalar(sa.select(sa.func.count()).select_from(sa.table(table))) or 0
