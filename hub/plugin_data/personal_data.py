"""What plugins say they keep about people, and what they hand out of it and erase. "Nothing" is said, too."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.hooks import Hooks, cannot_start
from hub.runtime import Hub

HOOK = "register_personal_data"
EXPORT, ERASE = "export_person", "erase_person"


@dataclass(frozen=True)
class PersonalData:
    """Something about people that a plugin keeps, or sends elsewhere.

    ``what`` and ``why`` in words; ``until`` when it goes; ``where`` it is: in the plugin's own tables, unless it says otherwise.
    """

    what: str
    why: str
    until: str
    where: str = "its own tables"


@dataclass(frozen=True)
class Erased:
    """What a plugin erased: in words, and how many rows or records. It stands in the receipt, so it names nobody."""

    what: str
    number: int


def personal_data_of(hooks: Hooks, plugin: str) -> tuple[PersonalData, ...] | None:
    """What a plugin says it keeps: nothing for (), None where it does not say. BadInput ``bad_plugin`` for what it cannot mean."""
    register = hooks.implementation(HOOK, plugin)
    if register is None:
        return None
    try:
        said: tuple[object, ...] = tuple(register())
    except Exception as error:
        raise cannot_start(plugin, f"{HOOK} failed: {error}") from error
    found = tuple(each for each in said if isinstance(each, PersonalData))
    if len(found) != len(said):
        raise cannot_start(plugin, f"{HOOK} answered something else than PersonalData.")
    return found


def check_personal_data(hooks: Hooks) -> None:
    """At start: a plugin with tables says what it keeps about people; who keeps something can hand it out and erase it."""
    for plugin in hooks.plugins:
        said = personal_data_of(hooks, plugin.name)
        if plugin.name not in hooks.implementers("register_migrations"):
            continue
        if said is None:
            raise cannot_start(
                plugin.name,
                f"it has tables and does not say what it keeps about people ({HOOK}; [] for nothing).",
            )
        missing = [hook for hook in (EXPORT, ERASE) if plugin.name not in hooks.implementers(hook)]
        if said and missing:
            raise cannot_start(
                plugin.name, f"it keeps something about people, and has no {' and no '.join(missing)}."
            )


def export_from_plugins(hub: Hub, people: Iterable[str]) -> dict[str, list[Mapping[str, Any]]]:
    """What each plugin keeps about somebody (ids: the person, and who became part of it), outside any unit.

    Raises what a plugin raises: half of it would look like all of it.
    """
    ids = list(people)
    return {
        plugin: [row for id in ids for row in hub.hooks.fetch(EXPORT, plugin, person_id=id)]
        for plugin in hub.hooks.implementers(EXPORT)
    }


def erase_in_plugin(hub: Hub, plugin: str, people: Sequence[str]) -> dict[str, int]:
    """Let a plugin erase somebody; how many of what. Raises what it raises, and TypeError where it does not say."""
    counts: dict[str, int] = {}
    for id in people:
        for erased in hub.hooks.fetch(ERASE, plugin, person_id=id, http=hub.http):
            if not isinstance(erased, Erased):
                raise TypeError(f"{ERASE} answered {type(erased).__name__}, not Erased")
            if erased.number:
                counts[erased.what] = counts.get(erased.what, 0) + erased.number
    return counts
