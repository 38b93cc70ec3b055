"""Tables that plugins have in this database beside the hub's: known by their names, and by how the database describes them."""

import re
from collections.abc import Collection

import sqlalchemy as sa

from hub.store.types import metadata

VERSION_TABLE = re.compile(r"plugin_(\w+)_alembic_version")
"""Where Alembic counts a plugin's migrations."""


def plugins_in(names: Collection[str]) -> list[str]:
    """Names of the plugins whose tables are among these names of tables."""
    return sorted(match[1] for name in names if (match := VERSION_TABLE.fullmatch(name)))


def owner_of(table: str, plugins: Collection[str]) -> str | None:
    """Whose of these plugins a table is: ``crm`` does not own what ``crm_export`` has."""
    return max((name for name in plugins if table.startswith(f"plugin_{name}_")), key=len, default=None)


def names_of_plugin_tables(names: Collection[str]) -> set[str]:
    """Those of these names of tables that are plugins', with those in which their migrations are counted."""
    prefixes = tuple(f"plugin_{plugin}_" for plugin in plugins_in(names))
    return {name for name in names if name.startswith(prefixes) and name not in metadata.tables}


def read_plugin_tables(connection: sa.Connection) -> list[sa.Table]:
    """Them as the database describes them, in an order in which references point backwards."""
    names = names_of_plugin_tables(sa.inspect(connection).get_table_names())
    found = sa.MetaData()
    if names:
        found.reflect(connection, only=sorted(names))
    return found.sorted_tables
