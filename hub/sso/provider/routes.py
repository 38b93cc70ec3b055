"""Endpoints of the hub as OpenID provider. All are for clients: none takes a form token of the hub's pages.

Errors that cannot be told to a client are HubErrors; one handler turns them into a page.
"""

from collections.abc import Callable, Mapping
from typing import cast
from urllib.parse import urlencode

import flask
from werkzeug import Response
from werkzeug.exceptions import RequestEntityTooLarge

from hub.errors import HubError
from hub.flask_hub import current_hub
from hub.signing.keys import published_keys
from hub.sso.browser import redirect
from hub.sso.cookies import FLOW, SESSION, delete_cookie, read_cookie
from hub.sso.provider.again import sign_in_again
from hub.sso.provider.authorize import Answered, authorize
from hub.sso.provider.client_auth import authenticate_client, single_values
from hub.sso.provider.clients import Client
from hub.sso.provider.discovery import provider_metadata
from hub.sso.provider.logout import read_wish, sign_out_everywhere
from hub.sso.provider.refusals import Refused, keep_refusal
from hub.sso.provider.tokens import Tokens, grant_tokens, read_userinfo, revoke_token
from hub.sso.provider.waiting import take_up
from hub.sso.sessions import Session
from hub.sso.waiting import SignInFirst

blueprint = flask.Blueprint("provider", __name__)

MAX_FORM_BYTES = 32 * 1024
_FOR_SCRIPTS = frozenset({"provider.configuration", "provider.jwks", "provider.token", "provider.userinfo"})
"""Endpoints that programs in browsers call from other sites. They know no cookies."""


@blueprint.get("/.well-known/openid-configuration")
def configuration() -> Response:
    """The discovery document."""
    response = flask.jsonify(provider_metadata(current_hub().settings))
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@blueprint.get("/oauth/jwks")
def jwks() -> Response:
    """The public keys (RFC 7517). To be kept for a minute: a new key signs at once."""
    response = flask.jsonify(published_keys(current_hub(), "oidc"))
    response.headers["Cache-Control"] = "public, max-age=60"
    return response


@blueprint.route("/oauth/authorize", methods=["GET", "POST"])
def ask() -> Response:
    """An authentication request, by GET or by POST."""
    request = flask.request
    if request.method == "POST":
        # Browsers send no SameSite=Lax cookie with a POST from another site, but with the GET this becomes.
        request.max_content_length = MAX_FORM_BYTES
        query = urlencode(request.form.to_dict(flat=False), doseq=True)
        return redirect(f"{flask.url_for('provider.ask')}?{query}")
    asked = request.args.to_dict(flat=False)
    return _next(authorize(current_hub(), asked, _session(), _address()))


@blueprint.get("/oauth/resume/<code>")
def resume(code: str) -> Response:
    """Back to a request for which somebody had to sign in first."""
    hub = current_hub()
    waiting = take_up(hub, code)
    return _next(authorize(hub, waiting.asked, _session(), _address(), waiting))


@blueprint.post("/oauth/token")
def token() -> Response:
    """The token endpoint (RFC 6749, section 3.2)."""

    def answer(client: Client, given: Mapping[str, str]) -> Response:
        return flask.jsonify(_token_body(grant_tokens(current_hub(), client, given)))

    return _serve("client_token", "/oauth/token", answer)


@blueprint.post("/oauth/revoke")
def revoke() -> Response:
    """The revocation endpoint (RFC 7009)."""

    def answer(client: Client, given: Mapping[str, str]) -> Response:
        revoke_token(current_hub(), client, given)
        return flask.make_response("", 200)

    return _serve("client_revoke", "/oauth/revoke", answer)


@blueprint.route("/oauth/userinfo", methods=["GET", "POST"])
def userinfo() -> Response:
    """Claims about the person of an access token (OpenID Connect Core 1.0, section 5.3)."""
    hub = current_hub()
    try:
        told = read_userinfo(hub, flask.request.headers.get("Authorization", ""))
        response: Response = flask.jsonify(told)
    except HubError as error:
        keep_refusal(hub, "client_userinfo", error, _address())
        response = _refused(error)
    return _unkept(response)


@blueprint.route("/oauth/logout", methods=["GET", "POST"])
def logout() -> Response:
    """A client wants somebody signed out (OpenID Connect RP-Initiated Logout 1.0), by GET or by POST."""
    request = flask.request
    if request.method == "POST":
        request.max_content_length = MAX_FORM_BYTES
        query = urlencode(request.form.to_dict(flat=False), doseq=True)
        return redirect(f"{flask.url_for('provider.logout')}?{query}")
    hub, session = current_hub(), _session()
    wish = read_wish(hub, request.args.to_dict(flat=False), session, _address())
    if session is not None and not wish.is_proved:
        return redirect(f"/oauth/sign-out?{request.query_string.decode('ascii', 'replace')}")
    response = redirect(sign_out_everywhere(hub, session, read_cookie(SESSION), read_cookie(FLOW), wish))
    delete_cookie(response, SESSION)
    return response


@blueprint.after_request
def let_scripts_read(response: Response) -> Response:
    """Programs in browsers may read what needs no cookie (Fetch, CORS)."""
    if flask.request.endpoint in _FOR_SCRIPTS:
        response.headers["Access-Control-Allow-Origin"] = "*"
        if flask.request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
            response.headers["Access-Control-Allow-Methods"] = "GET, POST"
    return response


def _next(answer: Answered | SignInFirst) -> Response:
    if isinstance(answer, Answered):
        return redirect(answer.address)
    back = flask.url_for("provider.resume", code=answer.code)
    session = _session()
    if answer.purpose != "sign_in" and session is not None:
        return sign_in_again(current_hub(), session, back, answer.wishes, answer.purpose)
    return redirect(f"/sign-in?{urlencode({'return_to': back})}")


def _serve(action: str, path: str, answer: Callable[[Client, Mapping[str, str]], Response]) -> Response:
    """Answer a client that shows who it is; a refusal is told in OAuth's words and leaves one audit row."""
    hub, request = current_hub(), flask.request
    request.max_content_length = MAX_FORM_BYTES
    client: Client | None = None
    try:
        given = single_values(request.form.to_dict(flat=False))
        authorization = request.headers.get("Authorization", "")
        client = authenticate_client(hub, given, authorization, hub.settings.url(path))
        response = answer(client, given)
    except RequestEntityTooLarge:
        refused = Refused("request_too_large", "The request is too large.")
        keep_refusal(hub, action, refused, _address())
        response = _refused(refused)
    except HubError as error:
        known = client.connection_id if client else None
        client_id = client.client_id if client else ""
        keep_refusal(hub, action, error, _address(), client_id=client_id, connection_id=known)
        response = _refused(error)
    return _unkept(response)


def _token_body(tokens: Tokens) -> dict[str, object]:
    body = {
        "access_token": tokens.access_token,
        "token_type": "Bearer",
        "expires_in": tokens.expires_in,
        "id_token": tokens.id_token,
        "scope": " ".join(tokens.scopes),
    }
    return {**body, "refresh_token": tokens.refresh_token} if tokens.refresh_token else body


def _refused(error: HubError) -> Response:
    told = error.error if isinstance(error, Refused) else "invalid_request"
    response = flask.make_response(flask.jsonify(error=told, error_description=error.message), error.status)
    response.headers.update(error.headers if isinstance(error, Refused) else {})
    return response


def _unkept(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response


def _session() -> Session | None:
    return cast(Session | None, flask.g.get("session"))


def _address() -> str:
    return flask.request.remote_addr or ""
