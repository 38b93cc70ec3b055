"""Asking plugins what they keep about somebody, as ``hub try`` does: what they would erase is undone, and nothing is sent."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hub.cli.dry import DryHub
from hub.cli.trying import Asked, Tried, who
from hub.cli.trying_told import sent_as_json, sent_lines
from hub.hooks import tracing
from hub.network.people.find_somebody import find_somebody
from hub.network.people.merges import absorbed_ids
from hub.plugin_data.personal_data import ERASE, EXPORT, erase_in_plugin
from hub.testing.recording_http import RecordingHttp

PERSONAL = (EXPORT, ERASE)
"""The hooks that are tried here."""


def try_personal(hub: DryHub, hook: str, person: str) -> Tried:
    """What each plugin would hand out about somebody, or erase. Outside any unit, as always; what they write is undone."""
    with hub.reading() as uow:
        person_id = find_somebody(uow, person)
        about, people = who(uow, person_id), [person_id, *absorbed_ids(uow, person_id)]
    ask = _handed_out if hook == EXPORT else _erased
    asked = [ask(hub, plugin, people) for plugin in hub.hooks.implementers(hook)]
    return Tried(hook, about, asked, _together(hook, [each.plugin for each in asked if each.error]))


def _handed_out(hub: DryHub, plugin: str, people: list[str]) -> Asked:
    rows: list[Any] = []

    def ask() -> None:
        for id in people:
            rows.extend(hub.hooks.fetch(EXPORT, plugin, person_id=id))

    asked = _asked(hub, plugin, ask)
    said = tuple(json.dumps(row, ensure_ascii=False, default=str) for row in rows)
    return replace(asked, said=said or (() if asked.error else ("keeps nothing",)), value=rows)


def _erased(hub: DryHub, plugin: str, people: list[str]) -> Asked:
    counts: dict[str, int] = {}
    http = RecordingHttp(answers_all=True)
    nowhere = replace(hub, http=http)
    asked = _asked(hub, plugin, lambda: counts.update(erase_in_plugin(nowhere, plugin, people)))
    said = tuple(f"would erase {number:,} {what}" for what, number in counts.items())
    nothing = () if asked.error else ("would erase nothing",)
    value = {"erased": counts, "sent": sent_as_json(http)}
    return replace(asked, said=(*(said or nothing), *sent_lines(http)), value=value)


def _asked(hub: DryHub, plugin: str, ask: Callable[[], None]) -> Asked:
    """Who was asked, how long it took and how it failed."""
    error = ""
    with tracing() as calls:
        try:
            ask()
        except Exception as failed:  # noqa: BLE001  (a plugin may fail with anything)
            error = str(failed)
    spent = sum(call.milliseconds for call in calls)
    return Asked(plugin, hub.hooks.version_of(plugin) or "", error=error, milliseconds=spent)


def _together(hook: str, failed: list[str]) -> tuple[str, ...]:
    if not failed:
        return ()
    names = ", ".join(failed)
    if hook == EXPORT:
        return (f"Together: nothing would be handed out, of no plugin, while {names} fails.",)
    return (f"Together: the erasure would stay open until {names} has done its part.",)
