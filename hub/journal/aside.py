"""Plugins that are set aside: on, but not called, because a process had to be ended for them or somebody said so.

Every process learns of it within moments, and so does each that starts later. It lasts until somebody takes the plugin back.
Meanwhile its deliveries wait (hub.journal.outbox); whom it could not be asked about is made up for (hub.audiences.assigning.unasked).
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.errors import Missing
from hub.journal.audit import audit
from hub.journal.tables import plugin_aside
from hub.store import UnitOfWork

MOST_WORDS = 500


@dataclass(frozen=True)
class Aside:
    """A plugin that is set aside; ``hook`` is what it was doing, empty where somebody set it aside."""

    plugin: str
    hook: str
    reason: str
    since: datetime


def set_plugin_aside(
    uow: UnitOfWork, plugin: str, reason: str, hook: str = "", *, actor_id: str | None = None
) -> None:
    """Let no process call a plugin from now on; one that is set aside already stays so with its first reason."""
    row = {"plugin": plugin, "hook": hook, "reason": reason[:MOST_WORDS], "since": uow.now}
    if uow.find(plugin_aside, plugin=plugin) is None:
        uow.insert_new(plugin_aside, [row])
        audit(uow, "plugin_set_aside", plugin, actor_id=actor_id, detail={"hook": hook})


def take_plugin_back(uow: UnitOfWork, plugin: str, *, actor_id: str | None = None) -> None:
    """Let a plugin be called again; Missing when it is not set aside."""
    gone = uow.connection.execute(sa.delete(plugin_aside).where(plugin_aside.c.plugin == plugin))
    if not gone.rowcount:
        raise not_aside(plugin)
    audit(uow, "plugin_taken_back", plugin, actor_id=actor_id)


def not_aside(plugin: str) -> Missing:
    """What is told of a plugin that cannot be taken back, because it is called anyhow."""
    return Missing("plugin_not_aside", f"The plugin {plugin} is not set aside.")


def list_aside(uow: UnitOfWork) -> list[Aside]:
    """The plugins that are set aside, by name."""
    rows = uow.connection.execute(sa.select(plugin_aside).order_by(plugin_aside.c.plugin))
    return [Aside(row.plugin, row.hook, row.reason, row.since) for row in rows]


def heed_aside(uow: UnitOfWork) -> None:
    """Let this process call those plugins, and only those, that are not set aside."""
    uow.hooks.set_aside({aside.plugin: aside.reason for aside in list_aside(uow)})
