"""The setup link's step for the first person who looks after the partner's people."""

import flask
from werkzeug import Response

from hub.flask_hub import current_hub
from hub.lti.registration import setup_steps
from hub.network.people.person import read_person
from hub.sso.begin import begin_sign_in
from hub.sso.browser import send_away
from hub.sso.cookies import delete_cookie, read_cookie, set_cookie
from hub.sso.onboarding.checklist import read_checklist
from hub.sso.onboarding.first_admin import SIGNED_IN, become_first_admin, proves, sign_in_to_prove
from hub.web.headers import allow_leaving
from hub.web.setup.steps import COOKIE, back, blueprint
from hub.web.viewer import current_session

SIGNING_IN = "hub_setup_sign_in"
"""The cookie that leads back from the sign-in to the page of the link, for the link's secret stays out of the flow."""
SECONDS = 3600


@blueprint.get("/<code>/admin")
def admin(code: str) -> str:
    """Who would get the role, or the way to sign in first."""
    hub, session = current_hub(), current_session()
    link = setup_steps.claim(hub, code, read_cookie(COOKIE))
    with hub.reading() as uow:
        checklist = read_checklist(uow, link)
        me = read_person(uow, session.person_id) if session and proves(uow, link, session) else None
    allow_leaving()  # to the provider
    return flask.render_template("setup_admin.html", code=code, link=link, checklist=checklist, me=me)


@blueprint.post("/<code>/admin/sign-in")
def sign_in_as_admin(code: str) -> Response:
    """Send the browser to the sign-in that the link connected."""
    hub = current_hub()
    slug = sign_in_to_prove(hub, code, read_cookie(COOKIE))
    response = send_away(lambda token: begin_sign_in(hub, slug, token, SIGNED_IN))
    set_cookie(response, SIGNING_IN, code, SECONDS)
    return response


@blueprint.get("/signed-in")
def signed_in() -> Response:
    """Where the sign-in comes back to."""
    response = flask.redirect(flask.url_for("setup.admin", code=read_cookie(SIGNING_IN) or "-"), 303)
    delete_cookie(response, SIGNING_IN)
    return response


@blueprint.post("/<code>/admin")
def become_admin(code: str) -> Response:
    """Give the role to whoever is signed in."""
    become_first_admin(current_hub(), code, read_cookie(COOKIE), current_session())
    flask.flash("You look after the people of your company here.")
    return back(code)
