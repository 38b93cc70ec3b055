"""Plugins as plain values, for programs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hub.audiences.remote.remote_plugins import PREFIX, RemotePlugin
from hub.plugin_views.installed import NotOn
from hub.plugin_views.overview import HookSeen, PluginSeen


def plugins_as_json(
    plugins: Sequence[PluginSeen], not_on: Sequence[NotOn], remote: Sequence[RemotePlugin] = ()
) -> dict[str, Any]:
    """All of them; durations in seconds, instants in ISO 8601."""
    return {
        "plugins": [plugin_as_json(plugin) for plugin in plugins],
        "remote": [{"name": PREFIX + each.name, "audiences": list(each.on_for)} for each in remote],
        "not_on": [
            {"name": each.name, "version": each.version, "built_in": each.built_in, "why": why_not_on(each)}
            for each in not_on
        ],
    }


def why_not_on(plugin: NotOn) -> str:
    """Why one is not on, in words."""
    return "no plugin at all is to be on" if plugin.all_off else "not on the list `plugins` of the settings"


def plugin_as_json(plugin: PluginSeen) -> dict[str, Any]:
    """One of them."""
    return {
        "name": plugin.name,
        "version": plugin.version,
        "api": plugin.api,
        "place": plugin.place,
        "built_in": plugin.built_in,
        "summary": plugin.summary,
        "hooks": [_hook(hook) for hook in plugin.hooks],
        "is_switched": plugin.is_switched,
        "audiences": [
            {"key": each.key, "name": each.name, "since": _time(each.on_since[plugin.name])}
            for each in plugin.audiences
        ],
        "partners_off": [
            {"id": each.partner_id, "name": each.name, "since": _time(each.since)}
            for each in plugin.partners_off
        ],
        "settings": [vars(setting) for setting in plugin.settings],
        "migrations": vars(plugin.schema) | {"pending": plugin.schema.is_pending} if plugin.schema else None,
        "personal_data": None
        if plugin.personal_data is None
        else [vars(each) for each in plugin.personal_data],
        "deliveries": vars(plugin.deliveries),
        "set_aside": {**vars(plugin.aside), "since": _time(plugin.aside.since)} if plugin.aside else None,
    }


def _hook(hook: HookSeen) -> dict[str, Any]:
    measured = {name: value for name, value in vars(hook.lately).items() if name not in ("plugin", "hook")}
    return {
        "name": hook.name,
        "shape": hook.shape,
        "scope": hook.scope,
        "deprecated_for": hook.successor or None,
        "gone_from_api": hook.gone or None,
        "last_24_hours": {
            **{name: value for name, value in measured.items() if not name.startswith("last_")}
        },
        "last_error": hook.lately.last_error or None,
        "last_error_at": _time(hook.lately.last_error_at),
        "last_error_version": hook.lately.last_error_version or None,
    }


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
