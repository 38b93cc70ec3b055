"""Signing in and out: the form's target, OpenID Connect's start and callback, and the way out.

The pages themselves are made in ``hub.web``. Errors are HubErrors; one handler turns them into a page.
"""

from urllib.parse import urlencode

import flask
from werkzeug import Response

from hub.flask_hub import current_hub
from hub.limits import Limit
from hub.sso.cookies import FLOW, SESSION, delete_cookie, read_cookie, set_cookie
from hub.sso.flows import LIFETIME
from hub.sso.home_realm import find_sign_ins
from hub.sso.limits import refuse_flood
from hub.sso.refusals import ACTION
from hub.sso.return_to import HOME, local_path
from hub.sso.sign_in import begin_sign_in, finish_sign_in
from hub.sso.sign_out import sign_out
from hub.sso.tokens import new_token

blueprint = flask.Blueprint("sso", __name__)

LOOKUPS = Limit("sign_in_lookup", 100, 60)
STARTS = Limit("sign_in_start", 100, 60)
CALLBACKS = Limit("sign_in_callback", 100, 60)
"""Each per minute and network address; a whole dealership may share one address on a Monday morning."""

FLOW_TOKEN_LENGTH = len(new_token())


@blueprint.post("/sign-in")
def look_up() -> Response:
    """Send the browser to the provider of its e-mail's domain, or back to the page to choose or correct."""
    hub = current_hub()
    refuse_flood(hub, LOOKUPS, flask.request.remote_addr or "")
    email = flask.request.form.get("email", "").strip()
    return_to = local_path(flask.request.form.get("return_to"))
    with hub.reading() as uow:
        found = find_sign_ins(uow, email)
    if len(found) == 1:
        return _send_away(found[0].slug, return_to, email)
    if found:
        return _sign_in_page([("connection", connection.slug) for connection in found], return_to)
    hub.audit_refusal(ACTION, "unknown_domain")
    return _sign_in_page([("problem", "unknown_domain")], return_to)


@blueprint.get("/sso/oidc/<slug>/start")
def start(slug: str) -> Response:
    """Send the browser to one provider. Query: ``return_to``."""
    refuse_flood(current_hub(), STARTS, flask.request.remote_addr or "")
    return _send_away(slug, local_path(flask.request.args.get("return_to")))


@blueprint.get("/sso/oidc/<slug>/callback")
def callback(slug: str) -> Response:
    """The redirect URI of one connection: the browser comes back with a code or an error."""
    hub = current_hub()
    refuse_flood(hub, CALLBACKS, flask.request.remote_addr or "")
    signed_in = finish_sign_in(hub, slug, read_cookie(FLOW), flask.request.args, read_cookie(SESSION))
    _forget_forms()
    response = _redirect(signed_in.return_to)
    set_cookie(response, SESSION, signed_in.token)
    return response


@blueprint.post("/sign-out")
def leave() -> Response:
    """End this browser's session."""
    sign_out(current_hub(), read_cookie(SESSION))
    _forget_forms()
    response = _redirect("/sign-in?signed_out=1")
    delete_cookie(response, SESSION)
    return response


def _send_away(slug: str, return_to: str, login_hint: str = "") -> Response:
    # One token per browser, so that two tabs can sign in at the same time.
    held = read_cookie(FLOW)
    browser = held if len(held) == FLOW_TOKEN_LENGTH else new_token()
    response = _redirect(begin_sign_in(current_hub(), slug, browser, return_to, login_hint))
    set_cookie(response, FLOW, browser, max_age=int(LIFETIME.total_seconds()))
    return response


def _forget_forms() -> None:
    """End what was put into the browser before, such as a form token that somebody else knows."""
    if flask.session:
        flask.session.clear()


def _sign_in_page(query: list[tuple[str, str]], return_to: str) -> Response:
    if return_to != HOME:
        query = [*query, ("return_to", return_to)]
    return _redirect(f"/sign-in?{urlencode(query)}")


def _redirect(address: str) -> Response:
    response = flask.redirect(address, 303)
    response.headers["Cache-Control"] = "no-store"
    return response
