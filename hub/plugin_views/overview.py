"""Everything there is to say of a plugin that is on: what it is, what it does, for whom, and how that went."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.audiences.views import (
    AudienceSwitches,
    PartnerOff,
    list_partners_off,
    list_switches,
    switchable_plugins,
)
from hub.errors import Missing
from hub.hooks import Hooks, Plugin
from hub.journal.aside import Aside, list_aside
from hub.journal.timings import Lately, read_lately
from hub.journal.views import Undelivered, count_deliveries_to
from hub.plugin_data.migrate import PluginSchema, read_schemas
from hub.plugin_data.personal_data import PersonalData, personal_data_of
from hub.plugin_data.remove import TELLINGS
from hub.plugin_views.settings_shown import SettingShown, shown_settings
from hub.store import UnitOfWork


@dataclass(frozen=True)
class HookSeen:
    """A hook that a plugin implements. ``successor`` is what replaces it, where it is on its way out, and ``gone`` the plugin API that refuses it."""

    name: str
    shape: str
    scope: str
    lately: Lately
    successor: str = ""
    gone: str = ""


@dataclass(frozen=True)
class PluginSeen:
    """``place`` counts from 1 in the order in which plugins are asked. ``audiences`` are those it is on for, where it is switched.

    ``personal_data`` is what it says it keeps about people, None where it does not say.
    """

    place: int
    name: str
    version: str
    api: str
    built_in: bool
    summary: str
    hooks: Sequence[HookSeen]
    is_switched: bool
    audiences: Sequence[AudienceSwitches]
    partners_off: Sequence[PartnerOff]
    settings: Sequence[SettingShown]
    schema: PluginSchema | None
    personal_data: Sequence[PersonalData] | None
    deliveries: Undelivered
    aside: Aside | None

    @property
    def is_told(self) -> bool:
        """Whether it is told of anything, by deliveries of its own."""
        return any(hook.shape == "tell" for hook in self.hooks)

    @property
    def errors(self) -> int:
        """Failed calls of the last 24 hours."""
        return sum(hook.lately.errors for hook in self.hooks)

    @property
    def last_error(self) -> Lately | None:
        """The hook that failed last, with when and how."""
        failed = [hook.lately for hook in self.hooks if hook.lately.last_error_at is not None]
        return max(failed, key=lambda lately: str(lately.last_error_at), default=None)


def list_plugins(uow: UnitOfWork) -> list[PluginSeen]:
    """Every plugin that is on, in the order in which they are asked."""
    hooks, lately = uow.hooks, read_lately(uow)
    switched, switches, off = switchable_plugins(uow), list_switches(uow), list_partners_off(uow)
    deliveries = count_deliveries_to(uow, TELLINGS)
    schemas = {schema.plugin: schema for schema in read_schemas(uow.connection, hooks)}
    aside = {each.plugin: each for each in list_aside(uow)}
    return [
        PluginSeen(
            place,
            plugin.name,
            plugin.version,
            str(getattr(plugin.instance, "hub_api", "")),
            plugin.built_in,
            summary_of(plugin),
            _hooks_of(hooks, plugin.name, lately),
            plugin.name in switched,
            [audience for audience in switches if plugin.name in audience.on_since],
            off.get(plugin.name, ()),
            shown_settings(hooks, plugin.name),
            schemas.get(plugin.name),
            personal_data_of(hooks, plugin.name),
            deliveries.get(plugin.name, Undelivered(0, 0)),
            aside.get(plugin.name),
        )
        for place, plugin in enumerate(hooks.plugins, start=1)
    ]


def read_plugin(uow: UnitOfWork, name: str) -> PluginSeen:
    """One that is on. Missing ``no_plugin``."""
    found = next((plugin for plugin in list_plugins(uow) if plugin.name == name), None)
    if found is None:
        raise Missing(
            "no_plugin", f"No plugin {name} is on.", "`hub plugins` lists those that are, and others."
        )
    return found


def summary_of(plugin: Plugin) -> str:
    """The first line of what its module says of itself, else of its class."""
    kind = type(plugin.instance)
    said = (getattr(inspect.getmodule(kind), "__doc__", None) or kind.__doc__ or "").strip()
    return said.partition("\n")[0].replace("``", "")


def _hooks_of(hooks: Hooks, plugin: str, lately: Mapping[tuple[str, str], Lately]) -> list[HookSeen]:
    leaving = {each.hook: (each.successor, each.gone) for each in hooks.deprecations if each.plugin == plugin}
    return [
        HookSeen(
            name,
            contract.shape,
            contract.scope,
            lately.get((plugin, name)) or Lately(plugin, name),
            *leaving.get(name, ()),
        )
        for name, contract in hooks.contracts.items()
        if plugin in hooks.implementers(name)
    ]
