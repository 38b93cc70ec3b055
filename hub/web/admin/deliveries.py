"""What the hub sends to others, and whether it arrived."""

import flask
from werkzeug import Response

from hub.errors import Missing
from hub.flask_hub import current_hub
from hub.ids import is_id
from hub.journal import audit
from hub.journal.outbox import MAX_ATTEMPTS, resend
from hub.journal.views import list_deliveries
from hub.network.views import names_of_connections
from hub.web.admin.blueprint import blueprint
from hub.web.admin.query import read_before_id, read_choice, read_person_filter
from hub.web.viewer import current_viewer
from hub.words.phrase import say

STATES = {
    "": say("All states"),
    "waiting": say("Waiting"),
    "parked": say("Parked"),
    "delivered": say("Delivered"),
    "superseded": say("Superseded"),
    "dismissed": say("Dismissed"),
}
KINDS = {"ags_score": "Score", "lti_notice": "Notice", "oidc_logout": "Sign-out"}
"""Words for kinds of effects that have no subject."""


@blueprint.get("/deliveries")
def deliveries() -> str:
    """The outbox. Query: ``state``, and a person."""
    who, state = read_person_filter(), read_choice("state", tuple(STATES))
    with current_hub().reading() as uow:
        listed = list_deliveries(uow, state=state, person_id=who.id, before=read_before_id())
        receivers = names_of_connections(uow, [row.receiver for row in listed.rows if is_id(row.receiver)])
    return flask.render_template(
        "admin/deliveries.html",
        rows=listed.rows,
        older=listed.older,
        receivers=receivers,
        kinds=KINDS,
        who=who,
        choice=("state", "State", STATES, state),
        max_attempts=MAX_ATTEMPTS,
    )


@blueprint.post("/deliveries/<delivery_id>/resend")
def resend_delivery(delivery_id: str) -> Response:
    """Try a parked delivery again, from now."""
    if not is_id(delivery_id):
        raise Missing("no_parked_delivery", "There is no parked delivery with this id.")
    with current_hub().unit_of_work() as uow:
        resend(uow, delivery_id)
        audit(uow, "delivery_resent", delivery_id, actor_id=current_viewer().person.id)
    flask.flash("The delivery will be tried again now.")
    return flask.redirect(flask.url_for("admin.deliveries", state="waiting"), 303)
