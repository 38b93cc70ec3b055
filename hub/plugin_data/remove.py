"""Removing what a plugin kept: its tables, what the hub keeps for it, and what it asked for. Facts that others rest on stay.

Credits, the ledger, statements, the journal and the audit trail are nobody's to take back. It works by the name alone, also when the
plugin's package is gone: its tables are found by their names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.schema import DropTable

from hub.audiences import tables
from hub.audiences.assigning.notes import PLUGIN_REMOVED, apply_removed_plugin
from hub.audiences.profiles.tables import audience_profile
from hub.journal import Change, audit, record_changes
from hub.journal.outbox import DISMISSED, PARKED, WAITING
from hub.journal.tables import outbox
from hub.plugin_data.ownership import count_rows, tables_of
from hub.store import UnitOfWork
from hub.store.migrate import one_at_a_time

if TYPE_CHECKING:
    from hub.runtime import Hub

_EXPORTS = tuple(sa.table(f"export_{name}", sa.column("plugin")) for name in ("row", "queue", "state"))
_ASIDE, _ERASER = (sa.table(name, sa.column("plugin")) for name in ("plugin_aside", "plugin_eraser"))
"""Kept for plugins by rooms beside and above this one; how things stand with other systems and operators, so no replay has it."""
TELLINGS = ("tell", "tell_many")
"""Kinds of deliveries to plugins."""


@dataclass(frozen=True)
class Kept:
    """What there is of a plugin. ``tables`` are its own, with their rows; the others are numbers of rows of the hub's.

    ``exported`` is what is noted about lists that it keeps in other systems: rows, and people who are to be compared. ``erases_people``
    says that erasures stay open while it is not on. ``profiles`` (keys) name it; they stay, and have to be changed by whoever wrote them.
    """

    tables: Mapping[str, int]
    notes: int
    opinions: int
    audiences: tuple[str, ...]
    partners_off: int
    deliveries: int
    exported: int
    is_aside: bool
    erases_people: bool
    profiles: tuple[str, ...]

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to remove."""
        counts = (self.notes, self.opinions, self.partners_off, self.deliveries, self.exported)
        return not (self.tables or self.audiences or any(counts) or self.is_aside or self.erases_people)


def what_is_kept(uow: UnitOfWork, plugin: str) -> Kept:
    """What ``remove_data`` would remove; reads only."""
    switch, profile = tables.audience_plugin, audience_profile
    on = sa.select(switch.c.audience).where(switch.c.plugin == plugin, switch.c.valid_to.is_(None))
    said = uow.connection.execute(sa.select(profile.c.key, profile.c.said).order_by(profile.c.key))
    return Kept(
        {name: count_rows(uow.connection, name) for name in tables_of(uow.connection, plugin)},
        _count(uow, tables.plugin_note, plugin),
        _count(uow, tables.opinion, plugin),
        tuple(uow.connection.scalars(on.order_by(switch.c.audience))),
        _count(uow, tables.plugin_off, plugin),
        uow.connection.scalar(sa.select(sa.func.count()).select_from(outbox).where(_waiting(plugin))) or 0,
        sum(_count(uow, table, plugin) for table in _EXPORTS),
        _count(uow, _ASIDE, plugin) > 0,
        _count(uow, _ERASER, plugin) > 0,
        tuple(row.key for row in said if plugin in row.said.get("plugins", {})),
    )


def remove_data(hub: "Hub", plugin: str, actor_id: str | None = None) -> Kept:
    """Remove it all in one unit; what there was. Its goals end as soon as the readers follow.

    The plugin must not be on: it would make its tables anew, and answer again.
    """
    with hub.unit_of_work() as uow:
        one_at_a_time(uow.connection)
        kept = what_is_kept(uow, plugin)
        if kept.is_nothing:
            return kept
        for name in kept.tables:
            uow.connection.execute(DropTable(sa.Table(name, sa.MetaData())))
        body = {"plugin": plugin}
        apply_removed_plugin(uow, body)
        record_changes(uow, [Change(PLUGIN_REMOVED, plugin, body, actor_id=actor_id)])
        dismissed = sa.update(outbox).where(_waiting(plugin)).values(state=DISMISSED, done_at=uow.now)
        uow.connection.execute(dismissed)
        for table in (*_EXPORTS, _ASIDE, _ERASER):
            uow.connection.execute(sa.delete(table).where(table.c.plugin == plugin))
        audit(
            uow,
            PLUGIN_REMOVED,
            plugin,
            actor_id=actor_id,
            detail={
                "tables": dict(kept.tables),
                "notes": kept.notes,
                "opinions": kept.opinions,
                "exported": kept.exported,
                "erases_people": kept.erases_people,
            },
        )
    return kept


def _waiting(plugin: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        outbox.c.receiver == plugin, outbox.c.kind.in_(TELLINGS), outbox.c.state.in_([WAITING, PARKED])
    )


def _count(uow: UnitOfWork, table: sa.FromClause, plugin: str) -> int:
    query = sa.select(sa.func.count()).select_from(table).where(table.c.plugin == plugin)
    return uow.connection.scalar(query) or 0
