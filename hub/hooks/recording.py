"""Recording which hooks ran, for whoever asks; free while nobody does."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from hub.hooks.rendering import render

MOST = 1000
"""So many calls are recorded; a page that makes more shows the first of them."""
_recorded: ContextVar["list[HookCall] | None"] = ContextVar("hub_hook_calls", default=None)
_lock = threading.Lock()
active = 0
"""How many record in this process just now: while it is 0, a call looks no further."""


@dataclass(frozen=True)
class HookCall:
    """One call of one plugin. ``arguments`` and ``answer`` are short and without secrets; ``answer`` is why it ``failed``, if it did."""

    plugin: str
    version: str
    hook: str
    shape: str
    scope: str
    on_error: str
    arguments: Mapping[str, str]
    answer: str
    failed: bool
    milliseconds: float


@contextmanager
def tracing() -> Iterator[list[HookCall]]:
    """Record the calls of hooks that this thread makes in the block, in their order."""
    calls: list[HookCall] = []
    token = _recorded.set(calls)
    _count(1)
    try:
        yield calls
    finally:
        _count(-1)
        _recorded.reset(token)


def _count(more: int) -> None:
    global active  # noqa: PLW0603  (one number of the process)
    with _lock:
        active += more


def record(
    implementation: Any, arguments: Mapping[str, Any], answer: object, error: str | None, seconds: float
) -> None:
    """Add a call to what this thread records, if it does."""
    calls = _recorded.get()
    if calls is None or len(calls) >= MOST:
        return
    contract = implementation.contract
    calls.append(
        HookCall(
            implementation.plugin.name,
            implementation.plugin.version,
            implementation.hook,
            contract.shape,
            contract.scope,
            contract.on_error,
            {name: render(value) for name, value in implementation.accepted(arguments).items()},
            render(answer) if error is None else error,
            error is not None,
            1000 * seconds,
        )
    )
