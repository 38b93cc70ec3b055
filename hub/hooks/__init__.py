"""Calls plugins: their order, their fence, their time. Knows no area."""

from hub.hooks.contract import Deprecated, HookContract, OnError, Scope, Shape, hook, hookimpl
from hub.hooks.plugin import Answer, Failure, Plugin, cannot_start
from hub.hooks.registered import Hooks
from hub.hooks.timing import Timing
from hub.hooks.versions import API_VERSION, OLDEST_API, Deprecation

__all__ = [
    "API_VERSION",
    "OLDEST_API",
    "Answer",
    "Deprecated",
    "Deprecation",
    "Failure",
    "HookContract",
    "Hooks",
    "OnError",
    "Plugin",
    "Scope",
    "Shape",
    "Timing",
    "cannot_start",
    "hook",
    "hookimpl",
]
