"""Aspects: what plugins add to profiles, each a value of its own kind for an audience (B85)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from hub.hooks import Failure, Hooks, cannot_start

HOOK = "register_aspects"
AspectType = Literal["text", "number", "boolean", "choice"]


@dataclass(frozen=True)
class Aspect:
    """Something that profiles can say about audiences, in addition to what the hub knows.

    ``key`` names it in profiles and in ``Candidate.aspects``; ``choices`` are the texts that one of type ``choice`` can be.
    """

    key: str
    title: str
    type: AspectType = "text"
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class KnownAspect:
    """An aspect and the plugin that brings it."""

    aspect: Aspect
    plugin: str


def registered_aspects(hooks: Hooks) -> dict[str, KnownAspect]:
    """Every aspect of the plugins that are on, by key. BadInput ``bad_plugin`` when two have the same key, or one is none."""
    found: dict[str, KnownAspect] = {}
    for plugin in hooks.implementers(HOOK):
        answer = hooks.ask_plugin(HOOK, plugin)
        if answer is None or isinstance(answer, Failure):
            raise cannot_start(plugin, f"{HOOK} failed: {answer.error if answer else ''}")
        if not isinstance(answer.value, Sequence) or not all(map(_is_aspect, answer.value)):
            raise cannot_start(plugin, f"{HOOK} answered something that is no list of aspects.")
        for aspect in answer.value:
            if aspect.key in found:
                raise cannot_start(
                    plugin, f"its aspect {aspect.key} is there already, of {found[aspect.key].plugin}."
                )
            found[aspect.key] = KnownAspect(aspect, plugin)
    return found


def problem_of_aspect(known: KnownAspect | None, value: object) -> str | None:
    """What is wrong with a value; None when nothing is."""
    if known is None:
        return "no plugin that is on brings this aspect"
    aspect = known.aspect
    fits: Mapping[AspectType, bool] = {
        "text": isinstance(value, str) and bool(value.strip()),
        "number": isinstance(value, int | float) and not isinstance(value, bool),
        "boolean": isinstance(value, bool),
        "choice": value in aspect.choices,
    }
    if fits[aspect.type]:
        return None
    return f"is not one of {', '.join(aspect.choices)}" if aspect.type == "choice" else f"is no {aspect.type}"


def _is_aspect(answer: object) -> bool:
    return isinstance(answer, Aspect) and answer.type in get_args(AspectType) and bool(answer.key)
