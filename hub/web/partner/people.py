"""The pages of a partner admin: the people of the own partner, adding one, switching one off, inviting one."""

import flask
from werkzeug import Response

from hub.access.roles import administered_partners
from hub.errors import BadInput, HubError
from hub.flask_hub import current_hub
from hub.network.importing.waiting_rows import count_waiting
from hub.network.people.provision import NewPerson
from hub.sso.local.offered_places import chosen_places, offered_locations, offered_positions
from hub.sso.partner_people import add_colleague, list_colleagues, switch_colleague
from hub.web.admin.form import Filled, missing, read_form, refuse_incomplete, refused
from hub.web.language import _
from hub.web.partner.own_partner import own_partner
from hub.web.viewer import current_viewer, require_sign_in
from hub.words.phrase import say

blueprint = flask.Blueprint("partner_people", __name__, url_prefix="/partner")
blueprint.before_request(require_sign_in)

LABELS = {
    "given_name": say("Given name"),
    "family_name": say("Family name"),
    "email": say("E-mail"),
    "location": say("Location"),
    "position": say("Position"),
}
FIELDS_OF_CODES = {
    "no_name": "family_name",
    "bad_email": "email",
    "no_location": "location",
    "no_position": "position",
    "mode_not_for_audience": "position",
}


@blueprint.get("")
def page() -> str:
    """The people of one partner. Query: ``partner``, an id; ``who``, words of a name or an e-mail; ``after``."""
    return _page(Filled())


@blueprint.post("")
def add() -> flask.typing.ResponseReturnValue:
    """Add somebody. Form: as LABELS; ``partner``, an id."""
    filled, admin_id, partner_id = (
        read_form(LABELS),
        current_viewer().person.id,
        own_partner("partner_people"),
    )
    empty = missing(filled, ("given_name", "family_name"))
    values = filled.values
    new = NewPerson(partner_id, values["given_name"], values["family_name"], values["email"])
    places = chosen_places(values["location"], values["position"])
    if bool(values["location"]) != bool(values["position"]):
        empty["position" if values["location"] else "location"] = [say("is missing")]
    try:
        with current_hub().unit_of_work() as uow:
            add_colleague(uow, admin_id, new, places)
            refuse_incomplete(empty)
    except HubError as error:
        return _page(refused(filled, error, FIELDS_OF_CODES, empty)), 400
    flask.flash(
        _(
            "%(name)s is added. Invite them, or let them sign in with your company’s sign-in.",
            name=f"{values['given_name']} {values['family_name']}",
        )
    )
    return _back(partner_id)


@blueprint.post("/people/<person_id>")
def switch(person_id: str) -> Response:
    """Switch somebody off or on. Form: ``do``, off or on; ``partner``, an id."""
    partner_id, do = own_partner("partner_people"), flask.request.form.get("do")
    if do not in {"off", "on"}:
        raise BadInput("bad_choice", "The form does not say whether to switch the person off or on.")
    off = do == "off"
    with current_hub().unit_of_work() as uow:
        person = switch_colleague(uow, current_viewer().person.id, partner_id, person_id, disabled=off)
    flask.flash(
        _("%(name)s is switched off and signed out everywhere.", name=person.name)
        if off
        else _("%(name)s may sign in again.", name=person.name)
    )
    return _back(partner_id)


def _page(filled: Filled) -> str:
    partner_id, viewer, arguments = own_partner("partner_people"), current_viewer(), flask.request.args
    words = arguments.get("who", "").strip()[:100]
    with current_hub().reading() as uow:
        people, more = list_colleagues(uow, viewer.person.id, partner_id, words, arguments.get("after", ""))
        return flask.render_template(
            "partner_people.html",
            partners=administered_partners(uow, viewer.person.id),
            partner_id=partner_id,
            people=people,
            more=more,
            waiting=count_waiting(uow, partner_id),
            words=words,
            me=viewer.person.id,
            filled=filled,
            labels=LABELS,
            locations=offered_locations(uow, partner_id),
            positions=offered_positions(uow),
        )


def _back(partner_id: str) -> Response:
    return flask.redirect(flask.url_for("partner_people.page", partner=partner_id), 303)
