"""What happens before any page: a reference for the log, one host name, and no characters that mean nothing."""

import base64
import os
import time
from urllib.parse import urlsplit

import flask
from structlog.contextvars import bind_contextvars, unbind_contextvars
from werkzeug import Response

from hub.errors import BadInput, Missing
from hub.flask_hub import current_hub
from hub.web.viewer import load_viewer
from hub.xapi.cmi5.package import MAX_PACKAGE

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_PAGES = frozenset(
    {
        "sign_in",
        "my_training",
        "network",
        "network_change",
        "network_do",
        "network_many",
        "network_waiting",
        "choices",
        "courses",
        "team",
        "team_decisions",
        "team_why",
        "records",
        "admin",
        "link_account",
        "leave",
        "placed",
        "setup",
        "account",
        "account_sign_ins",
        "account_tokens",
        "partner_people",
        "partner_plugins",
        "partner_provisioning",
        "partner_tokens",
        "partner_webhooks",
        "plugin_pages",
        "signed_out",
        "local_sign_in",
        "account_local",
        "register",
        "invitations",
        "language",
        "messages",
    }
)
"""The blueprints of pages for people; protocols have rules of their own."""
FORM_BYTES = 64 * 1024
"""For the fields of a form beside its file."""


def begin_request() -> None:
    """Give the request a reference, for its log lines and for the page of an error; with ``before_request``."""
    flask.g.reference = base64.b32encode(os.urandom(5)).decode()
    flask.g.started = time.perf_counter()
    bind_contextvars(reference=flask.g.reference, endpoint=flask.request.endpoint or "none")


def allow_large_upload() -> None:
    """Let operators upload a course package; before its form is read, with ``before_request``."""
    if flask.request.endpoint != "admin.import_package":
        return
    viewer = load_viewer()
    if viewer is not None and viewer.person.is_operator:
        flask.request.max_content_length = MAX_PACKAGE + FORM_BYTES


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


def keep_content_apart() -> None:
    """Give out nothing but files of packages under the host name that is theirs; with ``before_request``."""
    apart = urlsplit(current_hub().settings.content_url).netloc
    if apart and flask.request.host == apart and flask.request.endpoint != "cmi5.content":
        raise Missing(
            "not_found", "There is no such page.", "Pages have another address than files of courses."
        )


def refuse_nul() -> None:
    """Refuse the character NUL in what pages are asked, before a database stumbles over it; with ``before_request``."""
    request = flask.request
    if request.blueprint in _PAGES:
        values = (*request.args.values(), *request.form.values(), request.path)
        if any("\0" in value for value in values):
            raise BadInput("bad_character", "This contains a character that means nothing.", "Type it again.")
