"""Rows of network files that wait for people nobody knows yet: seen by operators and by those who look after the partner."""

import flask
from werkzeug import Response

from hub.access.waiting_seen import forget_waiting_seen, list_waiting_seen
from hub.errors import NotAllowed
from hub.flask_hub import current_hub
from hub.web.language import _
from hub.web.network.looking import context, go, looking
from hub.web.viewer import current_viewer, require_sign_in

blueprint = flask.Blueprint("network_waiting", __name__, url_prefix="/network/waiting")
blueprint.before_request(require_sign_in)
blueprint.context_processor(context)


@blueprint.get("")
def page() -> str:
    """The rows, the oldest imports first. Query: ``after``, an id."""
    try:
        with current_hub().reading() as uow:
            found = looking(uow)
            rows = list_waiting_seen(uow, found.eyes.reach, flask.request.args.get("after", ""))
    except NotAllowed as error:
        current_hub().audit_refusal("network", error.code, actor_id=current_viewer().person.id)
        raise
    return flask.render_template("network/waiting.html", rows=rows)


@blueprint.post("/<row_id>")
def forget(row_id: str) -> Response:
    """Show a row no more."""
    actor_id = current_viewer().person.id
    try:
        with current_hub().unit_of_work() as uow:
            forget_waiting_seen(uow, looking(uow).eyes.reach, row_id, actor_id=actor_id)
    except NotAllowed as error:
        current_hub().audit_refusal("network", error.code, actor_id=actor_id)
        raise
    flask.flash(_("The row is not shown any more, unless an import brings it again."))
    return flask.redirect(go("network_waiting.page"), 303)
