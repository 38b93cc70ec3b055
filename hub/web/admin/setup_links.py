"""Setup links: a partner's own administrator connects sign-in and LMS, without an account here."""

import flask
from werkzeug import Response

from hub.errors import HubError
from hub.flask_hub import current_hub
from hub.network.structure.partners import create_partner
from hub.network.systems.setup_links import list_setup_links, make_setup_link, revoke_setup_link
from hub.network.views import (
    find_partner,
    list_partner_names,
    names_of_connections,
    names_of_partners,
)
from hub.web.admin.blueprint import blueprint
from hub.web.admin.form import Filled, missing, read_form, refuse_incomplete, refused
from hub.web.viewer import current_viewer

LABELS = {
    "partner": "Partner",
    "new_partner": "Name of the new partner",
    "external_id": "How your network files call it",
    "name": "What to connect",
    "parts": "What the link lets them connect",
    "days": "Days",
}
FIELDS_OF_CODES = {"no_partner": "partner", "partner_exists": "new_partner", "bad_setup_link": "days"}
PARTS = {
    "sign_in": "Their sign-in (OpenID Connect or SAML)",
    "provisioning": "The list of their people (SCIM)",
    "tool": "The hub opens courses of their LMS",
    "platform": "Their LMS opens courses of the hub",
    "admin": "Looking after their people, for the first one who signs in with what the link connects",
}
SHORT = {
    "sign_in": "sign-in",
    "provisioning": "list of people",
    "tool": "courses of their LMS",
    "platform": "courses of the hub in their LMS",
    "admin": "their first partner admin",
}


@blueprint.get("/setup-links")
def setup_links() -> str:
    """All links with what became of them, and the form for one more."""
    return _page(Filled({"days": "7"}), ["sign_in", "provisioning"])


@blueprint.post("/setup-links")
def add_setup_link() -> flask.typing.ResponseReturnValue:
    """Make a link, and the partner where it is new, and show it, this once. Form: as LABELS; ``parts`` several times."""
    filled = read_form(LABELS)
    values, parts = filled.values, flask.request.form.getlist("parts")
    is_new = bool(values["new_partner"])
    empty = missing(filled, ("name",) if is_new else ("partner", "name"))
    if not parts:
        empty["parts"] = ["choose at least one"]
    if "admin" in parts and "sign_in" not in parts:
        empty["parts"] = ["their first admin needs their sign-in"]
    days = int(values["days"]) if values["days"].isdecimal() and len(values["days"]) < 4 else 0
    actor_id = current_viewer().person.id
    try:
        with current_hub().unit_of_work() as uow:
            refuse_incomplete(empty)
            if is_new:
                partner_id = create_partner(uow, values["new_partner"], values["external_id"], actor_id)
            else:
                partner_id = find_partner(uow, values["partner"])
            new = make_setup_link(uow, partner_id, parts, values["name"], actor_id, days)
    except HubError as error:
        return _page(refused(filled, error, FIELDS_OF_CODES, empty), parts), 400
    page = flask.render_template(
        "admin/setup_link_made.html",
        address=new.address,
        days=days,
        partner=values["new_partner"] or values["partner"],
    )
    response = flask.make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/setup-links/<link_id>/revoke")
def take_setup_link_back(link_id: str) -> Response:
    """Let a link open nothing any more."""
    with current_hub().unit_of_work() as uow:
        revoke_setup_link(uow, link_id, current_viewer().person.id)
    flask.flash("The link opens nothing any more. What was connected with it stays.")
    return flask.redirect(flask.url_for("admin.setup_links"), 303)


def _page(filled: Filled, parts: list[str]) -> str:
    with current_hub().reading() as uow:
        links = list_setup_links(uow)
        partners = names_of_partners(uow, [link.partner_id for link in links])
        of_links = [id for link in links for id in (link.connection_id, link.sign_in_id)]
        connections = names_of_connections(uow, of_links)
        choices, now = list_partner_names(uow), uow.now
    return flask.render_template(
        "admin/setup_links.html",
        links=[(link, link.state(now)) for link in links],
        partner_names=partners,
        connections=connections,
        partners=choices,
        filled=filled,
        labels=LABELS,
        parts=PARTS,
        chosen=parts,
        short=SHORT,
    )
