"""What AUs ask the hub for beside xAPI: their auth-token, and their own files. Exempt from CSRF protection: no cookies count here."""

from urllib.parse import urlsplit

import flask
from werkzeug.utils import get_content_type

from hub.errors import HubError, Missing
from hub.flask_hub import current_hub
from hub.limits import Limit, count_request, network_of
from hub.logging import get_logger
from hub.runtime import Hub
from hub.xapi.cmi5.content import ContentFile, find_content, media_type
from hub.xapi.cmi5.content_ranges import NotWithin, wanted_range
from hub.xapi.cmi5.fetch import FAILED, FetchError, fetch_token

logger = get_logger(__name__)
blueprint = flask.Blueprint("cmi5", __name__)

REFUSED_FETCHES = Limit("refused_cmi5_fetch", 20, 60)
"""Refused fetches that are audited per minute and network address."""
SANDBOX = "sandbox allow-scripts allow-forms allow-popups"
"""Packages are other people's code: on the hub's own host they run in an opaque origin, without cookies and storage."""
SANDBOX_APART = f"{SANDBOX} allow-modals allow-downloads allow-same-origin"
"""On a host name of their own they may have storage there; the hub's cookies are out of reach all the same."""
_METHODS = ["POST", "OPTIONS"]


@blueprint.route("/cmi5/fetch/<key>", methods=_METHODS, provide_automatic_options=False)
def fetch(key: str) -> flask.Response:
    """The fetch URL (cmi5, 8.2): the auth-token once, then errors; all of them with status 200."""
    if flask.request.method == "OPTIONS":
        return _answer_options()
    hub = current_hub()
    try:
        found = fetch_token(hub, key)
    except HubError:
        logger.exception("cmi5_fetch_failed")
        found = FAILED
    if isinstance(found, FetchError):
        asking = network_of(flask.request.remote_addr or "")
        if count_request(hub, REFUSED_FETCHES, asking) <= REFUSED_FETCHES.times:
            hub.audit_refusal("cmi5_fetch", found.reason)
        answer = flask.jsonify({"error-code": found.code, "error-text": found.text})
    else:
        answer = flask.jsonify({"auth-token": found})
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


@blueprint.get("/content/<key>/<path:name>")
def content(key: str, name: str) -> flask.Response:
    """A file of a package, sandboxed. Scripts and fonts of an opaque origin need CORS to load what lies beside them."""
    hub = current_hub()
    apart = urlsplit(hub.settings.content_url).netloc
    if apart and flask.request.host != apart:
        raise Missing("no_file", "There is no such file.", "Open the course again from My training.")
    answer = _answer_file(hub, find_content(hub, key, name))
    answer.content_type = get_content_type(media_type(name), "utf-8")
    answer.headers["Cache-Control"] = "private, max-age=3600"
    answer.headers["Content-Security-Policy"] = SANDBOX_APART if apart else SANDBOX
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _answer_file(hub: Hub, file: ContentFile) -> flask.Response:
    """The file or a range of it, in pieces as they are read; 304 when the browser has it, 416 for no range of it."""
    request, answer = flask.request, flask.Response()
    answer.set_etag(file.etag)
    answer.headers["Accept-Ranges"] = "bytes"
    if request.if_none_match.contains_weak(file.etag):
        answer.status_code = 304
        return answer
    asked = request.range if request.method == "GET" else None
    try:
        part = wanted_range(asked, request.if_range, file.etag, file.size)
    except NotWithin:
        answer.status_code = 416
        answer.headers["Content-Range"] = f"bytes */{file.size}"
        return answer
    start, stop = part or (0, file.size)
    if part:
        answer.status_code = 206
        answer.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{file.size}"
    answer.content_length = stop - start
    if request.method == "GET":
        answer.response = hub.blobs.chunks(file.key, *part) if part else hub.blobs.chunks(file.key)
    return answer


def _answer_options() -> flask.Response:
    """For a browser that asks before it posts from another origin."""
    answer = flask.Response(status=204)
    answer.headers["Allow"] = ", ".join(_METHODS)
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Access-Control-Allow-Methods"] = ", ".join(_METHODS)
    answer.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, *"
    answer.headers["Access-Control-Max-Age"] = "7200"
    return answer
