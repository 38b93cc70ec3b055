"""The record store's HTTP: the resources of xAPI 1.0.3 and 2.0, on one endpoint."""

from collections.abc import Callable, Mapping

import flask
from werkzeug.exceptions import HTTPException

from hub.errors import HubError, Missing
from hub.flask_hub import current_hub
from hub.journal import STATEMENTS
from hub.xapi import answers
from hub.xapi.consistency import consistent_through
from hub.xapi.refusals import WrongMethod
from hub.xapi.request import Request, read_request
from hub.xapi.resources import about, statements

Answer = Callable[[Request], flask.Response]

RESOURCES: Mapping[str, Mapping[str, Answer]] = {
    "about": {"GET": about.get},
    "statements": {"GET": statements.get, "POST": statements.post, "PUT": statements.put},
}
"""What the record store answers; HEAD is GET without the body."""

# Exempt from CSRF protection as a whole: it knows no cookies, only credentials sent with each request.
blueprint = flask.Blueprint("xapi", __name__, url_prefix="/xapi")
blueprint.after_request(answers.add_headers)
blueprint.register_error_handler(HubError, answers.refuse)
blueprint.register_error_handler(HTTPException, answers.refuse_http)
blueprint.register_error_handler(Exception, answers.report_failure)


@blueprint.before_request
def _note_what_can_be_read() -> None:
    """In a unit of its own, before any other: what the answer reads is at least as new as its header says."""
    with current_hub().reading() as uow:
        flask.g.xapi_through = consistent_through(uow)
        flask.g.xapi_safe_position = STATEMENTS.safe_position(uow)


@blueprint.route(
    "/",
    defaults={"resource": ""},
    methods=["GET", "POST", "PUT", "DELETE", "PATCH"],
    strict_slashes=False,
    provide_automatic_options=False,
)
@blueprint.route(
    "/<path:resource>", methods=["GET", "POST", "PUT", "DELETE", "PATCH"], provide_automatic_options=False
)
def answer_request(resource: str) -> flask.Response:
    """Let the resource answer the method. Missing ``no_such_resource``, WrongMethod ``wrong_method``."""
    methods = RESOURCES.get(resource)
    if methods is None:
        raise Missing("no_such_resource", "The record store has no such resource.")
    request = read_request()
    method = "GET" if request.method == "HEAD" else request.method
    if method not in methods:
        allowed = sorted({*methods, "HEAD"} if "GET" in methods else methods)
        raise WrongMethod("wrong_method", f"This resource answers {', '.join(allowed)}.")
    return methods[method](request)
