"""Addresses of styles and scripts that change with their content, so that browsers may keep them for good."""

from functools import cache
from importlib.resources import files

import flask

from hub.ids import content_hash


def asset(filename: str) -> str:
    """The address of a file of ``hub/web/static``."""
    return flask.url_for("web.static", filename=filename, v=_fingerprint(filename))


@cache
def _fingerprint(filename: str) -> str:
    return content_hash(files("hub.web").joinpath("static", filename).read_bytes())[:12]
