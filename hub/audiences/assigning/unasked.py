"""Plugins that are switched on and cannot be asked: set aside, off the list, or the hub runs without any.

Whoever is worked out meanwhile keeps the plugin's last answer and leaves the queue. That is noted in the same unit of work, and
the first worker that can ask again has everybody in the plugin's audiences looked at: it is asked about whom something is new of.
"""

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from hub.audiences.profiles.profile import WORKFLOW
from hub.audiences.remote.remote_plugins import PREFIX
from hub.audiences.rules.rule import SwitchedPlugin
from hub.audiences.tables import audience_plugin, plugin_unasked
from hub.journal import Change, record_changes
from hub.journal.aside import heed_aside
from hub.store import UnitOfWork

ASKED_AGAIN = "plugin_asked_again"
_HOOK = "decide_assignments"


def heed_those_back(uow: UnitOfWork, switched: Sequence[SwitchedPlugin]) -> None:
    """Call those again that were taken back meanwhile, before somebody who was queued for them is worked out without them."""
    if any(uow.hooks.is_aside(plugin) for plugin in _on(switched)):
        heed_aside(uow)


def plugins_away(uow: UnitOfWork, switched: Sequence[SwitchedPlugin]) -> set[str]:
    """Names of those that are switched on and cannot be asked by this process."""
    return {plugin for plugin in _on(switched) if not _can_be_asked(uow, plugin)}


def note_unasked(uow: UnitOfWork, plugins: Collection[str]) -> None:
    """Remember that these could not be asked about somebody."""
    uow.insert_new(plugin_unasked, [{"plugin": plugin, "since": uow.now} for plugin in sorted(plugins)])


def list_unasked(uow: UnitOfWork) -> list[str]:
    """Names of the plugins, still switched on, that could not be asked about somebody and have not been asked again yet."""
    name, switch = plugin_unasked.c.plugin, audience_plugin
    is_on = sa.exists().where(switch.c.plugin == name, switch.c.valid_to.is_(None))
    return list(uow.connection.scalars(sa.select(name).where(is_on).order_by(name)))


def are_back(uow: UnitOfWork) -> bool:
    """Whether this process can ask one of them."""
    return any(_can_be_asked(uow, plugin) for plugin in list_unasked(uow))


def ask_again(uow: UnitOfWork) -> None:
    """Let those of them be asked that this process can ask; the reader ``reassign`` queues their people.

    It does not queue them here: whoever waits for somebody else's chunk must not hold what that chunk may have to note.
    """
    back = [plugin for plugin in list_unasked(uow) if _can_be_asked(uow, plugin)]
    record_changes(uow, [Change(ASKED_AGAIN, plugin, {}) for plugin in back])
    uow.connection.execute(sa.delete(plugin_unasked).where(plugin_unasked.c.plugin.in_(back)))


def _on(switched: Sequence[SwitchedPlugin]) -> set[str]:
    return {s.plugin for s in switched if s.during[1] is None and not s.plugin.startswith((WORKFLOW, PREFIX))}


def _can_be_asked(uow: UnitOfWork, plugin: str) -> bool:
    """Whether a call would reach it; of one that is here and decides nothing, nothing is missed."""
    if uow.hooks.version_of(plugin) is None:
        return False
    return not uow.hooks.is_aside(plugin) or plugin not in uow.hooks.implementers(_HOOK)
