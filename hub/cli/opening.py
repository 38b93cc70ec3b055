"""What nearly every command begins with: the settings, and a hub on its database."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.errors import Conflict

if TYPE_CHECKING:
    from hub.config import Settings
    from hub.runtime import Hub


def config_file() -> Path | None:
    """The settings file that was named before the command, if one was."""
    named: Path | None = click.get_current_context().find_root().obj
    return named


def read_settings(*, quiet: bool = True) -> "Settings":
    """The settings; from here on logs go to standard error. A quiet command logs what is wrong and nothing else."""
    from hub.config import load_settings
    from hub.logging import configure_logging

    settings = load_settings(config_file())
    if quiet:
        configure_logging(level="error", as_json=False)
    else:
        configure_logging(level=settings.log_level, as_json=settings.log_json)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    return settings


@contextmanager
def opened_hub(*, quiet: bool = True) -> Iterator["Hub"]:
    """A hub on its migrated database, closed at the end. Conflict ``not_migrated`` when migrations are missing."""
    from hub.app import open_hub

    hub = open_hub(read_settings(quiet=quiet))
    try:
        check_migrated(hub)
        yield hub
    finally:
        hub.close()


def check_migrated(hub: "Hub") -> None:
    """Conflict ``not_migrated`` unless the database has the newest schema; ``plugin_not_migrated`` if plugins' tables have not."""
    from hub.plugin_data.migrate import check_plugins_migrated
    from hub.store.revision import newest_revision, read_revision

    with hub.engine.connect() as connection:
        stands = read_revision(connection)
    newest = newest_revision()
    if stands != newest:
        raise Conflict(
            "not_migrated",
            f"The database has {f'schema {stands}' if stands else 'no tables yet'}; this hub needs schema {newest}.",
            "Run `hub migrate`.",
        )
    check_plugins_migrated(hub.engine, hub.hooks)
