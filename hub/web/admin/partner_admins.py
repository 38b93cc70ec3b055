"""Who looks after which partner's people: granting the role, and taking it back."""

import flask
from werkzeug import Response

from hub.access.roles import grant_partner_admin, list_partner_admins, withdraw_partner_admin
from hub.errors import HubError, Missing
from hub.flask_hub import current_hub
from hub.ids import is_id
from hub.network.people.find_people import search_people
from hub.network.views import find_partner, list_partner_names, names_of_people
from hub.sso.local.accounts import refuse_power
from hub.web.admin.blueprint import blueprint
from hub.web.admin.form import Filled, missing, read_form, refuse_incomplete, refused
from hub.web.language import _
from hub.web.viewer import own_session

PAGE = 200
LABELS = {"person": "Person", "partner": "Partner"}
FIELDS_OF_CODES = {
    "no_partner": "partner",
    "no_person": "person",
    "several_people": "person",
    "person_disabled": "person",
    "unproved_account": "person",
}


@blueprint.get("/partner-admins")
def partner_admins() -> str:
    """All in the role, and the form for one more. Query: ``person``, an id, fills the form; ``after``, two ids."""
    return _page(Filled({"person": flask.request.args.get("person", "")[:100], "partner": ""}))


@blueprint.post("/partner-admins")
def add_partner_admin() -> flask.typing.ResponseReturnValue:
    """Give somebody the role. Form: ``person`` (name, e-mail or id) and ``partner``."""
    filled = read_form(LABELS)
    empty = missing(filled, LABELS)
    try:
        with current_hub().unit_of_work() as uow:
            refuse_incomplete(empty)
            words = filled.values["person"]
            if not is_id(words):
                found = search_people(uow, words)
                if len(found) != 1:
                    raise Missing(
                        "no_person" if not found else "several_people",
                        "Nobody is called so."
                        if not found
                        else "Several people fit: use the e-mail address.",
                    )
                words = found[0].id
            partner_id = find_partner(uow, filled.values["partner"])
            refuse_power(uow, words, partner_id)
            granted = grant_partner_admin(uow, words, partner_id, own_session().person_id)
            name = names_of_people(uow, [words]).get(words, "The person")
    except HubError as error:
        return _page(refused(filled, error, FIELDS_OF_CODES, empty)), 400
    partner = filled.values["partner"]
    flask.flash(
        _("%(name)s now looks after the people of %(partner)s.", name=name, partner=partner)
        if granted
        else _("%(name)s already looks after the people of %(partner)s.", name=name, partner=partner)
    )
    return flask.redirect(flask.url_for("admin.partner_admins"), 303)


@blueprint.post("/partner-admins/withdraw")
def remove_partner_admin() -> Response:
    """Take the role back. Form: ``person`` and ``partner``, ids."""
    form = flask.request.form
    person_id, partner_id = form.get("person", ""), form.get("partner", "")
    if not is_id(person_id) or not is_id(partner_id):
        raise Missing("no_person", "There is no such person.")
    with current_hub().unit_of_work() as uow:
        withdraw_partner_admin(uow, person_id, partner_id, own_session().person_id)
    flask.flash("The role was taken back. It can be given again at any time.")
    return flask.redirect(flask.url_for("admin.partner_admins"), 303)


def _page(filled: Filled) -> str:
    partner_id, _, person_id = flask.request.args.get("after", "").partition(".")
    after = (partner_id, person_id) if is_id(partner_id) and is_id(person_id) else None
    with current_hub().reading() as uow:
        admins = list_partner_admins(uow, after=after, limit=PAGE + 1)
        partners = list_partner_names(uow)
        person = filled.values["person"]
        name = names_of_people(uow, [person]).get(person, "") if is_id(person) else ""
    return flask.render_template(
        "admin/partner_admins.html",
        admins=admins[:PAGE],
        more=f"{admins[PAGE - 1].partner_id}.{admins[PAGE - 1].person_id}" if len(admins) > PAGE else "",
        partners=partners,
        filled=filled,
        labels=LABELS,
        name=name,
    )
