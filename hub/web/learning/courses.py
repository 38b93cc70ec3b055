"""A cmi5 course as its learner sees it: its parts in order, what is done of each, and the way into it."""

from typing import cast
from uuid import UUID

import flask
from werkzeug import Response

from hub.flask_hub import current_hub
from hub.sso.looking import current_look
from hub.web.headers import allow_leaving
from hub.web.viewer import current_viewer, own_session, require_sign_in
from hub.words.phrase import say
from hub.xapi.cmi5.launch import Asked, start_launch
from hub.xapi.cmi5.views import read_own_course
from hub.xapi.cmi5.vocabulary import LaunchMode

STATES = (
    say("Passed"),
    say("Completed"),
    say("Waived"),
    say("Failed"),
    say("In progress"),
    say("Not started"),
)
"""What a part of a course may be called."""

blueprint = flask.Blueprint("courses", __name__, url_prefix="/courses")
blueprint.before_request(require_sign_in)


@blueprint.get("/<uuid:offering_id>")
def page(offering_id: UUID) -> str:
    """The parts of a course; 404 for one that is not in the plan."""
    allow_leaving()
    person_id = current_viewer().person.id
    with current_hub().reading() as uow:
        course = read_own_course(uow, person_id, str(offering_id), reviews=current_look() is None)
    return flask.render_template("course.html", course=course)


@blueprint.post("/<uuid:offering_id>/launch")
def launch(offering_id: UUID) -> Response:
    """Open a part. Form: ``au``, which may be left out where there is one only, and ``mode``."""
    form = flask.request.form
    mode = cast(LaunchMode, form.get("mode", "Normal"))  # any other is refused
    asked = Asked(str(offering_id), form.get("au", ""), mode)
    response = flask.redirect(start_launch(current_hub(), own_session().person_id, asked), 303)
    response.headers["Cache-Control"] = "no-store"
    return response
