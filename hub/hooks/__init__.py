"""Calls plugins: their order, their fence, their time. Knows no area."""

from hub.hooks.contract import Deprecated, HookContract, OnError, Scope, Shape, hook, hookimpl
from hub.hooks.plugin import Answer, Failure, Plugin, SetAside, cannot_start
from hub.hooks.recording import HookCall, tracing
from hub.hooks.registered import Hooks
from hub.hooks.timing import BUCKET_SECONDS, Timing
from hub.hooks.versions import API_VERSION, OLDEST_API, SUPPORTED_APIS, Deprecation, at_most

__all__ = [
    "API_VERSION",
    "BUCKET_SECONDS",
    "OLDEST_API",
    "SUPPORTED_APIS",
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
    "at_most",
    "cannot_start",
    "hook",
    "hookimpl",
    "tracing",
]
