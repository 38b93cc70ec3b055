"""A path that was placed in an LMS, as its learners see it."""

from uuid import UUID

import flask

from hub.errors import Missing
from hub.flask_hub import current_hub
from hub.lti.tool.entries import came_through
from hub.lti.tool.placements import read_placement
from hub.lti.views import launched_offerings
from hub.training.my_training.plan import read_placed
from hub.web.headers import allow_leaving
from hub.web.viewer import current_viewer, require_sign_in
from hub.xapi.cmi5.views import started_courses

blueprint = flask.Blueprint("placed", __name__)
blueprint.before_request(require_sign_in)


@blueprint.get("/placed/<uuid:placement_id>")
def page(placement_id: UUID) -> str:
    """The courses of the path in order; 404 for whoever was never launched from there."""
    allow_leaving()
    person_id = current_viewer().person.id
    with current_hub().reading() as uow:
        placement = read_placement(uow, str(placement_id))
        line = None
        if placement.target_id and came_through(uow, person_id, placement.id):
            line = read_placed(uow, person_id, (placement.target_kind, placement.target_id))
        if line is None:
            raise Missing("no_placement", "There is no such placement.")
        steps = [step.offering_id for step in line.steps]
        begun = launched_offerings(uow, person_id, steps) | started_courses(uow, person_id, steps)
    return flask.render_template("placed.html", line=line, begun=begun)
