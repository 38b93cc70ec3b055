"""The readers that follow the journals, and how far each has come."""

import flask

from hub.audiences.assigning.reassign import count_queue
from hub.flask_hub import current_hub
from hub.journal.views import list_readers
from hub.web.admin.blueprint import blueprint


@blueprint.get("/readers")
def readers() -> str:
    """Position, lag and last error of every reader."""
    with current_hub().reading() as uow:
        rows, queue = list_readers(uow), count_queue(uow)
    return flask.render_template("admin/readers.html", rows=rows, queue=queue)
