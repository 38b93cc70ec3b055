"""The record store's HTTP: the resources of xAPI 1.0.3 and 2.0, on one endpoint."""

from collections.abc import Callable, Mapping

import flask
from flask.sansio.blueprints import BlueprintSetupState
from werkzeug.exceptions import HTTPException

from hub.errors import BadInput, HubError, Missing
from hub.flask_hub import current_hub
from hub.xapi.callers.wrong_secrets import refuse_flood
from hub.xapi.finding.consistency import recent_consistent_through
from hub.xapi.http import answers, versions
from hub.xapi.http.alternate_syntax import read_request
from hub.xapi.http.cross_origin import answer_options
from hub.xapi.http.refusals import WrongMethod
from hub.xapi.http.request import Request
from hub.xapi.resources import about, activities, agents, statements
from hub.xapi.resources.documents import ACTIVITY_PROFILE, AGENT_PROFILE, STATE, DocumentResource

Answer = Callable[[Request], flask.Response]


def _methods(resource: DocumentResource) -> Mapping[str, Answer]:
    return {"GET": resource.get, "PUT": resource.put, "POST": resource.post, "DELETE": resource.delete}


RESOURCES: Mapping[str, Mapping[str, Answer]] = {
    "about": {"GET": about.get},
    "activities": {"GET": activities.get},
    "activities/profile": _methods(ACTIVITY_PROFILE),
    "activities/state": _methods(STATE),
    "agents": {"GET": agents.get},
    "agents/profile": _methods(AGENT_PROFILE),
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
    """Before anything else is read: what the answer reads is at least as new as its header says."""
    flask.g.xapi_through = recent_consistent_through(current_hub())


_METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]


@blueprint.route(
    "/",
    defaults={"resource": ""},
    methods=_METHODS,
    strict_slashes=False,
    provide_automatic_options=False,
)
@blueprint.route("/<path:resource>", methods=_METHODS, provide_automatic_options=False)
def answer_request(resource: str) -> flask.Response:
    """Let the resource answer the method. Missing ``no_such_resource``, WrongMethod ``wrong_method``."""
    methods = RESOURCES.get(resource)
    if methods is None:
        raise Missing("no_such_resource", "The record store has no such resource.")
    allowed = sorted({*methods, "HEAD"} if "GET" in methods else methods)
    if flask.request.method == "OPTIONS":
        return answer_options([*allowed, "OPTIONS"])
    try:
        request = read_request()
    except BadInput:  # before anybody knows who sent it
        refuse_flood(current_hub(), flask.request.remote_addr or "")
        raise
    answers.remember_version(request.headers.get(versions.HEADER))
    method = "GET" if request.method == "HEAD" else request.method
    if method not in methods:
        raise WrongMethod(allowed)
    return methods[method](request)


def _take_double_slash(state: BlueprintSetupState) -> None:
    """Many a client puts a slash between the endpoint and the resource although the endpoint ends with one.

    A redirect would not do: browsers follow none when they ask beforehand whether a script may send something.
    """
    state.app.add_url_rule(
        f"{state.url_prefix}//<path:resource>",
        endpoint=f"{blueprint.name}.{answer_request.__name__}",
        view_func=answer_request,
        methods=_METHODS,
        provide_automatic_options=False,
        merge_slashes=False,
    )


blueprint.record(_take_double_slash)
