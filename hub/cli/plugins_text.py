"""Plugins in words for a terminal, in at most WIDTH columns."""

import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime

from hub.audiences.remote.remote_plugins import PREFIX, RemotePlugin
from hub.plugin_views.as_json import why_not_on
from hub.plugin_views.installed import NotOn
from hub.plugin_views.overview import HookSeen, PluginSeen
from hub.plugin_views.settings_shown import SettingShown

WIDTH = 100
_HOOK = "   {:<30} {:<15} {:>9} {:>7} {:>10} {:>10} {:>10}"
_HEAD = _HOOK.format("hook", "shape, scope", "calls", "failed", "median", "p95", "slowest")


def list_lines(
    plugins: Sequence[PluginSeen],
    not_on: Sequence[NotOn],
    audiences: bool,
    remote: Sequence[RemotePlugin] = (),
) -> Iterator[str]:
    """All plugins, each in a few lines. ``audiences``: whether there are any to switch plugins for."""
    if plugins:
        yield "In the order in which they are asked; calls and times are those of the last 24 hours."
    else:
        yield from _wrapped("No plugin is on: what arrives is stored and waits, and nobody is credited.", "")
        yield "Name those that are to be on under `plugins` in the settings, and take HUB_PLUGINS=none away."
    for plugin in plugins:
        yield ""
        yield from _head(plugin)
        yield from _hooks(plugin)
        if plugin.settings:
            said = ", ".join(f"{setting.name} = {setting.value}" for setting in plugin.settings)
            yield from _wrapped(f"settings: {said}")
    if remote:
        yield ""
        yield "Asked elsewhere; `hub remote-plugin list` says more."
    for each in remote:
        audience = "audience" if len(each.on_for) == 1 else "audiences"
        where = f"on for {len(each.on_for):,} {audience}" if each.on_for else "on for no audience"
        yield f"   {PREFIX + each.name:<48} {where}"
    if not_on:
        yield ""
        yield from _wrapped(
            f"Not on: {', '.join(f'{p.name} {p.version}' for p in not_on)} ({why_not_on(not_on[0])}).",
            "",
            "  ",
        )
    if not audiences and any(plugin.is_switched for plugin in plugins):
        yield ""
        yield "There are no audiences yet; `hub audiences apply` makes them."


def show_lines(plugin: PluginSeen) -> Iterator[str]:
    """One plugin in full."""
    yield from _head(plugin)
    if plugin.is_switched and plugin.audiences:
        yield ""
        yield "   on for"
        for audience in plugin.audiences:
            yield f"     {audience.key:<40} since {_time(audience.on_since[plugin.name])}"
    if plugin.partners_off:
        yield ""
        yield "   off for"
        for partner in plugin.partners_off:
            yield f"     {partner.name:<40} since {_time(partner.since)}"
    yield ""
    yield from _hooks(plugin)
    for hook in plugin.hooks:
        if hook.lately.last_error_at:
            yield ""
            yield f"   last error of {hook.name}, {_time(hook.lately.last_error_at)}, in {_version(hook)}"
            yield from _wrapped(hook.lately.last_error, "     ")
    if plugin.personal_data:
        yield ""
        yield "   keeps about people"
        for each in plugin.personal_data:
            yield from _wrapped(f"{each.what}, {each.why}; until {each.until}; in {each.where}", "     ")
    elif plugin.personal_data is not None:
        yield ""
        yield "   keeps nothing about people"
    if plugin.settings:
        yield ""
        yield "   settings"
        for setting in plugin.settings:
            yield from _setting(setting)


def duration(seconds: float | None) -> str:
    """A length of time in at most four digits, with its unit; nothing for None."""
    if seconds is None:
        return ""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            value = seconds / size
            return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"


def _head(plugin: PluginSeen) -> Iterator[str]:
    origin = "built in" if plugin.built_in else "installed"
    yield f"{plugin.place}. {plugin.name} {plugin.version} ({origin}, plugin API {plugin.api})"
    if plugin.summary:
        yield from _wrapped(plugin.summary)
    if plugin.aside:
        said = f"SET ASIDE since {_time(plugin.aside.since)}: {plugin.aside.reason}"
        yield from _wrapped(f"{said}. `hub plugins take-back {plugin.name}` ends that.")
    if plugin.is_switched:
        on = ", ".join(audience.key for audience in plugin.audiences) or "no audience"
        off = len(plugin.partners_off)
        yield from _wrapped(f"on for: {on}" + (f"; off for {_count(off, 'partner')}" if off else ""))
    if plugin.schema:
        stands = f"tables: revision {plugin.schema.stands or 'none'}"
        pending = f", pending up to {plugin.schema.newest}: run `hub migrate`"
        yield "   " + stands + (pending if plugin.schema.is_pending else ", the newest")
    if plugin.deliveries.parked or plugin.deliveries.waiting:
        yield f"   deliveries: {plugin.deliveries.waiting:,} waiting, {plugin.deliveries.parked:,} parked"


def _hooks(plugin: PluginSeen) -> Iterator[str]:
    yield _HEAD
    for hook in plugin.hooks:
        lately, is_measured = hook.lately, hook.shape != "register"
        counts = (f"{lately.calls:,}", f"{lately.errors:,}") if is_measured else ("at start", "")
        times = (lately.median, lately.p95, lately.slowest) if is_measured else (None, None, None)
        yield _HOOK.format(hook.name, f"{hook.shape}, {hook.scope}", *counts, *map(duration, times)).rstrip()
        if hook.successor:
            yield f"     deprecated: plugin API {hook.gone} refuses it; {hook.successor} takes its place"


def _setting(setting: SettingShown) -> Iterator[str]:
    origin = "default" if setting.is_default else f"default {setting.default}" if setting.default else ""
    yield from _wrapped(
        f"{setting.name} = {setting.value}" + (f" ({origin})" if origin else ""), "     ", "       "
    )
    if setting.description:
        yield from _wrapped(setting.description, "       ")


def _wrapped(text: str, indent: str = "   ", further: str | None = None) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent + "  " if further is None else further
    )


def _version(hook: HookSeen) -> str:
    return f"version {hook.lately.last_error_version}" if hook.lately.last_error_version else "some version"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' * (number != 1)}"


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""
