"""What happens before any page: a reference for the log, one host name, and no characters that mean nothing."""

import base64
import os
import time
from urllib.parse import urlsplit

import flask
from structlog.contextvars import bind_contextvars, unbind_contextvars
from werkzeug import Response

from hub.errors import BadInput
from hub.flask_hub import current_hub

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_PAGES = frozenset({"sign_in", "my_training", "team", "admin"})
"""The blueprints of pages for people; protocols have rules of their own."""


def begin_request() -> None:
    """Give the request a reference, for its log lines and for the page of an error; with ``before_request``."""
    flask.g.reference = base64.b32encode(os.urandom(5)).decode()
    flask.g.started = time.perf_counter()
    bind_contextvars(reference=flask.g.reference, endpoint=flask.request.endpoint or "none")


def end_request(_: BaseException | None) -> None:
    """Let the thread's next request start afresh; with ``teardown_request``."""
    unbind_contextvars("reference", "endpoint")


def reference() -> str:
    """The reference of this request, such as ``K7Q29XDM``."""
    return str(flask.g.get("reference", ""))


def redirect_to_public_host() -> Response | None:
    """Send a page asked for under another host name to ``public_url``, to which cookies belong; with ``before_request``.

    Only where the host name is known to be the browser's: on loopback, or behind proxies that the settings trust. A
    proxy that hides the name and is not declared would otherwise send people round in circles.
    """
    settings = current_hub().settings
    public = urlsplit(settings.public_url)
    request = flask.request
    if (
        request.method not in {"GET", "HEAD"}
        or request.blueprint not in _PAGES
        or request.host == public.netloc
    ):
        return None
    if public.hostname not in _LOOPBACK and not settings.trusted_proxies:
        return None
    return flask.redirect(settings.url(request.full_path if request.query_string else request.path), 302)


def refuse_nul() -> None:
    """Refuse the character NUL in what pages are asked, before a database stumbles over it; with ``before_request``."""
    request = flask.request
    if request.blueprint in _PAGES:
        values = (*request.args.values(), *request.form.values(), request.path)
        if any("\0" in value for value in values):
            raise BadInput("bad_character", "This contains a character that means nothing.", "Type it again.")
