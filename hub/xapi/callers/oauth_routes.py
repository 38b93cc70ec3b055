"""OAuth 2 at the record store: the token endpoint (RFC 6749) and the metadata that names it (RFC 8414).

A blueprint of its own: its errors have OAuth's form, and it sends none of xAPI's headers.
"""

import flask
from flask import Blueprint, Response, jsonify, make_response, request
from werkzeug.exceptions import RequestEntityTooLarge

from hub.flask_hub import current_hub
from hub.xapi.callers.scopes import WORDS
from hub.xapi.callers.tokens import AccessToken, TokenRefused, grant_token
from hub.xapi.callers.wrong_secrets import refuse_flood
from hub.xapi.http.refusals import TooManyRequests

blueprint = Blueprint("xapi_oauth", __name__)

ACTION = "xapi_token"
MAX_FORM_BYTES = 32 * 1024
METADATA = "/.well-known/oauth-authorization-server"
_SECRETS = ("client_secret", "access_token")


@blueprint.post("/xapi/oauth/token")
def token() -> Response:
    """Grant an access token for client credentials; no answer may be kept by anybody (RFC 6749, section 5.1)."""
    request.max_content_length = MAX_FORM_BYTES
    try:
        response = _granted(grant_token(current_hub(), _form(), request.headers.get("Authorization")))
    except RequestEntityTooLarge:
        response = _refuse(TokenRefused("too_large", "invalid_request", "The request is too large."))
    except TokenRefused as refused:
        response = _refuse(refused)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response


@blueprint.route("/xapi/oauth/token", methods=["GET", "PUT", "PATCH", "DELETE"])
def token_wrong_method() -> Response:
    """Tokens are asked for by POST alone (RFC 6749, section 3.2)."""
    body = jsonify(error="invalid_request", error_description="Ask for a token by POST.", code="wrong_method")
    response = make_response(body, 405)
    response.headers["Allow"] = "POST"
    return response


@blueprint.get(f"{METADATA}/xapi")
@blueprint.get(f"/xapi{METADATA}")
def metadata() -> Response:
    """What the token endpoint is called and takes, at the address of RFC 8414, section 3.1, and where else it is looked for."""
    url = current_hub().settings.url
    response = jsonify(
        issuer=url("/xapi"),
        token_endpoint=url("/xapi/oauth/token"),
        token_endpoint_auth_methods_supported=["client_secret_basic", "client_secret_post"],
        grant_types_supported=["client_credentials"],
        response_types_supported=[],
        scopes_supported=list(WORDS),
    )
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def _form() -> dict[str, list[str]]:
    named = sorted(name for name in _SECRETS if name in request.args)
    if named:
        raise TokenRefused(
            "secret_in_query",
            "invalid_request",
            f"{named[0]} does not belong in the address. Give this one up, for it may stand in logs.",
        )
    if request.mimetype != "application/x-www-form-urlencoded":
        raise TokenRefused(
            "bad_content_type", "invalid_request", "Send the form as application/x-www-form-urlencoded."
        )
    return request.form.to_dict(flat=False)


def _granted(granted: AccessToken) -> Response:
    return jsonify(
        access_token=granted.token,
        token_type="Bearer",  # noqa: S106
        expires_in=granted.seconds,
        scope=" ".join(granted.scopes),
    )


def _refuse(refused: TokenRefused) -> Response:
    """One audit row, unless there were too many from one address; OAuth's JSON (RFC 6749, section 5.2)."""
    hub = current_hub()
    if refused.status == 401:
        try:
            refuse_flood(hub, flask.request.remote_addr or "", ACTION)
        except TooManyRequests as flood:
            response = make_response(
                jsonify(error="invalid_client", error_description=flood.message), flood.status
            )
            response.headers["Retry-After"] = str(flood.retry_after)
            return response
    hub.audit_refusal(ACTION, refused.code, connection_id=refused.connection_id)
    body = jsonify(error=refused.error, error_description=refused.message, code=refused.code)
    response = make_response(body, refused.status)
    if refused.challenge:
        response.headers["WWW-Authenticate"] = refused.challenge
    return response
