"""Opening a hub for one test: on a copy of a migrated SQLite file, with the plugins of the test on."""

import dataclasses
import logging
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog

from hub import store
from hub.app import open_hub
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import Audience, set_audience, switch_plugin
from hub.clock import Clock
from hub.config import DEFAULT_PLUGINS, Settings
from hub.hooks import API_VERSION
from hub.http import OutgoingHttp
from hub.ids import content_hash, new_id
from hub.plugin_data.migrate import migrate_plugins
from hub.runtime import Hub
from hub.store import migrate, open_engine
from hub.testing.serve import free_port

EVERYBODY = "everybody"
"""The key of the audience that everybody with an appointment is in; the plugins of a test are on for it."""
SECRET_KEY = "only-for-tests-0123456789abcdefghij"
VERSIONS = Path(store.__file__).parent / "migrations" / "versions"
_NO_ENVIRONMENT = "HUB_SETTINGS_OF_NOBODY_"


def template_in(folder: Path) -> Path:
    """A migrated SQLite database, for the hubs of all tests to begin on a copy of it; made where the folder has none yet.

    It is of this hub: another one has other migrations, and makes its own.
    """
    schema = content_hash("".join(sorted(map(_told_of, VERSIONS.glob("*.py")))).encode())
    template = folder / f"template-{schema[:16]}.sqlite"
    if template.exists():
        return template
    draft = folder / f"{new_id()}.draft"
    engine = open_engine(f"sqlite:///{draft}")
    try:
        migrate(engine)
    finally:
        engine.dispose()
    connection = sqlite3.connect(draft)
    connection.execute("PRAGMA journal_mode = DELETE")  # so that one file is the whole database
    connection.close()
    return draft.replace(template)


def _told_of(file: Path) -> str:
    return f"{file.name} {file.stat().st_size} {file.stat().st_mtime_ns} "


def be_quiet() -> None:
    """Let the hub's log have warnings alone, unless somebody has said what it is to have."""
    if not structlog.is_configured():
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


def open_small_hub(
    template: Path,
    folder: Path,
    clock: Clock,
    plugins: Sequence[str],
    tables: Mapping[str, Mapping[str, Any]],
    settings: Mapping[str, Any],
    api: str = API_VERSION,
) -> Hub:
    """A hub with its database and files in ``folder``, and these plugins before the usual ones.

    ``tables`` are settings of plugins by name, ``settings`` those of the hub, ``api`` is the plugin API it offers. It may call two loopback ports, which simulated
    systems take when a test asks for them, and lives at a third.
    """
    database = folder / "hub.sqlite"
    shutil.copyfile(template, database)
    given: dict[str, Any] = {
        "database_url": f"sqlite:///{database}",
        "secret_key": SECRET_KEY,
        "storage_url": f"file:{folder}/files",
        "public_url": f"http://127.0.0.1:{free_port()}",
        "outgoing_allow": [f"127.0.0.1:{free_port()}" for _ in range(2)],
        "plugins": [*dict.fromkeys([*plugins, *DEFAULT_PLUGINS])],
        "plugin": {name: dict(table) for name, table in tables.items()},
        **settings,
    }
    hub = open_hub(Settings(_env_prefix=_NO_ENVIRONMENT, **given), clock=clock, api=api)
    migrate_plugins(hub.engine, hub.hooks)
    return hub


def with_http(hub: Hub, http: OutgoingHttp) -> Hub:
    """The same hub with another way out."""
    return dataclasses.replace(hub, http=http)


def switch_on(hub: Hub, plugins: Sequence[str]) -> None:
    """Make the audience EVERYBODY, and switch those on for it that are switched per audience."""
    with hub.unit_of_work() as uow:
        set_audience(uow, Audience(EVERYBODY, "Everybody", Conditions()))
        for plugin in plugins:
            if any(
                contract.scope == "subject" and plugin in hub.hooks.implementers(name)
                for name, contract in hub.hooks.contracts.items()
            ):
                switch_plugin(uow, EVERYBODY, plugin, on=True)
