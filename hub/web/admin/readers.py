"""The readers that follow the journals, how far each has come, and people whose goals cannot be worked out."""

import flask
from werkzeug import Response

from hub.audiences.assigning.put_aside import count_put_aside, list_put_aside, try_again
from hub.audiences.assigning.reassign import count_queue
from hub.flask_hub import current_hub
from hub.journal.views import list_readers
from hub.web.admin.blueprint import blueprint
from hub.web.language import _
from hub.web.viewer import current_viewer

SHOWN = 50


@blueprint.get("/readers")
def readers() -> str:
    """Position, lag and last error of every reader; who waits for a new plan, and for whom that fails."""
    with current_hub().reading() as uow:
        return flask.render_template(
            "admin/readers.html",
            rows=list_readers(uow),
            queue=count_queue(uow),
            aside=list_put_aside(uow, SHOWN),
            aside_total=count_put_aside(uow),
        )


@blueprint.post("/readers/try-again")
def try_people_again() -> Response:
    """Let people who were put aside wait again. Form: ``person``, an id; everybody without it."""
    person_id = flask.request.form.get("person") or None
    with current_hub().unit_of_work() as uow:
        try_again(uow, person_id, actor_id=current_viewer().person.id)
    flask.flash(_("A worker tries again now. Who fails once more is shown here again."))
    return flask.redirect(flask.url_for("admin.readers"), 303)
