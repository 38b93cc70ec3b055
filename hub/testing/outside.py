"""What every simulated outside system shares: its Flask app, /healthz, /faults and plain pages for errors."""

import ipaddress
import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, abort, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from hub.testing.faults import Faults

QUIET_PATHS = frozenset({"/healthz", "/faults"})


def create_outside_app(name: str, cookie_prefix: str, faults: Faults) -> Flask:
    """A Flask app for one outside system.

    `name` is what people see in the page header. `cookie_prefix` starts the names of all its cookies, so that servers
    which differ only in their port do not overwrite each other's (cookies do not know ports, RFC 6265 section 8.5).
    """
    app = Flask("hub.testing", static_folder=None)
    app.secret_key = secrets.token_bytes(32)
    app.config["SESSION_COOKIE_NAME"] = f"{cookie_prefix}-page"
    app.extensions["faults"] = faults
    app.jinja_env.globals["system_name"] = name
    app.add_url_rule("/healthz", "healthz", lambda: jsonify(status="ok", name=name))
    app.add_url_rule("/faults", "show_faults", lambda: jsonify(faults.report()))
    app.add_url_rule("/faults", "switch_faults", lambda: _switch(faults), methods=["POST"])
    app.before_request(lambda: _count(faults))
    app.register_error_handler(HTTPException, error_page)
    return app


def message_page(title: str, text: str, status: int = 200, back_url: str = "") -> Response:
    """A page with one message; `back_url` becomes the link "Back to the hub"."""
    return make_response(render_template("message.html", title=title, text=text, back_url=back_url), status)


def error_page(error: HTTPException) -> Response:
    """The page, or the JSON object, for an error."""
    status = error.code or 500
    text = error.description or "Something went wrong."
    if wants_json():
        return make_response(jsonify(error=error.name, message=text), status)
    return message_page(error.name, text, status)


def wants_json() -> bool:
    """Whether the client prefers JSON to a page. A client without an Accept header gets the page."""
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def only_from_this_machine() -> None:
    """Refuse (403) control requests from other machines and from web pages of other origins."""
    local = request.remote_addr is not None and ipaddress.ip_address(request.remote_addr).is_loopback
    origin = request.headers.get("Origin")
    if not local or (origin and urlsplit(origin).netloc != request.host):
        abort(403, "This address answers only programs on the same machine.")


def _count(faults: Faults) -> None:
    if request.path not in QUIET_PATHS:
        faults.count(request.path)


def _switch(faults: Faults) -> Response:
    """POST /faults: fields `name` (repeatable, empty clears) and `seconds` (delay of the slow faults)."""
    only_from_this_machine()
    try:
        faults.switch(*(name for name in request.form.getlist("name") if name))
        if request.form.get("seconds"):
            faults.slow_seconds = float(request.form["seconds"])
    except ValueError as error:
        abort(400, str(error))
    return jsonify(faults.report())
