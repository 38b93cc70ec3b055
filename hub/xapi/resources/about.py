"""The About Resource (xAPI 1.0.3 Communication 2.8)."""

import json

import flask

from hub.xapi.answers import json_answer
from hub.xapi.request import Request

SUPPORTED_VERSIONS = ("1.0.0", "1.0.1", "1.0.2", "1.0.3", "2.0.0")


def get(request: Request) -> flask.Response:
    """What this store speaks; for everybody."""
    return json_answer(json.dumps({"version": SUPPORTED_VERSIONS}).encode())
