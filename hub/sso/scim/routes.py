"""SCIM 2.0 over HTTP: whose request it is, its answer, and errors in the standard's form (RFC 7644, section 3.12)."""

import json
from collections.abc import Mapping

import flask
from werkzeug.exceptions import HTTPException

from hub.errors import HubError
from hub.flask_hub import current_hub
from hub.limits import Limit, count_request, network_of, refuse_in_address
from hub.logging import get_logger
from hub.runtime import Hub
from hub.sso.scim.caller import Caller
from hub.sso.scim.names import ACTION, PATH
from hub.sso.scim.tokens import Unauthorized, check_token

logger = get_logger(__name__)

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
MEDIA_TYPE = "application/scim+json"
WRONG_TOKENS = Limit("scim_wrong_token", 20, 60)
"""Per minute and network address."""
REQUESTS = Limit("scim_request", 6000, 60)
"""Per minute and client: far above what a provisioning run sends, and below what would slow others down."""
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]

# Exempt from CSRF protection as a whole: it knows no cookies, only tokens sent with each request.
blueprint = flask.Blueprint("scim", __name__, url_prefix=PATH)


class TooManyRequests(HubError):
    """Too many requests of one client, or with wrong tokens from one network address. ``retry_after`` is in seconds."""

    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            "too_many_requests", "There were too many requests in a short time.", "Wait a minute."
        )
        self.retry_after = retry_after


@blueprint.route(
    "/", defaults={"path": ""}, methods=METHODS, strict_slashes=False, provide_automatic_options=False
)
@blueprint.route("/<path:path>", methods=METHODS, provide_automatic_options=False)
def answer_request(path: str) -> flask.Response:
    """Answer one request of a client."""
    hub = current_hub()
    caller = _caller(hub)
    _refuse_flood(hub, caller)
    from hub.sso.scim.endpoint import take_request

    status, headers, told = take_request(hub, caller, path)
    return _response(status, told, headers)


def _caller(hub: Hub) -> Caller:
    """Whose token it is. Unauthorized, also for one in the address; TooManyRequests after many of these."""
    try:
        refuse_in_address(flask.request.args.keys(), Unauthorized)
        with hub.glance() as uow:
            return check_token(uow, flask.request.headers.get("Authorization"))
    except Unauthorized as error:
        count = count_request(hub, WRONG_TOKENS, network_of(flask.request.remote_addr or ""))
        if count > WRONG_TOKENS.times:
            if count == WRONG_TOKENS.times + 1:  # once a window: a flood must not fill the audit trail
                hub.audit_refusal(ACTION, "too_many_requests", detail={"limit": WRONG_TOKENS.name})
            raise TooManyRequests(WRONG_TOKENS.seconds) from None
        hub.audit_refusal(ACTION, error.code, connection_id=error.connection_id)
        raise


def _refuse_flood(hub: Hub, caller: Caller) -> None:
    count = count_request(hub, REQUESTS, caller.connection_id)
    if count == REQUESTS.times + 1:
        detail = {"limit": REQUESTS.name}
        hub.audit_refusal(ACTION, "too_many_requests", connection_id=caller.connection_id, detail=detail)
    if count > REQUESTS.times:
        raise TooManyRequests(REQUESTS.seconds)


def _response(status: int, told: object, headers: Mapping[str, str]) -> flask.Response:
    body = None if told is None else json.dumps(told, ensure_ascii=False)
    response = flask.Response(body, status=status, headers=headers)
    response.headers["Cache-Control"] = "no-store"
    return response


def _error(status: int, detail: str) -> flask.Response:
    told = {"schemas": [ERROR], "status": str(status), "detail": detail}
    return _response(status, told, {"Content-Type": MEDIA_TYPE})


@blueprint.errorhandler(HubError)
def refuse(error: HubError) -> flask.Response:
    """What was refused before the protocol had its turn."""
    logger.info("request_refused", reason=error.code, status=error.status)
    response = _error(error.status, f"{error.message} {error.help}".strip())
    if isinstance(error, Unauthorized):
        wrong = "" if error.code == "no_token" else ', error="invalid_token"'
        response.headers["WWW-Authenticate"] = f'Bearer realm="SCIM"{wrong}'
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


@blueprint.errorhandler(HTTPException)
def refuse_http(error: HTTPException) -> flask.Response:
    """What the web framework refused, such as a body that is too large."""
    return _error(error.code or 500, error.description or "")


@blueprint.errorhandler(Exception)
def report_failure(error: Exception) -> flask.Response:
    """What nobody expected: logged here, and not told to the client."""
    logger.error("request_failed", exc_info=error)
    return _error(500, "Something went wrong in the hub. Nothing was changed; try again in a moment.")
