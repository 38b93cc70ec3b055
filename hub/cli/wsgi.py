"""The web application as the server loads it, in each of its processes. The settings are those of $HUB_CONFIG."""

import os

import flask

ENDS_WITH_PARENT = "HUB_RUN_PARENT"
"""The process id of ``hub run``, if it started this one: then a web process ends when its parent is gone, however that happened."""


def application() -> flask.Flask:
    """Make the application; for any WSGI server that takes a factory, such as ``granian --factory``."""
    from hub.app import create_app, open_hub
    from hub.cli.parent import when_parent_ends
    from hub.config import load_settings
    from hub.logging import configure_logging

    if ENDS_WITH_PARENT in os.environ:
        when_parent_ends(int(os.environ[ENDS_WITH_PARENT]), lambda: os._exit(1))
    settings = load_settings()
    configure_logging(level=settings.log_level, as_json=settings.log_json)
    return create_app(open_hub(settings))
