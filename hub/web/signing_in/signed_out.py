"""After signing out: on to the provider's own sign-out where there is one, and back here."""

import flask
from werkzeug import Response

from hub.flask_hub import current_hub
from hub.sso.cookies import FLOW, read_cookie
from hub.sso.sign_out import finish_leaving, read_leaving
from hub.web.headers import allow_leaving

blueprint = flask.Blueprint("signed_out", __name__)
MAX_STATE = 200


@blueprint.get("/signed-out")
def page() -> flask.typing.ResponseReturnValue:
    """Query: ``leave`` to go on to the provider, ``state`` when coming back from it; both belong to this browser.

    The page goes on by itself: browsers let the form for signing out lead to no other system.
    """
    arguments, browser, hub = flask.request.args, read_cookie(FLOW), current_hub()
    state = arguments.get("leave", "")[:MAX_STATE]
    if state:
        with hub.reading() as uow:
            leaving = read_leaving(hub, uow, state, browser)
        if leaving is not None:
            if leaving.fields:
                allow_leaving()
            return flask.render_template("signed_out.html", leaving=leaving)
    name = ""
    if arguments.get("state"):
        with hub.unit_of_work() as uow:
            name = finish_leaving(uow, arguments["state"][:MAX_STATE], browser)
    if not name:
        return _plain()
    return flask.render_template("signed_out.html", leaving=None, name=name)


def _plain() -> Response:
    return flask.redirect(flask.url_for("sign_in.form", signed_out=1), 303)
