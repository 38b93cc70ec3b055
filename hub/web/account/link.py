"""A person that an LMS sends, linked to one that the hub knows, by signing in."""

import flask
from werkzeug import Response

from hub.flask_hub import current_hub
from hub.lti.tool.attempt import Attempt, audited_refusal
from hub.lti.tool.linking import link_person, read_link_page
from hub.sso.cookies import delete_cookie, read_cookie
from hub.web.headers import allow_leaving
from hub.web.learning.lti_open import LINK, onward
from hub.web.viewer import current_session, current_viewer, own_session, require_sign_in

blueprint = flask.Blueprint("link_account", __name__)


@blueprint.get("/link/<code>")
def page(code: str) -> str:
    """Ask who somebody is whom an LMS knows: to sign in as usual, then to confirm."""
    hub = current_hub()
    with audited_refusal(hub, Attempt("lti_link")), hub.reading() as uow:
        asked = read_link_page(uow, code, read_cookie(LINK))
    allow_leaving()
    viewer = current_viewer() if current_session() else None
    return flask.render_template(
        "link_account.html", platform=asked.platform, person=viewer and viewer.person
    )


@blueprint.post("/link/<code>")
def confirm(code: str) -> Response:
    """ "This is me": the account there means the person signed in here, from now on."""
    away = require_sign_in()
    if away is not None:
        return away
    session = own_session()
    entry = link_person(current_hub(), code, read_cookie(LINK), session.person_id)
    response = flask.redirect(onward(entry, session.token_hash), 303)
    response.headers["Cache-Control"] = "no-store"
    delete_cookie(response, LINK)
    return response
