"""For whoever watches over the hub by machine: is it alive, and how is it doing. Open to all, no personal data."""

import flask
from prometheus_client import CONTENT_TYPE_LATEST

from hub.flask_hub import current_hub
from hub.journal.health import database_answers
from hub.web.metrics import exposition
from hub.web.timings import save_web_timings

blueprint = flask.Blueprint("operations", __name__)


@blueprint.get("/healthz")
def health() -> flask.Response:
    """200 while the database answers, else 503."""
    up = database_answers(current_hub().reading)
    response = flask.jsonify(status="ok" if up else "failing", database="ok" if up else "does not answer")
    response.status_code = 200 if up else 503
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/metrics")
def metrics() -> flask.Response:
    """The Prometheus text format."""
    hub = current_hub()
    if database_answers(hub.reading):
        save_web_timings(hub)
    response = flask.make_response(exposition(hub))
    response.headers["Content-Type"] = CONTENT_TYPE_LATEST
    response.headers["Cache-Control"] = "no-store"
    return response
