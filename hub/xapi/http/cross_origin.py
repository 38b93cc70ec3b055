"""Letting courses in a browser use the record store from wherever they are (the Fetch standard, section 3.3).

Any origin may, because none is trusted: the store knows no cookies, so a page can send only the credential it was
given. ``Access-Control-Allow-Credentials`` therefore never appears.
"""

from collections.abc import Collection

import flask

from hub.xapi.finding import consistency
from hub.xapi.http import versions

MAX_AGE = 7200
"""Seconds for which a browser need not ask again; no browser takes more than two hours from everybody."""

_MAY_SEND = ", ".join(
    (
        "Authorization",  # never covered by the asterisk
        "Content-Type",
        "If-Match",
        "If-None-Match",
        "Accept-Language",
        versions.HEADER,
        "*",
    )
)
_MAY_READ = ", ".join(
    (
        "ETag",
        "Last-Modified",
        "Content-Length",
        "Retry-After",
        "WWW-Authenticate",
        versions.HEADER,
        consistency.HEADER,
    )
)


def allow_all_origins(answer: flask.Response) -> None:
    """Let scripts of any origin read an answer and its headers."""
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Access-Control-Expose-Headers"] = _MAY_READ


def answer_options(methods: Collection[str]) -> flask.Response:
    """What a resource can do, and for a browser that asks before it sends something, that it may. For everybody."""
    answer = flask.Response(status=204)
    answer.headers["Allow"] = ", ".join(methods)
    if "Access-Control-Request-Method" in flask.request.headers:
        answer.headers["Access-Control-Allow-Methods"] = ", ".join(methods)
        answer.headers["Access-Control-Allow-Headers"] = _MAY_SEND
        answer.headers["Access-Control-Max-Age"] = str(MAX_AGE)
        answer.headers["Vary"] = "Access-Control-Request-Method"
    return answer
