"""What somebody is told by mail, and when: chosen on the account page, or ended by the link in a mail without signing in."""

import flask
from werkzeug import Response

from hub.errors import BadInput
from hub.flask_hub import current_hub
from hub.network.people.preferences import KINDS, Preferences, read_preferences
from hub.notify.preferences import choose_messages, unsubscribe
from hub.notify.unsubscribe import person_of
from hub.web.language import _
from hub.web.viewer import current_viewer, own_session, require_sign_in
from hub.words.phrase import say

blueprint = flask.Blueprint("messages", __name__)
LABELS = {
    "new": say("What is newly asked of you"),
    "soon": say("What is due within a week"),
    "overdue": say("What is overdue"),
    "credited": say("What was credited"),
}


@blueprint.before_request
def _own_ones_need_a_session() -> Response | None:
    return None if flask.request.endpoint == "messages.stop" else require_sign_in()


@blueprint.get("/account/messages")
def page() -> str:
    """The form."""
    with current_hub().reading() as uow:
        chosen = read_preferences(uow, current_viewer().person.id)
    return flask.render_template("messages.html", chosen=chosen, labels=LABELS, hours=range(24))


@blueprint.post("/account/messages")
def choose() -> Response:
    """Form: ``digests`` (yes), ``kind`` for each that is wanted, ``quiet_from`` and ``quiet_to``, hours."""
    form = flask.request.form
    wanted = set(form.getlist("kind"))
    try:
        hours = int(form.get("quiet_from", "")), int(form.get("quiet_to", ""))
    except ValueError:
        raise BadInput("bad_choice", "The form does not say between which hours it is quiet.") from None
    unwanted = frozenset(kind for kind in KINDS if kind not in wanted)
    chosen = Preferences("", form.get("digests") == "yes", unwanted, *hours)
    with current_hub().unit_of_work() as uow:
        choose_messages(uow, own_session().person_id, chosen)
    flask.flash(_("Saved."))
    return flask.redirect(flask.url_for("messages.page"), 303)


@blueprint.route("/messages/stop/<code>", methods=["GET", "POST"])
def stop(code: str) -> str:
    """End the digests: GET asks, so that nothing that only reads a mail ends them; POST does it (RFC 8058, one click)."""
    with current_hub().unit_of_work() as uow:
        person_id = person_of(uow, code)
        if flask.request.method == "POST":
            unsubscribe(uow, person_id)
    return flask.render_template("messages_stop.html", stopped=flask.request.method == "POST")
