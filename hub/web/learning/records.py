"""Training that somebody did elsewhere: declared by the learner, and by those who look after the people of a partner."""

from datetime import date

import flask
from werkzeug import Response

from hub.access import external_records as access
from hub.errors import BadInput, HubError
from hub.flask_hub import current_hub
from hub.network.people.person import read_person
from hub.training.external_records import Said, declare_record, read_records
from hub.web.admin.form import Filled, missing, read_form, refuse_incomplete, refused
from hub.web.partner.own_partner import own_partner
from hub.web.viewer import current_viewer, require_sign_in
from hub.words.phrase import say

blueprint = flask.Blueprint("records", __name__)
blueprint.before_request(require_sign_in)

LABELS = {
    "title": say("What it was"),
    "provider": say("Who gave it"),
    "completed_on": say("Done on"),
    "expires_on": say("Valid until"),
    "note": say("Where that can be looked up"),
}
FIELDS_OF_CODES = {"bad_record": "title", "known_record": "title", "too_many_records": "title"}


@blueprint.get("/my-training/elsewhere")
def page() -> str:
    """What one has on record."""
    return _own_page(Filled())


@blueprint.post("/my-training/elsewhere")
def declare() -> flask.typing.ResponseReturnValue:
    """Declare a training. Form: as LABELS."""
    filled, person_id = read_form(LABELS), current_viewer().person.id
    said, empty = _said(filled)
    try:
        with current_hub().unit_of_work() as uow:
            refuse_incomplete(empty)
            declare_record(uow, person_id, said, actor_id=person_id)
    except HubError as error:
        return _own_page(refused(filled, error, FIELDS_OF_CODES, empty)), error.status
    flask.flash("It is on record.")
    return flask.redirect(flask.url_for("records.page"), 303)


@blueprint.post("/my-training/elsewhere/<record_id>/remove")
def remove(record_id: str) -> Response:
    """Delete what one declared oneself; 404 for anything else."""
    with current_hub().unit_of_work() as uow:
        access.remove_own(uow, current_viewer().person.id, record_id)
    flask.flash("It is removed.")
    return flask.redirect(flask.url_for("records.page"), 303)


@blueprint.get("/partner/people/<person_id>/elsewhere")
def colleague(person_id: str) -> str:
    """What somebody of the own partner has on record. Query: ``partner``, an id."""
    return _colleague_page(person_id, Filled())


@blueprint.post("/partner/people/<person_id>/elsewhere")
def declare_for(person_id: str) -> flask.typing.ResponseReturnValue:
    """Declare a training of theirs. Form: as LABELS; ``partner``, an id."""
    filled, partner_id, admin_id = (
        read_form(LABELS),
        own_partner("partner_records"),
        current_viewer().person.id,
    )
    said, empty = _said(filled)
    try:
        with current_hub().unit_of_work() as uow:
            refuse_incomplete(empty)
            access.declare_for_colleague(uow, admin_id, partner_id, person_id, said)
    except HubError as error:
        if error.status in (403, 404):
            raise
        return _colleague_page(person_id, refused(filled, error, FIELDS_OF_CODES, empty)), error.status
    flask.flash("It is on record.")
    return _back(person_id, partner_id)


@blueprint.post("/partner/elsewhere/<record_id>")
def judge(record_id: str) -> Response:
    """Accept or refuse what somebody declared. Form: ``do``, accept or refuse; ``partner``, an id."""
    partner_id, do = own_partner("partner_records"), flask.request.form.get("do")
    if do not in {"accept", "refuse"}:
        raise BadInput("bad_choice", "The form does not say whether to accept it.")
    with current_hub().unit_of_work() as uow:
        admin_id = current_viewer().person.id
        record = access.judge_for_partner(uow, admin_id, partner_id, record_id, accepted=do == "accept")
    return _back(record.person_id, partner_id)


def _said(filled: Filled) -> tuple[Said, dict[str, list[str]]]:
    """What a form declares, and the fields that hold nothing, or no date."""
    values, empty = filled.values, missing(filled, ("title", "completed_on"))
    days: dict[str, date | None] = {}
    for name in ("completed_on", "expires_on"):
        try:
            days[name] = date.fromisoformat(values[name]) if values[name] else None
        except ValueError:
            days[name], empty[name] = None, ["is not a date"]
    done = days["completed_on"] or date.min
    return Said(values["title"], done, values["provider"], values["note"], days["expires_on"]), empty


def _own_page(filled: Filled) -> str:
    with current_hub().reading() as uow:
        records = read_records(uow, current_viewer().person.id)
    return flask.render_template("records.html", records=records, filled=filled, labels=LABELS, name="")


def _colleague_page(person_id: str, filled: Filled) -> str:
    partner_id, admin_id = own_partner("partner_records"), current_viewer().person.id
    with current_hub().reading() as uow:
        records = access.records_of_colleague(uow, admin_id, partner_id, person_id)
        name = read_person(uow, person_id).name
    return flask.render_template(
        "records.html",
        records=records,
        filled=filled,
        labels=LABELS,
        name=name,
        person_id=person_id,
        partner_id=partner_id,
    )


def _back(person_id: str, partner_id: str) -> Response:
    return flask.redirect(flask.url_for("records.colleague", person_id=person_id, partner=partner_id), 303)
