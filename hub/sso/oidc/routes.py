"""OpenID Connect: the way to a provider, and the way back. Errors are HubErrors; one handler turns them into a page."""

import flask
from werkzeug import Response

from hub.flask_hub import current_hub
from hub.limits import Limit
from hub.sso.browser import device, let_in, send_away
from hub.sso.cookies import FLOW, SESSION, read_cookie
from hub.sso.limits import refuse_flood
from hub.sso.oidc.sign_in import begin_sign_in, finish_sign_in
from hub.sso.return_to import local_path

blueprint = flask.Blueprint("oidc", __name__, url_prefix="/sso/oidc")

STARTS = Limit("sign_in_start", 100, 60)
CALLBACKS = Limit("sign_in_callback", 100, 60)
"""Each per minute and network address; a whole dealership may share one address on a Monday morning."""


@blueprint.get("/<slug>/start")
def start(slug: str) -> Response:
    """Send the browser to one provider. Query: ``return_to``."""
    hub = current_hub()
    refuse_flood(hub, STARTS, flask.request.remote_addr or "")
    return_to = local_path(flask.request.args.get("return_to"))
    return send_away(lambda browser: begin_sign_in(hub, slug, browser, return_to))


@blueprint.get("/<slug>/callback")
def callback(slug: str) -> Response:
    """The redirect URI of one connection: the browser comes back with a code or an error."""
    hub = current_hub()
    refuse_flood(hub, CALLBACKS, flask.request.remote_addr or "")
    arguments = flask.request.args
    return let_in(finish_sign_in(hub, slug, read_cookie(FLOW), arguments, read_cookie(SESSION), device()))
