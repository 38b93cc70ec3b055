"""Signing in and out: the form's target, and the way out.

The pages themselves are made in ``hub.web``. Errors are HubErrors; one handler turns them into a page.
"""

from datetime import timedelta
from urllib.parse import urlencode

import flask
from werkzeug import Response

from hub.flask_hub import current_hub
from hub.limits import Limit
from hub.sso.begin import begin_sign_in, local_page
from hub.sso.browser import browser_token, forget_forms, keep_browser, redirect, send_away
from hub.sso.cookies import DOOR, SESSION, delete_cookie, read_cookie, set_cookie
from hub.sso.doors import RESERVED
from hub.sso.home_realm import find_ways, ways_of_door
from hub.sso.limits import refuse_flood
from hub.sso.refusals import ACTION
from hub.sso.return_to import HOME, local_path
from hub.sso.sign_out import sign_out
from hub.sso.wishes import wishes_of

blueprint = flask.Blueprint("sso", __name__)

LOOKUPS = Limit("sign_in_lookup", 100, 60)
STARTS = Limit("sign_in_start", 100, 60)
"""Each per minute and network address; a whole dealership may share one address on a Monday morning."""
REMEMBERED = timedelta(days=365)
"""How long a browser remembers where its person signs in; the name of the connection, nothing about the person."""


@blueprint.post("/sign-in")
def look_up() -> Response:
    """Send the browser to the provider of its e-mail's domain, or back to the page to choose or correct.

    What happens depends on the domain alone: never on whether anybody has the address.
    """
    hub = current_hub()
    refuse_flood(hub, LOOKUPS, flask.request.remote_addr or "")
    email = flask.request.form.get("email", "").strip()
    return_to = local_path(flask.request.form.get("return_to"))
    with hub.reading() as uow:
        ways = find_ways(uow, email)
    if len(ways.connections) == 1:
        return _go(ways.connections[0].slug, return_to, email)
    if ways.connections:
        return _sign_in_page([("connection", connection.slug) for connection in ways.connections], return_to)
    if ways.local:
        return redirect(local_page(return_to))
    hub.audit_refusal(ACTION, "unknown_domain")
    return _sign_in_page([("problem", "unknown_domain")], return_to)


@blueprint.get("/sign-in/with/<slug>")
def go(slug: str) -> Response:
    """Sign in at one connection, and let the browser remember that. Query: ``return_to``."""
    refuse_flood(current_hub(), STARTS, flask.request.remote_addr or "")
    return _go(slug, local_path(flask.request.args.get("return_to")))


@blueprint.get("/sign-in/<slug>")
def door(slug: str) -> Response:
    """The ways in of one partner or location, or of one connection. Query: ``return_to``."""
    hub = current_hub()
    refuse_flood(hub, LOOKUPS, flask.request.remote_addr or "")
    return_to = local_path(flask.request.args.get("return_to"))
    with hub.reading() as uow:
        ways = ways_of_door(uow, slug)[1] if slug not in RESERVED else []
    if not ways:
        hub.audit_refusal(ACTION, "unknown_door")
        return _sign_in_page([("problem", "unknown_door")], return_to)
    if len(ways) == 1:
        return _go(ways[0].slug, return_to)
    return _sign_in_page([("connection", connection.slug) for connection in ways], return_to)


@blueprint.post("/sign-in/forget")
def forget() -> Response:
    """Let this browser forget where its person signs in."""
    response = _sign_in_page([], local_path(flask.request.form.get("return_to")))
    delete_cookie(response, DOOR)
    return response


@blueprint.post("/sign-out")
def leave() -> Response:
    """End this browser's session; the page after it goes on to the provider's own sign-out, where there is one."""
    browser = browser_token()
    response = redirect(sign_out(current_hub(), read_cookie(SESSION), browser))
    forget_forms()
    delete_cookie(response, SESSION)
    keep_browser(response, browser)
    return response


def _go(slug: str, return_to: str, email: str = "") -> Response:
    hub = current_hub()
    wishes = wishes_of(hub, return_to)
    hint = email or wishes.login_hint
    response = send_away(lambda browser: begin_sign_in(hub, slug, browser, return_to, hint, acr=wishes.acr))
    set_cookie(response, DOOR, slug, max_age=int(REMEMBERED.total_seconds()))
    return response


def _sign_in_page(query: list[tuple[str, str]], return_to: str) -> Response:
    if return_to != HOME:
        query = [*query, ("return_to", return_to)]
    return redirect(f"/sign-in?{urlencode(query)}" if query else "/sign-in")
