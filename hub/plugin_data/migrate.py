"""Bringing plugins' tables to where their migrations lead, each with a version table of its own and behind its fence.

With a version table that all shared, uninstalling a plugin would break the hub's own next upgrade.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from hub.errors import BadInput, Conflict
from hub.hooks import Hooks, cannot_start
from hub.plugin_data.fence import fenced, foreign_table
from hub.plugin_data.ownership import NAME, owner_check, plugins_with_tables, tables_of, version_table_of
from hub.store.migrate import one_at_a_time

HOOK = "register_migrations"
_ENVIRONMENT = Path(__file__).parent / "migrations"


@dataclass(frozen=True)
class PluginSchema:
    """A plugin's tables: the revision they have (None before the first), and the newest it brings along."""

    plugin: str
    stands: str | None
    newest: str

    @property
    def is_pending(self) -> bool:
        """Whether ``hub migrate`` has something to do."""
        return self.stands != self.newest


def registered_migrations(hooks: Hooks) -> dict[str, Path]:
    """Folders of revisions by plugin. BadInput ``bad_plugin`` for one that cannot be used."""
    found: dict[str, Path] = {}
    for plugin in hooks.implementers(HOOK):
        register = hooks.implementation(HOOK, plugin)
        assert register is not None  # noqa: S101  (it is among the implementers)
        try:
            folder = Path(register())
        except Exception as error:
            raise cannot_start(plugin, f"{HOOK} failed: {error}") from error
        if not NAME.fullmatch(plugin):
            raise cannot_start(plugin, "a plugin with tables has a name of at most 30 letters, digits and _.")
        _newest(plugin, folder)
        found[plugin] = folder
    return found


def read_schemas(connection: sa.Connection, hooks: Hooks) -> list[PluginSchema]:
    """How far the tables of every plugin are that has some and is on."""
    return [
        PluginSchema(plugin, _stands(connection, plugin), _newest(plugin, folder))
        for plugin, folder in registered_migrations(hooks).items()
    ]


def check_plugins_migrated(engine: sa.Engine, hooks: Hooks) -> None:
    """Conflict ``plugin_not_migrated`` unless the tables of all plugins that are on are the newest."""
    if not hooks.implementers(HOOK):
        return
    with engine.connect() as connection:
        behind = [schema.plugin for schema in read_schemas(connection, hooks) if schema.is_pending]
    if behind:
        raise Conflict(
            "plugin_not_migrated",
            f"The tables of {', '.join(behind)} are not the newest.",
            "Run `hub migrate`.",
        )


def migrate_plugins(engine: sa.Engine, hooks: Hooks) -> list[PluginSchema]:
    """Migrate every plugin that is on; how they stood before. NotAllowed ``foreign_table``; then that plugin's stay as they were."""
    with engine.connect() as connection:
        before = read_schemas(connection, hooks)
    folders = registered_migrations(hooks)
    for schema in before:
        if schema.is_pending:
            migrate_plugin(engine, schema.plugin, folders[schema.plugin])
    return before


def migrate_plugin(engine: sa.Engine, plugin: str, folder: Path, *, others: Sequence[str] = ()) -> None:
    """Apply the revisions in ``folder`` that are missing. NotAllowed ``foreign_table`` for one that touches others' tables."""
    _run(engine, plugin, folder, others, lambda config: command.upgrade(config, "head"))


def downgrade_plugin(engine: sa.Engine, plugin: str, folder: Path, to: str = "base") -> None:
    """Take revisions back, for whoever tries that they can be."""
    _run(engine, plugin, folder, (), lambda config: command.downgrade(config, to))


def _run(
    engine: sa.Engine, plugin: str, folder: Path, others: Sequence[str], do: Callable[[Config], None]
) -> None:
    with engine.connect() as connection, connection.begin():
        one_at_a_time(connection)
        known = {*others, *plugins_with_tables(connection)}
        config = _config(folder)
        config.attributes.update(connection=connection, version_table=version_table_of(plugin))
        owns, before = owner_check(plugin, known), set(sa.inspect(connection).get_table_names())
        with fenced(connection, plugin, owns):
            do(config)
        for name in set(sa.inspect(connection).get_table_names()) - before:
            if not owns(name):  # a table of its own, under another name since then
                raise foreign_table(plugin, name)
        _refuse_references(connection, plugin)


def _refuse_references(connection: sa.Connection, plugin: str) -> None:
    """A key into a table of the hub would hold up its upgrades, and erasures. SQLite's authorizer is not asked about keys."""
    inspector = sa.inspect(connection)
    owns = owner_check(plugin, plugins_with_tables(connection))
    for table in tables_of(connection, plugin):
        for key in inspector.get_foreign_keys(table):
            if not owns(key["referred_table"]):
                raise BadInput(
                    "foreign_key",
                    f"{table} of the plugin {plugin} refers to {key['referred_table']}, which is not its own.",
                    "Keep the id without a foreign key.",
                )


def _config(folder: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_ENVIRONMENT))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(folder).replace("%", "%%"))
    return config


def _newest(plugin: str, folder: Path) -> str:
    try:
        head = ScriptDirectory.from_config(_config(folder)).get_current_head()
    except (CommandError, SyntaxError, ImportError) as error:
        raise cannot_start(plugin, f"its migrations cannot be read: {error}") from error
    if head is None:
        raise cannot_start(plugin, f"there are no migrations in {folder}.")
    return head


def _stands(connection: sa.Connection, plugin: str) -> str | None:
    options = {"version_table": version_table_of(plugin)}
    return MigrationContext.configure(connection, opts=options).get_current_revision()
