"""The outside systems: identity providers and LMSs."""

import flask

from hub.flask_hub import current_hub
from hub.network.views import search_connections
from hub.web.admin.blueprint import blueprint
from hub.web.admin.query import MAX_WORDS


@blueprint.get("/connections")
def connections() -> str:
    """Every connection by its short name. Query: ``q``, words; ``after``, where to go on."""
    words = flask.request.args.get("q", "").strip()[:MAX_WORDS]
    with current_hub().reading() as uow:
        rows, more = search_connections(uow, words, flask.request.args.get("after", "")[:MAX_WORDS])
    return flask.render_template("admin/connections.html", rows=rows, more=more, words=words)
