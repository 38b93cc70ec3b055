"""A plugin that is on, and what it answered."""

from dataclasses import dataclass
from typing import Any

import msgspec

from hub.errors import BadInput, OutsideFailed


class Answer(msgspec.Struct, frozen=True):  # made at every call, three times as fast as a dataclass
    """What one plugin answered."""

    plugin: str
    version: str
    value: Any


@dataclass(frozen=True)
class Failure:
    """A plugin that raised instead of answering."""

    plugin: str
    version: str
    error: str


LONGEST_VERSION = 32
"""What is kept with each answer; versions made from a state of the source are longer."""


class SetAside(OutsideFailed):
    """A plugin that is on and is not called, because a process had to be ended for it."""


@dataclass(frozen=True)
class Plugin:
    """A plugin that is switched on. ``instance`` is what pluggy registered."""

    name: str
    version: str
    instance: Any
    built_in: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "version", self.version[:LONGEST_VERSION])


def cannot_start(plugin: str, reason: str) -> BadInput:
    """The error that ends the start and names the plugin."""
    return BadInput(
        "bad_plugin", f"The plugin {plugin} cannot be used: {reason}", "Correct it or take it off the list."
    )
