"""What providers themselves ask of the hub: no browser, no cookies, no form token; a signed token is the proof."""

import flask
from werkzeug import Response

from hub.errors import HubError
from hub.flask_hub import current_hub
from hub.limits import Limit
from hub.sso.limits import refuse_flood
from hub.sso.oidc.backchannel import log_out

blueprint = flask.Blueprint("oidc_machine", __name__, url_prefix="/sso/oidc")

LOGOUTS = Limit("backchannel_logout", 600, 60)
"""Per minute and network address; a provider that ends a shift sends many."""


@blueprint.post("/<slug>/backchannel-logout")
def backchannel_logout(slug: str) -> Response:
    """End sessions (OpenID Connect Back-Channel Logout 1.0, section 2.8). Form: ``logout_token``. 200, or 400 with JSON."""
    hub = current_hub()
    refuse_flood(hub, LOGOUTS, flask.request.remote_addr or "")
    try:
        log_out(hub, slug, flask.request.form)
        response = Response(status=200)
    except HubError as error:
        response = flask.jsonify(error="invalid_request", error_description=error.code)
        response.status_code = 404 if error.status == 404 else 400
    response.headers["Cache-Control"] = "no-store"
    return response
