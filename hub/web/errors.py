"""What went wrong, in words: one page for people, one JSON problem (RFC 9457) for programs."""

from dataclasses import dataclass, field

import flask
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from hub.errors import HubError, Problem
from hub.flask_hub import current_hub
from hub.limits import Limit
from hub.logging import get_logger
from hub.sso.limits import TooManyRequests, take_turn
from hub.web.begin_request import reference
from hub.web.language import told
from hub.web.viewer import current_session, load_viewer
from hub.words.phrase import say

logger = get_logger(__name__)

SPOKEN = frozenset({"local_sign_in", "account_local"})
"""Blueprints whose JSON is shown to people by scripts of ours; programs are told in English."""
REFUSED_FORMS = Limit("refused_form", 20, 60)
"""Refused forms that are audited per minute and network address: a flood must not fill a table that keeps everything."""


@dataclass(frozen=True)
class Explanation:
    """What happened (``message``), what to do (``help``), and a stable ``code``."""

    status: int
    code: str
    message: str
    help: str
    problems: tuple[Problem, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)


HTTP_ERRORS = {
    400: (
        "bad_request",
        say("The hub does not understand this request."),
        say("Go back, reload the page and try again."),
    ),
    403: ("not_allowed", say("You may not see this."), say("Ask your training administrator if you should.")),
    404: (
        "not_found",
        say("There is no such page."),
        say("The address may be mistyped, or the page may have moved."),
    ),
    405: (
        "method_not_allowed",
        say("This address cannot be used like that."),
        say("Start again from My training."),
    ),
    413: ("too_large", say("That is more than the hub takes at once."), say("Send less and try again.")),
    415: (
        "unsupported_type",
        say("The hub does not read this kind of content."),
        say("Go back and try again."),
    ),
    429: (
        "too_many_requests",
        say("There were too many requests in a short time."),
        say("Wait a minute, then try again."),
    ),
    500: (
        "internal_error",
        say("Something went wrong in the hub."),
        say(
            "Nothing you did is lost. Try again in a moment; if it happens again, tell your training administrator."
        ),
    ),
    503: ("unavailable", say("The hub is busy or being updated."), say("Try again in a moment.")),
}


def register_error_pages(app: flask.Flask) -> None:
    """Let every error of the application become a page or a JSON problem."""
    app.register_error_handler(HubError, _show_hub_error)
    app.register_error_handler(CSRFError, _show_missing_token)
    app.register_error_handler(HTTPException, _show_http_error)


def _show_hub_error(error: HubError) -> flask.typing.ResponseReturnValue:
    logger.info("request_refused", reason=error.code, status=error.status)
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooManyRequests) else {}
    return _answer(Explanation(error.status, error.code, error.message, error.help, error.problems, headers))


def _show_missing_token(error: CSRFError) -> flask.typing.ResponseReturnValue:
    hub, session = current_hub(), current_session()
    if take_turn(hub, REFUSED_FORMS, flask.request.remote_addr or ""):
        actor_id = session.person_id if session else None
        hub.audit_refusal("form", "no_form_token", str(flask.request.url_rule or ""), actor_id=actor_id)
    return _answer(
        Explanation(
            400,
            "no_form_token",
            say("This form is out of date."),
            say(
                "Nothing was changed. Go back, reload the page and send it again; your browser must allow this site's cookies."
            ),
        )
    )


def _show_http_error(error: HTTPException) -> flask.typing.ResponseReturnValue:
    if error.code is None or error.code < 400 or error.response is not None:
        return error  # a redirect, or an answer somebody has made already
    code, message, help = HTTP_ERRORS.get(error.code) or HTTP_ERRORS[400 if error.code < 500 else 500]
    logger.info("request_refused", reason=code, status=error.code)
    headers = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
    return _answer(Explanation(error.code, code, message, help, headers=headers))


def _answer(explanation: Explanation) -> flask.typing.ResponseReturnValue:
    wanted = flask.request.accept_mimetypes.best_match(
        ["text/html", "application/json", "application/problem+json"]
    )
    is_page = wanted in {None, "text/html"} and not flask.request.path.startswith("/api/")
    answer = _page(explanation) if is_page else _problem(explanation)
    answer.status_code = explanation.status
    answer.headers.update(explanation.headers)
    return answer


def _page(explanation: Explanation) -> flask.Response:
    if explanation.status < 500 and not flask.g.get("viewer"):
        load_viewer()
    page = flask.render_template("error.html", error=explanation, reference=reference())
    return flask.make_response(page)


def _problem(explanation: Explanation) -> flask.Response:
    spoken = told if flask.request.blueprint in SPOKEN else str
    answer = flask.jsonify(
        type="about:blank",
        title=spoken(explanation.message),
        status=explanation.status,
        code=explanation.code,
        detail=spoken(explanation.help),
        problems=[{"message": p.message, "place": p.place} for p in explanation.problems],
        reference=reference(),
    )
    answer.mimetype = "application/problem+json"
    return answer
