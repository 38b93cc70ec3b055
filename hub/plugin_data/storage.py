"""A plugin's way to its own tables: a transaction of its own, and what is noted in it for when the plugin is asked."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.audiences.assigning.notes import set_notes
from hub.errors import Conflict
from hub.hooks.watch import sheltered, sheltered_ends
from hub.plugin_data.fence import fenced
from hub.plugin_data.ownership import owner_check
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.store.unit_of_work import is_inside_unit

Allow = Callable[[UnitOfWork, Collection[str]], None]


@dataclass(frozen=True)
class Writing:
    """One transaction of a plugin. ``connection`` reaches its tables alone; ``now`` is its instant."""

    connection: sa.Connection
    now: datetime
    noted: dict[str, Mapping[str, Any] | None] = field(default_factory=dict)

    def remember(self, appointment_id: str, note: Mapping[str, Any] | None) -> None:
        """Note something about an appointment, instead of what was noted before; None forgets.

        It is a fact of the journal, written with the rows when the transaction ends. ``decide_assignments`` is asked about the
        person again and finds it as ``candidate.notes``. A note is a short JSON object, and names nobody.
        """
        self.noted[appointment_id] = note


class Storage:
    """Where a plugin keeps what is its own; the hub puts it on the plugin as ``storage``. Not in *ask* and *show* hooks."""

    def __init__(self, hub: Hub, plugin: str) -> None:
        self._hub, self._plugin = hub, plugin
        self._owns = owner_check(plugin, [each.name for each in hub.hooks.plugins])

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that cannot write."""
        self._refuse_inside()
        with sheltered_ends(self._hub.reading()) as uow, fenced(uow.connection, self._plugin, self._owns):
            yield uow.connection

    @contextmanager
    def writing(self, actor_id: str | None = None, allow: Allow = lambda *_: None) -> Iterator[Writing]:
        """A transaction: rows and notes, all of it or nothing.

        ``actor_id`` is whose act it is; None for the plugin's own. ``allow`` raises for appointments that may not be noted about.
        """
        self._refuse_inside()
        with sheltered_ends(self._hub.unit_of_work()) as uow:
            writing = Writing(uow.connection, uow.now)
            with fenced(uow.connection, self._plugin, self._owns):
                yield writing
            if writing.noted:
                with sheltered():
                    allow(uow, list(writing.noted))
                    set_notes(uow, self._plugin, writing.noted, actor_id)

    def _refuse_inside(self) -> None:
        if is_inside_unit():
            raise Conflict(
                "storage_in_unit",
                f"The plugin {self._plugin} wants its tables in the middle of the hub's own work.",
                "A hook that is asked or shows something answers from its arguments alone: note what it needs before.",
            )


def lend_storage(hub: Hub) -> None:
    """Put its storage on every plugin that has tables."""
    with_tables = hub.hooks.implementers("register_migrations")
    for plugin in hub.hooks.plugins:
        if plugin.name in with_tables:
            plugin.instance.storage = Storage(hub, plugin.name)
