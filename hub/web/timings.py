"""Adding what this web process measured of plugins to what all processes know."""

import time

import flask

from hub.flask_hub import current_hub
from hub.journal.timings import save_timings
from hub.logging import get_logger
from hub.runtime import Hub

logger = get_logger(__name__)
EVERY_SECONDS = 30.0
"""How long what was measured is kept to oneself at most, while requests come."""
_SAVED = "plugin_timings_saved"


def save_web_timings(hub: Hub) -> None:
    """Save what was measured here since the last time; asked for before timings are shown."""
    timings = hub.hooks.drain_timings()
    if timings:
        with hub.unit_of_work() as uow:
            save_timings(uow, timings)


def save_now_and_then(response: flask.Response) -> flask.Response:
    """The same after a request, every EVERY_SECONDS; registered with ``after_request``. It never spoils an answer."""
    extensions, now = flask.current_app.extensions, time.monotonic()
    if now - extensions.setdefault(_SAVED, now) >= EVERY_SECONDS:
        extensions[_SAVED] = now
        try:
            save_web_timings(current_hub())
        except Exception:
            logger.exception("plugin_timings_not_saved")
    return response
