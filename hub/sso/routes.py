"""Signing in and out: the form's target, and the way out.

The pages themselves are made in ``hub.web``. Errors are HubErrors; one handler turns them into a page.
"""

from urllib.parse import urlencode

import flask
from werkzeug import Response

from hub.flask_hub import current_hub
from hub.limits import Limit
from hub.sso.browser import forget_forms, redirect, send_away
from hub.sso.cookies import SESSION, delete_cookie, read_cookie
from hub.sso.home_realm import find_sign_ins
from hub.sso.limits import refuse_flood
from hub.sso.oidc.sign_in import begin_sign_in
from hub.sso.refusals import ACTION
from hub.sso.return_to import HOME, local_path
from hub.sso.sign_out import sign_out

blueprint = flask.Blueprint("sso", __name__)

LOOKUPS = Limit("sign_in_lookup", 100, 60)
"""Per minute and network address; a whole dealership may share one address on a Monday morning."""


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
        slug = found[0].slug
        return send_away(lambda browser: begin_sign_in(hub, slug, browser, return_to, email))
    if found:
        return _sign_in_page([("connection", connection.slug) for connection in found], return_to)
    hub.audit_refusal(ACTION, "unknown_domain")
    return _sign_in_page([("problem", "unknown_domain")], return_to)


@blueprint.post("/sign-out")
def leave() -> Response:
    """End this browser's session."""
    sign_out(current_hub(), read_cookie(SESSION))
    forget_forms()
    response = redirect("/sign-in?signed_out=1")
    delete_cookie(response, SESSION)
    return response


def _sign_in_page(query: list[tuple[str, str]], return_to: str) -> Response:
    if return_to != HOME:
        query = [*query, ("return_to", return_to)]
    return redirect(f"/sign-in?{urlencode(query)}")
