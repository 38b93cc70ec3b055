"""The door: the first page, and the form that asks where somebody signs in. ``hub.sso`` takes what it posts."""

import flask
from werkzeug import Response

from hub.flask_hub import current_hub
from hub.sso.cookies import DOOR, read_cookie
from hub.sso.home_realm import read_choices
from hub.sso.return_to import local_path
from hub.sso.wishes import wishes_of
from hub.web.headers import allow_leaving
from hub.web.viewer import current_session
from hub.words.phrase import say

blueprint = flask.Blueprint("sign_in", __name__)

PROBLEMS = {
    "unknown_domain": (
        say("We do not know this address"),
        say(
            "Use your work e-mail at a partner company. If you did, ask your training administrator to connect your company."
        ),
    ),
    "unknown_door": (
        say("Nobody signs in under this address"),
        say("Check the address that you were given, or type your work e-mail here."),
    ),
    "session_ended": (
        say("You have been signed out"),
        say("A sign-in ends by itself after some hours. Sign in again to go on."),
    ),
}


@blueprint.get("/")
def home() -> Response:
    """To the own training, or to the door."""
    endpoint = "my_training.page" if current_session() else "sign_in.form"
    return flask.redirect(flask.url_for(endpoint), 302)


@blueprint.get("/sign-in")
def form() -> Response:
    """Ask for the work e-mail, or let people choose between the sign-ins their domain has.

    Query: ``return_to``; ``problem``, a key of PROBLEMS; ``signed_out``; ``connection``, once per sign-in to choose from.
    """
    arguments = flask.request.args
    return_to = local_path(arguments.get("return_to"))
    if current_session():
        return flask.redirect(return_to, 303)
    allow_leaving()
    with current_hub().reading() as uow:
        choices = read_choices(uow, arguments.getlist("connection"))
        remembered = read_choices(uow, [read_cookie(DOOR)]) if not choices and read_cookie(DOOR) else []
    page = flask.render_template(
        "sign_in.html",
        return_to=return_to,
        problem=PROBLEMS.get(arguments.get("problem", "")),
        signed_out="signed_out" in arguments,
        choices=choices,
        remembered=remembered[0] if remembered else None,
        email=wishes_of(current_hub(), return_to).login_hint,
    )
    return flask.make_response(page)
