"""Endpoints of the hub as LTI tool: the login a platform starts, and the launch it posts through the browser."""

import secrets
from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge

from hub.errors import HubError
from hub.flask_hub import current_hub
from hub.limits import Limit, count_request, network_of
from hub.lti.refusals import Refused
from hub.lti.tool.attempt import Attempt, audited_refusal
from hub.lti.tool.entries import WINDOW_LIFETIME
from hub.lti.tool.launch import Accepted, accept_launch, consume_error
from hub.lti.tool.login import LIFETIME, Login, Storage, begin_login, cookie_of, one_each, storage_key
from hub.lti.tool.message import FRAMES
from hub.lti.tool.platforms import Platform
from hub.lti.tool.validate import Launch, check_proof, find_state, is_same_browser, validate

MAX_FORM_BYTES = 256 * 1024
LOGINS = Limit("lti_login", 300, 60)
"""Per minute and network address: a class may open its course at the same minute, all from one address."""
TOO_MANY = "too_many_requests"
OPEN_PATH = "/lti/open"
"""The hub's own page that takes the code of a launch; ``hub.web.learning.lti_open`` answers there."""
_DEFINED_ERRORS = frozenset(
    {
        "access_denied",
        "account_selection_required",
        "consent_required",
        "interaction_required",
        "invalid_request",
        "invalid_scope",
        "login_required",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
        "unsupported_response_type",
    }
)
_PAGE = "lti/tool_page.html"


def add_to(blueprint: Blueprint) -> None:
    """Add the endpoints to the blueprint of all LTI endpoints."""
    blueprint.add_url_rule("/tool/login", "tool_login", login, methods=["GET", "POST"])
    blueprint.add_url_rule("/tool/launch", "tool_launch", launch, methods=["POST"])
    blueprint.add_url_rule("/tool/launch/confirm", "tool_confirm", confirm, methods=["POST"])
    blueprint.add_url_rule("/tool/launch", "tool_opened_by_hand", opened_by_hand, methods=["GET"])
    blueprint.add_url_rule("/tool/open/<path:target>", "tool_open", opened_by_hand, methods=["GET"])


def login() -> Response:
    """A platform starts a login, by GET or by POST (LTI 1.3, section 5.1.1.1)."""
    hub = current_hub()
    asked = count_request(hub, LOGINS, network_of(request.remote_addr or ""))
    if asked <= LOGINS.times:
        return _guarded("lti_login", _login)
    if asked == LOGINS.times + 1:  # of a whole flood one: the audit trail grows for good
        hub.audit_refusal("lti_login", TOO_MANY, detail={"limit": LOGINS.name})
    message = "The training hub was opened too often from your network in a short time. Wait a minute, then try again."
    response = _page(None, "This link did not open", message, code=TOO_MANY, status=429)
    response.headers["Retry-After"] = str(LOGINS.seconds)
    return response


def launch() -> Response:
    """The platform's answer, by form post: an id_token, or an error (LTI 1.3, section 5.1.1.3)."""
    return _guarded("lti_entry", _launch)


def confirm() -> Response:
    """A launch again, from the hub's own page, with what the platform's storage gave back instead of a cookie."""
    return _guarded("lti_entry", _confirm)


def opened_by_hand(target: str = "") -> Response:
    """For people who open the address of a link by itself: it works from inside their learning system alone."""
    return _page(
        None,
        "Open this from your learning system",
        "This address is for links inside a learning system. Open the link there, or go to your training here.",
        link=url_for("sign_in.home"),
        link_words="Go to the training hub",
    )


def _login(attempt: Attempt) -> Response:
    asked = request.form if request.method == "POST" else request.args
    begun = begin_login(current_hub(), asked.to_dict(flat=False), attempt)
    if begun.storage:
        response = _framed("lti/storage_put.html", begun.platform, begun=begun, storage=begun.storage)
    else:
        response = make_response(redirect(begun.address, 302))
        response.headers["Cache-Control"] = "no-store"
    _set_cookie(response, begun.cookie, begun.browser, int(LIFETIME.total_seconds()))
    return response


def _launch(attempt: Attempt) -> Response:
    given = one_each(request.form.to_dict(flat=False))
    state = given.get("state", "")
    begun = find_state(current_hub(), state, attempt)
    came_along = is_same_browser(begun, request.cookies.get(_cookie_name(cookie_of(state)), ""))
    if not came_along and begun.storage_hash is None:
        raise Refused(
            "state_of_another_browser",
            "This launch was begun in another browser, or your browser did not keep the training hub's cookie. "
            "Go back to your learning system and open the link again.",
        )
    if "error" in given:
        return _platform_error(attempt, begun, given["error"])
    if not came_along and attempt.platform:
        fields = {"state": state, "id_token": given.get("id_token", "")}
        target = given.get("lti_storage_target", "_parent")
        storage = Storage(target, attempt.platform.origin, storage_key(state), "")
        return _framed("lti/storage_get.html", attempt.platform, fields=fields, storage=storage)
    return _accepted(attempt, begun, state, given.get("id_token", ""))


