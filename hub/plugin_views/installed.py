"""Which plugins there are, whether or not they are on. None of their code is run for it."""

import importlib.metadata
from dataclasses import dataclass

from hub import __version__
from hub.config import Settings
from hub.hooks import Hooks

BUILT_IN_PLUGINS = (
    "hub.plugins.standard_completion",
    "hub.plugins.csv_catalogue",
    "hub.plugins.csv_roster",
    "hub.plugins.moodle",
    "hub.plugins.webhooks",
)
PLUGIN_GROUP = "partner_training_hub.plugins"


@dataclass(frozen=True)
class NotOn:
    """A plugin that is built in or installed, and not on. ``all_off`` where no plugin at all is to be."""

    name: str
    version: str
    built_in: bool
    all_off: bool


def list_not_on(hooks: Hooks, settings: Settings) -> list[NotOn]:
    """Those that could be on, by name."""
    on, all_off = {plugin.name for plugin in hooks.plugins}, not settings.plugins
    there = {module.rpartition(".")[2]: (__version__, True) for module in BUILT_IN_PLUGINS}
    for point in importlib.metadata.entry_points(group=PLUGIN_GROUP):
        there.setdefault(point.name, (point.dist.version if point.dist else "0", False))
    return [NotOn(name, *said, all_off) for name, said in sorted(there.items()) if name not in on]
