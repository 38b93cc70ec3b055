"""Where somebody is signed in, for operators: on the page of the learner."""

import flask
from werkzeug import Response

from hub.errors import BadInput
from hub.flask_hub import current_hub
from hub.ids import is_id
from hub.journal import audit
from hub.network.people.person import read_person
from hub.sso.sessions import end_session_of, end_sessions_of
from hub.web.admin.blueprint import blueprint
from hub.web.language import _
from hub.web.viewer import current_viewer


@blueprint.post("/learners/<person_id>/sessions")
def end_sessions(person_id: str) -> Response:
    """Sign somebody out. Form: ``session``, the id of one, or ``all``."""
    which = flask.request.form.get("session", "")
    if which != "all" and not is_id(which):
        raise BadInput("bad_choice", "The form does not say which session to end.")
    with current_hub().unit_of_work() as uow:
        person = read_person(uow, person_id)
        ended = (
            end_sessions_of(uow, person.id) if which == "all" else int(end_session_of(uow, person.id, which))
        )
        if ended:
            actor_id, detail = current_viewer().person.id, {"sessions": ended}
            audit(
                uow,
                "session_ended",
                person.id,
                actor_id=actor_id,
                partner_id=person.partner_id,
                detail=detail,
            )
    flask.flash(
        _("%(name)s is signed out.", name=person.name)
        if ended
        else _("%(name)s was signed out already.", name=person.name)
    )
    return flask.redirect(flask.url_for("admin.learner", person_id=person.id), 303)