def _confirm(attempt: Attempt) -> Response:
    if not is_own_form():
        raise Refused(  # or somebody's own launch could be finished in the browser of another
            "foreign_form",
            "This form does not come from the training hub. Go back to your learning system and open the link again.",
            status=403,
        )
    given = one_each(request.form.to_dict(flat=False))
    state = given.get("state", "")
    begun = find_state(current_hub(), state, attempt)
    check_proof(begun, given.get("proof", ""))
    return _accepted(attempt, begun, state, given.get("id_token", ""))


def _accepted(attempt: Attempt, begun: Login, state: str, token: str) -> Response:
    hub = current_hub()
    found = validate(hub, begun, state, token, attempt)
    in_frame = _in_frame(found)
    response = _answer(accept_launch(hub, found, attempt, in_frame=in_frame), in_frame=in_frame)
    _set_cookie(response, cookie_of(state), "", 0)
    return response


def _answer(accepted: Accepted, *, in_frame: bool) -> Response:
    platform = accepted.platform
    if accepted.outcome == "pick":
        return _away(accepted.address)
    if accepted.outcome == "pending":
        message = (
            f"{platform.name} opened the training hub from a place that is new here. The people who run the hub have been "
            "told and will approve it. Try again later; nothing is lost."
        )
        return _page(platform, "Waiting for approval", message, code="deployment_pending", status=403)
    if accepted.outcome == "anonymous":
        message = (
            f"{platform.name} did not tell the training hub who you are, so nothing you do here could be counted. "
            "Open the link with your own account."
        )
        return _page(platform, accepted.title, message, link=accepted.return_url, link_words="Go back")
    if in_frame:
        return _framed("lti/tool_open.html", platform, accepted=accepted, action=OPEN_PATH)
    in_address, _, in_cookie = accepted.code.partition(".")
    response = _away(f"{OPEN_PATH}?code={in_address}")
    _set_cookie(response, cookie_of(in_address), in_cookie, int(WINDOW_LIFETIME.total_seconds()))
    return response


def is_own_form() -> bool:
    """Whether the form was sent by a page of the hub itself, as browsers say it."""
    own = urlsplit(current_hub().settings.public_url)
    return request.headers.get("Origin") == f"{own.scheme}://{own.netloc}"


def held_code(in_address: str) -> str:
    """The whole code of a launch: the part in the address with the part in this browser's cookie."""
    return f"{in_address}.{request.cookies.get(_cookie_name(cookie_of(in_address)), '')}"


def _platform_error(attempt: Attempt, begun: Login, error: str) -> Response:
    """The platform could not say who is there (OpenID Connect Core 1.0, section 3.1.2.6): the state is used up."""
    consume_error(current_hub(), begun)
    attempt.detail["error"] = error if error in _DEFINED_ERRORS else "other"
    name = attempt.platform.name if attempt.platform else "Your learning system"
    raise Refused(
        "platform_error",
        f"{name} could not tell the training hub who you are. Sign in there again, then open the link once more.",
    )


def _guarded(action: str, answer: Callable[[Attempt], Response]) -> Response:
    """The answer, or the page of a refusal; whatever is refused has its one audit row."""
    request.max_content_length = MAX_FORM_BYTES
    attempt = Attempt(action)
    try:
        with audited_refusal(current_hub(), attempt):
            try:
                return answer(attempt)
            except RequestEntityTooLarge:
                raise Refused("too_large", "The message is too large.", status=413) from None
    except HubError as error:
        message = f"{error.message} {error.help}".strip()
        return _page(
            attempt.platform, "This link did not open", message, code=error.code, status=error.status
        )


def _in_frame(found: Launch) -> bool:
    """Whether the answer is shown inside a page of the platform: the browser says so, else the message."""
    shown_in = request.headers.get("Sec-Fetch-Dest", "")
    if shown_in:
        return shown_in in FRAMES
    return found.message.document_target in FRAMES


def _away(address: str) -> Response:
    response = make_response(redirect(address, 303))
    response.headers["Cache-Control"] = "no-store"
    return response


def _page(platform: Platform | None, title: str, message: str, status: int = 200, **shown: str) -> Response:
    response = _framed(_PAGE, platform, title=title, message=message, **shown)
    response.status_code = status
    return response


def _framed(template: str, platform: Platform | None, **shown: object) -> Response:
    """A small page that loads nothing and may stand in the platform's own pages, and in no others.

    Its policy names no form-action: browsers apply it to the redirects after a form too, which lead to other systems.
    """
    nonce = secrets.token_urlsafe(16)
    response = make_response(render_template(template, nonce=nonce, platform=platform, **shown))
    ancestors = platform.origin if platform else "'none'"
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; base-uri 'none';"
        f" frame-ancestors {ancestors}"
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _cookie_name(name: str) -> str:
    return f"__Host-{name}" if current_hub().settings.is_https else name


def _set_cookie(response: Response, name: str, value: str, max_age: int) -> None:
    """A cookie that browsers send along from the platform's pages, each platform's frames apart from the others' (CHIPS).

    Plain http, which is for loopback alone, knows neither; without SameSite, a new cookie comes along at least when the
    platform's page is left for the hub's.
    """
    is_https = current_hub().settings.is_https
    response.set_cookie(
        _cookie_name(name),
        value,
        max_age=max_age,
        path="/",
        secure=is_https,
        httponly=True,
        samesite="None" if is_https else None,
        partitioned=is_https,
    )
