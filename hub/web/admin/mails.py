"""Mails: which went, which wait, and what stands in one that did not go."""

import flask
from werkzeug import Response

from hub.errors import Missing
from hub.flask_hub import current_hub
from hub.ids import is_id
from hub.journal import audit
from hub.network.views import names_of_people
from hub.notify.send_mail import drop_mail, queue_waiting, send_mail
from hub.notify.views import count_unsent, list_mails, read_mail
from hub.web.admin.blueprint import blueprint
from hub.web.admin.query import read_before_id, read_choice
from hub.web.viewer import current_viewer, own_session
from hub.web.words import ngettext
from hub.words.phrase import say

STATES = {
    "waiting": (say("Waits for a mail server"), "warn"),
    "queued": (say("On its way"), "quiet"),
    "failed": (say("Could not be sent"), "bad"),
    "sent": (say("Sent"), "good"),
    "dropped": (say("Let be"), "quiet"),
}


@blueprint.get("/mails")
def mails() -> str:
    """The mails of the last weeks. Query: ``show``, unsent."""
    unsent = read_choice("show", ("unsent",)) == "unsent"
    with current_hub().reading() as uow:
        listed = list_mails(uow, unsent=unsent, before=read_before_id())
        names = names_of_people(uow, [row.person_id for row in listed.rows])
        waiting = count_unsent(uow)
    return flask.render_template(
        "admin/mails.html",
        rows=listed.rows,
        older=listed.older,
        names=names,
        states=STATES,
        unsent=unsent,
        waiting=waiting,
        has_server=bool(current_hub().settings.smtp_url.get_secret_value()),
    )


@blueprint.post("/mails/<mail_id>")
def open_mail(mail_id: str) -> Response:
    """Show what stands in a mail that did not go, with an audit row: a form, so that no link leads there by accident."""
    with current_hub().unit_of_work() as uow:
        mail = read_mail(uow, _checked(mail_id), own_session().person_id)
    response = flask.make_response(flask.render_template("admin/mail.html", mail=mail, states=STATES))
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/mails/<mail_id>/drop")
def let_mail_be(mail_id: str) -> Response:
    """Do not send a mail; its text is deleted."""
    with current_hub().unit_of_work() as uow:
        drop_mail(uow, _checked(mail_id), own_session().person_id)
    flask.flash("The mail will not be sent. Its text is deleted.")
    return flask.redirect(flask.url_for("admin.mails"), 303)


@blueprint.post("/mails/send-waiting")
def send_waiting() -> Response:
    """Let all mails go that were written while there was no mail server."""
    with current_hub().unit_of_work() as uow:
        count = queue_waiting(uow)
        audit(uow, "mails_queued", actor_id=own_session().person_id, detail={"count": count})
    flask.flash(ngettext("%(num)s mail is on its way.", "%(num)s mails are on their way.", count))
    return flask.redirect(flask.url_for("admin.mails"), 303)


@blueprint.post("/mails/test")
def send_test_mail() -> Response:
    """Send a mail to whoever asks, to see whether mails arrive."""
    person = current_viewer().person
    with current_hub().unit_of_work() as uow:
        key = f"test:{person.id}:{uow.now.isoformat(timespec='seconds')}"
        send_mail(uow, person.id, "test", {}, key=key)
        audit(uow, "mail_tested", person.id, actor_id=person.id)
    flask.flash("A mail to you was written. See below what becomes of it.")
    return flask.redirect(flask.url_for("admin.mails"), 303)


def _checked(mail_id: str) -> str:
    if not is_id(mail_id):
        raise Missing("no_mail", "There is no such mail.")
    return mail_id
