"""The own account: where one is signed in, and ending that; other parts of the page are other modules' templates."""

import flask
from werkzeug import Response

from hub.access.roles import administered_partners
from hub.errors import BadInput
from hub.flask_hub import current_hub
from hub.ids import is_id
from hub.journal import audit
from hub.sso.sessions import end_other_sessions, end_session_of, list_sessions
from hub.web.headers import allow_leaving
from hub.web.viewer import current_viewer, own_session, require_sign_in

blueprint = flask.Blueprint("account", __name__, url_prefix="/account")
blueprint.before_request(require_sign_in)


@blueprint.get("")
def page() -> str:
    """Who somebody is here, where they are signed in, and by which sign-ins they may come."""
    allow_leaving()  # a sign-in is added at another system
    viewer, session = current_viewer(), own_session()
    with current_hub().reading() as uow:
        sessions = list_sessions(uow, viewer.person.id)
        partners = administered_partners(uow, viewer.person.id)
    return flask.render_template(
        "account.html",
        person=viewer.person,
        teams=list(viewer.teams.values()),
        partners=sorted(partners.values()),
        sessions=sessions,
        this=session.id,
    )


@blueprint.post("/sessions")
def end_sessions() -> Response:
    """End own sessions. Form: ``session``, the id of one, or ``others`` for all but this one."""
    session, which = own_session(), flask.request.form.get("session", "")
    if which != "others" and not is_id(which):
        raise BadInput("bad_choice", "The form does not say which session to end.")
    with current_hub().unit_of_work() as uow:
        if which == "others":
            ended = end_other_sessions(uow, session)
        else:
            ended = int(end_session_of(uow, session.person_id, which))
        if ended:
            detail = {"sessions": ended}
            audit(uow, "session_ended", session.person_id, actor_id=session.person_id, detail=detail)
    flask.flash("You are signed out there." if ended else "You were signed out there already.")
    return flask.redirect(flask.url_for("account.page"), 303)
