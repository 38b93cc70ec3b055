"""Signing out because another system asked for it, and could not show that it means this browser: the person decides."""

import flask
from werkzeug import Response

from hub.flask_hub import current_hub
from hub.sso.browser import forget_forms, redirect
from hub.sso.cookies import FLOW, SESSION, delete_cookie, read_cookie
from hub.sso.provider.logout import Wish, read_wish, sign_out_everywhere
from hub.sso.sign_out import SIGN_IN
from hub.web.headers import allow_leaving
from hub.web.viewer import current_session, load_viewer

blueprint = flask.Blueprint("leave", __name__)


@blueprint.get("/oauth/sign-out")
def ask() -> flask.typing.ResponseReturnValue:
    """Ask whether to sign out. Query: as for ``/oauth/logout``."""
    wish = _wish()
    if current_session() is None:
        return redirect(wish.address or SIGN_IN)
    allow_leaving()  # the form leads back to the system that asked
    load_viewer()
    return flask.render_template("leave.html", wish=wish)


@blueprint.post("/oauth/sign-out")
def leave() -> Response:
    """Sign out, and go where the other system wants. Query: as for ``/oauth/logout``."""
    wish = _wish()
    token, browser = read_cookie(SESSION), read_cookie(FLOW)
    response = redirect(sign_out_everywhere(current_hub(), current_session(), token, browser, wish))
    forget_forms()
    delete_cookie(response, SESSION)
    return response


def _wish() -> Wish:
    request = flask.request
    asked = request.args.to_dict(flat=False)
    return read_wish(current_hub(), asked, current_session(), request.remote_addr or "")
