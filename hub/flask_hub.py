"""The hub a Flask request belongs to."""

from typing import cast

import flask

from hub.runtime import Hub


def current_hub() -> Hub:
    """The hub that ``hub.app.create_app`` put into this application."""
    return cast(Hub, flask.current_app.extensions["hub"])
