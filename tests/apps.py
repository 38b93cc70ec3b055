"""Web applications for tests: one is made once for many hubs with the same settings, because routes take long to compile."""

import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import flask

from hub.runtime import Hub

_PLACES = {"database_url", "storage_url"}
"""Settings in which the hubs of tests always differ, and which no application keeps."""

_lock = threading.Lock()  # some tests ask from several threads at once
_free: dict[tuple[object, ...], list[flask.Flask]] = defaultdict(list)
_used: dict[int, list[tuple[tuple[object, ...], flask.Flask, dict[str, Any]]]] = defaultdict(list)


def app_of(hub: Hub, make: Callable[[Hub], flask.Flask]) -> flask.Flask:
    """What ``make`` makes of a hub, perhaps made before for a hub that is closed by now."""
    plugins = tuple(plugin.name for plugin in hub.hooks.plugins)
    key = (make, str(hub.settings.model_dump(exclude=_PLACES)), *hub.settings.secret_keys, *plugins)
    with _lock:
        app = _free[key].pop() if _free[key] else None
    if app is None:
        app = make(hub)
    app.extensions["hub"] = hub
    app.extensions.pop("plugin_timings_saved", None)  # of the hub before
    with _lock:
        _used[id(hub.engine)].append((key, app, dict(app.config)))
    return app


def give_back(hub: Hub) -> None:
    """Say that nobody asks the applications of this hub any more."""
    with _lock:
        for key, app, config in _used.pop(id(hub.engine), ()):
            app.config.clear()
            app.config.update(config)
            _free[key].append(app)
