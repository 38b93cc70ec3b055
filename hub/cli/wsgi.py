"""The web application as the server loads it, in each of its processes. The settings are those of $HUB_CONFIG."""

import atexit
import gc
import logging
import os
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import flask

if TYPE_CHECKING:
    from hub.cli.gateway import Gateway, Largest
    from hub.runtime import Hub

ASIDE_SECONDS = 2
ENDS_WITH_PARENT = "HUB_RUN_PARENT"
"""The process id of ``hub run``, if it started this one: then a web process ends when its parent is gone, however that happened."""


def application() -> flask.Flask:
    """Make the application; for any WSGI server that takes a factory, such as ``granian --factory``."""
    from hub.app import create_app, open_hub
    from hub.cli.parent import when_parent_ends
    from hub.cli.stuck import become_set_aside
    from hub.config import load_settings
    from hub.hooks.watch import Watch
    from hub.logging import configure_logging

    if ENDS_WITH_PARENT in os.environ:
        when_parent_ends(int(os.environ[ENDS_WITH_PARENT]), lambda: os._exit(1))
    settings = load_settings()
    configure_logging(level=settings.log_level, as_json=settings.log_json)
    config = os.environ.get("HUB_CONFIG")
    Watch(become_set_aside(Path(config) if config else None, pages=True), ends_frozen=True).start()
    hub = open_hub(settings)
    app = create_app(hub)
    threading.Thread(target=_heed_aside, args=(hub,), name="plugins-aside", daemon=True).start()
    _collect_seldom()
    return app


def _heed_aside(hub: "Hub") -> None:
    """Learn again and again which plugins are not to be called."""
    from sqlalchemy.exc import SQLAlchemyError

    from hub.journal.aside import heed_aside
    from hub.logging import get_logger

    while True:
        try:
            with hub.reading() as uow:
                heed_aside(uow)
        except SQLAlchemyError:
            get_logger(__name__).exception("plugins_aside_unknown")
        time.sleep(ASIDE_SECONDS)


def gateway() -> "Gateway":
    """The same behind a gate that lets only complete requests in; for granian's RSGI, as `hub run` starts it."""
    from hub.cli.gateway import UNDER_WAY, Gateway
    from hub.sso.cookies import SESSION, cookie_name

    app = application()
    atexit.register(_leave_at_once)
    settings = app.extensions["hub"].settings
    usual = max(app.config["MAX_CONTENT_LENGTH"], settings.xapi_max_megabytes * 1024 * 1024)

    with app.app_context():
        cookie = cookie_name(SESSION)
    under_way = max(UNDER_WAY, 4 * usual)
    return Gateway(app, settings.web_threads, largest_of(usual, cookie), under_way=under_way)


def largest_of(usual: int, cookie: str) -> "Largest":
    """The most bytes that are taken: ``usual``, and more where a browser that brings the cookie uploads a course, or a
    program with a token network files.

    Whose cookie or token it is, and whether it still is one, the application finds out once the body is there.
    """
    from hub.rest.imports import MAX_FILES, PATH
    from hub.web.begin_request import FORM_BYTES
    from hub.xapi.cmi5.package import MAX_PACKAGE

    def largest(method: str, path: str, headers: Mapping[str, str]) -> int:
        if (method, path) == ("POST", PATH):
            is_program = headers.get("authorization", "").lower().startswith("bearer hub_")
            return MAX_FILES if is_program else usual
        if (method, path) != ("POST", "/admin/courses"):
            return usual
        names = (pair.partition("=")[0].strip() for pair in headers.get("cookie", "").split(";"))
        return MAX_PACKAGE + FORM_BYTES if cookie in names else usual

    return largest


def _leave_at_once() -> None:
    """End the process when all requests are answered, without taking Python apart: the server's own threads may still
    be about to call it, and end in a panic when it is gone.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _collect_seldom() -> None:
    """Spare requests the garbage collector, which would look through a batch of statements again and again.

    Hardly anything here refers to itself, and all that was imported stays as long as the process.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
