"""What the hook catalogue says of each hook, and the mark with which plugins answer one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pluggy

PROJECT = "partner_training_hub"
Shape = Literal["register", "fetch", "ask", "tell", "show"]
Scope = Literal["hub", "partner", "source", "subject"]
LIMITS: Mapping[Shape, float] = {"register": 30, "fetch": 60, "ask": 10, "tell": 30, "show": 2}
"""For how many seconds a call of each shape may run. Of a fetch it is what one row may take, whatever the whole may."""
OnError = Literal["stop", "keep", "skip", "retry", "box"]

hookimpl = pluggy.HookimplMarker(PROJECT)
_hookspec = pluggy.HookspecMarker(PROJECT)


@dataclass(frozen=True)
class Deprecated:
    """A hook on its way out: it works in the minor version ``since``, and is refused from the next on."""

    since: str
    successor: str

    @property
    def gone(self) -> str:
        """The version that refuses it."""
        major, minor = self.since.split(".")
        return f"{major}.{int(minor) + 1}"


@dataclass(frozen=True)
class HookContract:
    """How a hook is called: its shape, what it is switched by, and what an exception in it means.

    ``since`` is the version of the plugin API that it came with.
    """

    shape: Shape
    scope: Scope
    on_error: OnError
    since: str = "1.0"
    deprecated: Deprecated | None = None


def hook(
    shape: Shape, scope: Scope, on_error: OnError, since: str = "1.0", deprecated: Deprecated | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Mark a function of the hook catalogue, with its contract."""

    def mark(function: Callable[..., Any]) -> Callable[..., Any]:
        function.hub_contract = HookContract(shape, scope, on_error, since, deprecated)  # type: ignore[attr-defined]
        return _hookspec(function)

    return mark
