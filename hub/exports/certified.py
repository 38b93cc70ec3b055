"""Who is certified, as plugins hand it on: one row for each appointment and each course or path that was reached."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.errors import BadInput
from hub.hooks import Hooks
from hub.ids import content_hash

LONGEST_KEY = 64


@dataclass(frozen=True)
class Export:
    """One list that a plugin keeps in another system. ``key`` names it for good.

    ``targets`` are the courses and paths it is about, such as ``path:welcome``; none named: every path. ``partner`` is what the
    network files call the partner behind whose wall it stays; without one it is everybody's.
    """

    key: str
    targets: tuple[str, ...] = ()
    partner: str = ""


@dataclass(frozen=True)
class CertifiedPerson:
    """Somebody who works somewhere and has reached something.

    ``id`` is the same for as long as the appointment lasts. ``person``, ``location`` and ``partner`` are what the network files
    call them; ``until`` is the end of the appointment, if one is known. ``brands`` are those of the appointment, by name.
    """

    id: str
    person_id: str
    person: str
    given_name: str
    family_name: str
    email: str
    position: str
    location: str
    location_name: str
    partner: str
    partner_name: str
    brands: tuple[str, ...]
    target: str
    title: str
    certified_at: datetime
    until: datetime | None

    @property
    def hash(self) -> str:
        """Another one where anything but the id differs."""
        return content_hash(repr(dataclasses.astuple(self)).encode())


@dataclass(frozen=True)
class CertifiedChange:
    """What to do about one row: write ``row``, whether it is there or not, or take it away where that is None."""

    id: str
    row: CertifiedPerson | None


@dataclass
class Refusals:
    """Takes the rows that the other system refuses, so that they hold the others up no longer."""

    reasons: dict[str, str] = field(default_factory=dict)

    def add(self, id: str, reason: str) -> None:
        """Say that a row was not taken, and why. It is offered again when it changes, and every night."""
        self.reasons[id] = reason[:500]


def exports_of(hooks: Hooks) -> dict[tuple[str, str], Export]:
    """Every list there is, by plugin and key. BadInput ``bad_export`` where a plugin names what cannot be one."""
    found: dict[tuple[str, str], Export] = {}
    for plugin in hooks.implementers("register_exports"):
        for export in registered(hooks, plugin):
            if not isinstance(export, Export) or not export.key or (plugin, export.key) in found:
                raise _bad(plugin, "each of its exports needs a key of its own")
            if len(export.key) > LONGEST_KEY:
                raise _bad(plugin, f"the key of an export has at most {LONGEST_KEY} characters")
            if any(t.partition(":")[0] not in ("offering", "path") or ":" not in t for t in export.targets):
                raise _bad(plugin, f"targets of {export.key} are named offering:KEY or path:KEY")
            found[plugin, export.key] = export
    return found


def registered(hooks: Hooks, plugin: str) -> Sequence[Any]:
    """What one plugin registered."""
    implementation = hooks.implementation("register_exports", plugin)
    return tuple(implementation()) if implementation else ()


def _bad(plugin: str, reason: str) -> BadInput:
    return BadInput("bad_export", f"The plugin {plugin} cannot be used: {reason}.")
