"""Protocol endpoints of the LTI platform. All of them are for tools: none takes a CSRF token of the hub's pages."""

import secrets
from typing import cast
from urllib.parse import urlencode

import flask
from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge

from hub.errors import HubError
from hub.flask_hub import current_hub
from hub.lti import ags_routes
from hub.lti.authorize import FormPost, authorize
from hub.lti.content import routes as content_routes
from hub.lti.login_hint import WebSession
from hub.lti.notices import routes as notice_routes
from hub.lti.oauth import grant_token
from hub.lti.platform_keys import published_keys
from hub.lti.refusals import Refused
from hub.lti.registration import routes as registration_routes
from hub.lti.roster import routes as roster_routes
from hub.lti.tokens import LIFETIME, AccessToken
from hub.lti.tool import routes as tool_routes

blueprint = Blueprint("lti", __name__, url_prefix="/lti", template_folder="templates")
for part in (ags_routes, tool_routes, content_routes, roster_routes, registration_routes, notice_routes):
    part.add_to(blueprint)

MAX_FORM_BYTES = 32 * 1024


@blueprint.get("/jwks")
def jwks() -> Response:
    """The platform's public keys (RFC 7517). To be kept for a minute: a new key signs at once."""
    response = jsonify(published_keys(current_hub()))
    response.headers["Cache-Control"] = "public, max-age=60"
    return response


@blueprint.route("/authorize", methods=["GET", "POST"])
def authenticate() -> Response:
    """The authentication request of a tool (LTI 1.3, section 5.1.1.2), by GET or by POST."""
    session = cast(WebSession | None, flask.g.get("session"))
    asked = (request.form if request.method == "POST" else request.args).to_dict(flat=False)
    if request.method == "POST" and session is None:
        # Browsers send no SameSite=Lax cookie with a POST from another site, but with the GET this becomes.
        query = urlencode(asked, doseq=True)
        return cast(Response, redirect(f"{url_for('lti.authenticate')}?{query}", code=303))
    return _form_post(authorize(current_hub(), asked, session))


@blueprint.post("/token")
def token() -> Response:
    """The token endpoint (RFC 6749, section 3.2): client_credentials with private_key_jwt."""
    hub = current_hub()
    request.max_content_length = MAX_FORM_BYTES
    try:
        response = _granted(grant_token(hub, request.form.to_dict(flat=False)))
    except RequestEntityTooLarge:
        hub.audit_refusal("lti_token", "too_large")
        response = _not_granted(Refused("too_large", "The request is too large.", error="invalid_request"))
    except HubError as error:
        refused = error if isinstance(error, Refused) else Refused(error.code, error.message)
        hub.audit_refusal("lti_token", refused.code, connection_id=refused.connection_id)
        response = _not_granted(refused)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response


def _granted(granted: AccessToken) -> Response:
    return jsonify(
        access_token=granted.token,
        token_type="Bearer",  # noqa: S106
        expires_in=int(LIFETIME.total_seconds()),
        scope=" ".join(granted.scopes),
    )


def _not_granted(refused: Refused) -> Response:
    body = jsonify(error=refused.error or "invalid_request", error_description=refused.message)
    return make_response(body, refused.status)


def _form_post(post: FormPost) -> Response:
    """A page that posts by itself and, where scripts are off, by its button; it loads nothing.

    Its policy names no form-action: tools redirect after the post, and browsers apply form-action to that too.
    """
    nonce = secrets.token_urlsafe(16)
    response = make_response(render_template("lti/form_post.html", post=post, nonce=nonce))
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; base-uri 'none';"
        " frame-ancestors 'none'"
    )
    response.headers["Cache-Control"] = "no-store"
    # With no-referrer browsers would post with "Origin: null", which tools take for an attack.
    response.headers["Referrer-Policy"] = "strict-origin"
    return response
