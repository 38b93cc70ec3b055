"""What plugins have to erase themselves: each in a turn of its own, tried again until it is done; until then the erasure is open.

Which plugins erase people is remembered: one that is not on for a while still has what it kept, here or in another system. Only
``hub plugin remove NAME --data`` says that there is nothing left to ask for.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub.lifecycle.tables import erasure, plugin_eraser, plugin_erasure
from hub.logging import get_logger
from hub.plugin_data.ownership import plugins_with_tables
from hub.plugin_data.personal_data import ERASE, erase_in_plugin

if TYPE_CHECKING:
    from hub.runtime import Hub
    from hub.store import UnitOfWork

logger = get_logger(__name__)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=6)
OFF = "It is not on, and may keep something. Switch it on, or give up what it kept by `hub plugin remove {} --data`."


def plugins_to_ask(uow: "UnitOfWork") -> list[str]:
    """Plugins that have to erase somebody: those that can, and those that are not on but could, or have tables here."""
    return list(dict.fromkeys([*uow.hooks.implementers(ERASE), *_off(uow)]))


def has_new_erasers(uow: "UnitOfWork") -> bool:
    """Whether a plugin is on that erases people, and is not remembered yet."""
    return bool(_new_erasers(uow))


def remember_erasers(uow: "UnitOfWork") -> None:
    """Remember which plugins that are on erase people."""
    uow.insert_new(plugin_eraser, [{"plugin": plugin, "since": uow.now} for plugin in _new_erasers(uow)])


def note_plugins(uow: "UnitOfWork", erasure_id: str, people: Sequence[str]) -> None:
    """Note that plugins have to erase somebody (ids: the person, and who became part of it)."""
    remember_erasers(uow)
    uow.insert_new(
        plugin_erasure,
        [
            {
                "erasure_id": erasure_id,
                "plugin": plugin,
                "people": list(people),
                "attempts": 0,
                "next_at": uow.now,
                "last_error": None,
                "done_at": None,
            }
            for plugin in plugins_to_ask(uow)
        ],
    )


def open_plugins(uow: "UnitOfWork", erasure_id: str) -> dict[str, str]:
    """Plugins that may still hold something about the person, and why; empty once all have erased it."""
    mine = sa.and_(plugin_erasure.c.erasure_id == erasure_id, plugin_erasure.c.done_at.is_(None))
    rows = uow.connection.execute(sa.select(plugin_erasure).where(mine).order_by(plugin_erasure.c.plugin))
    return {row.plugin: row.last_error or "It was not asked yet." for row in rows}


def has_due(uow: "UnitOfWork") -> bool:
    """Whether a plugin is to be asked to erase somebody now."""
    due = sa.and_(plugin_erasure.c.done_at.is_(None), plugin_erasure.c.next_at <= uow.now)
    return uow.connection.scalar(sa.select(plugin_erasure.c.plugin).where(due).limit(1)) is not None


def ask_plugins(hub: "Hub", erasure_id: str | None = None) -> list[str]:
    """Ask the plugins of one erasure, whenever they were asked before; or those of all whose time has come.

    Returns the erasures (ids) that were asked about. Who fails is asked again later; nothing is raised.
    """
    table = plugin_erasure
    which = table.c.next_at <= hub.clock.now() if erasure_id is None else table.c.erasure_id == erasure_id
    with hub.reading() as uow:
        rows = uow.connection.execute(sa.select(table).where(table.c.done_at.is_(None), which)).all()
        off = _off(uow)
    for row in rows:
        counts, error = _ask(hub, row, off)
        with hub.unit_of_work() as uow:
            _note(uow, row, counts, error)
    return sorted({row.erasure_id for row in rows})


def _ask(hub: "Hub", row: Any, off: Sequence[str]) -> tuple[Mapping[str, int], str]:
    if row.plugin in off:
        return {}, OFF.format(row.plugin)
    if row.plugin not in hub.hooks.implementers(ERASE):
        return {}, ""  # its data was removed, or it is on and has nothing any more
    try:
        return erase_in_plugin(hub, row.plugin, row.people), ""
    except (Exception, SystemExit) as error:
        logger.exception("plugin_erasure_failed", plugin=row.plugin, erasure=row.erasure_id)
        return {}, f"{type(error).__name__}: {error}"


def _note(uow: "UnitOfWork", row: Any, counts: Mapping[str, int], error: str) -> None:
    table = plugin_erasure
    mine = sa.and_(table.c.erasure_id == row.erasure_id, table.c.plugin == row.plugin)
    pause = min(FIRST_PAUSE * 2 ** min(row.attempts, 20), LONGEST_PAUSE)
    uow.connection.execute(
        sa.update(table)
        .where(mine)
        .values(
            attempts=row.attempts + 1,
            last_error=error or None,
            next_at=uow.now + pause,
            done_at=None if error else uow.now,
            people=row.people if error else [],
        )
    )
    if counts:
        held = sa.select(erasure.c.counts).where(erasure.c.id == row.erasure_id).with_for_update()
        told = dict(uow.connection.scalars(held).one())
        for what, number in counts.items():
            kind = f"{what} ({row.plugin})"
            told[kind] = told.get(kind, 0) + number
        uow.connection.execute(sa.update(erasure).where(erasure.c.id == row.erasure_id).values(counts=told))


def _off(uow: "UnitOfWork") -> list[str]:
    on = {plugin.name for plugin in uow.hooks.plugins}
    known = dict.fromkeys([*plugins_with_tables(uow.connection), *_erasers(uow)])
    return [plugin for plugin in known if plugin not in on]


def _erasers(uow: "UnitOfWork") -> list[str]:
    return list(uow.connection.scalars(sa.select(plugin_eraser.c.plugin).order_by(plugin_eraser.c.plugin)))


def _new_erasers(uow: "UnitOfWork") -> list[str]:
    known = _erasers(uow)
    return [plugin for plugin in uow.hooks.implementers(ERASE) if plugin not in known]
