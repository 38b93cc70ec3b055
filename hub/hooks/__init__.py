"""Calls plugins: their order, their fence, their time. Knows no area."""

from hub.hooks.contract import Deprecated, HookContract, OnError, Scope, Shape, hook, hookimpl
from hub.hooks.plugin import Answer, Failure, Plugin, SetAside, cannot_start
from hub.hooks.recording import HookCall, tracing
from hub.hooks.registered import Hooks
from hub.hooks.timing import BUCKET_SECONDS, Timing
from hub.hooks.versions import API_VERSION, OLDEST_API, Deprecation

__all__ = [
    "API_VERSION",
    "BUCKET_SECONDS",
    "OLDEST_API",
    "Answer",
    "Deprecated",
    "Deprecation",
    "Failure",
    "HookCall",
    "HookContract",
    "Hooks",
    "OnError",
    "Plugin",
    "Scope",
    "SetAside",
    "Shape",
    "Timing",
    "cannot_start",
    "hook",
    "hookimpl",
    "tracing",
]
