"""Setup links: a partner's own administrator connects their LMS, without an account here."""

from typing import cast

import flask
from werkzeug import Response

from hub.errors import HubError
from hub.flask_hub import current_hub
from hub.lti.registration.setup import LinkKind, list_setup_links, make_setup_link, revoke_setup_link
from hub.network.views import (
    find_partner,
    list_partner_names,
    names_of_connections,
    names_of_partners,
)
from hub.web.admin.blueprint import blueprint
from hub.web.admin.form import Filled, missing, read_form, refuse_incomplete, refused
from hub.web.viewer import current_viewer

LABELS = {"partner": "Partner", "name": "What to connect", "kind": "Who opens whose courses", "days": "Days"}
FIELDS_OF_CODES = {"no_partner": "partner", "bad_setup_link": "days"}
KINDS = {
    "tool": "The hub opens courses of their LMS",
    "platform": "Their LMS opens courses of the hub",
    "both": "Both",
}


@blueprint.get("/setup-links")
def setup_links() -> str:
    """All links with what became of them, and the form for one more."""
    return _page(Filled({"kind": "both", "days": "7"}))


@blueprint.post("/setup-links")
def add_setup_link() -> flask.typing.ResponseReturnValue:
    """Make a link and show it, this once. Form: as LABELS."""
    filled = read_form(LABELS)
    values = filled.values
    empty = missing(filled, ("partner", "name"))
    days = int(values["days"]) if values["days"].isdecimal() and len(values["days"]) < 4 else 0
    try:
        with current_hub().unit_of_work() as uow:
            refuse_incomplete(empty)
            partner_id = find_partner(uow, values["partner"])
            kind = cast(LinkKind, values["kind"])  # any other is refused
            new = make_setup_link(uow, partner_id, kind, values["name"], current_viewer().person.id, days)
    except HubError as error:
        return _page(refused(filled, error, FIELDS_OF_CODES, empty)), 400
    page = flask.render_template(
        "admin/setup_link_made.html", address=new.address, days=days, partner=values["partner"]
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


def _page(filled: Filled) -> str:
    with current_hub().reading() as uow:
        links = list_setup_links(uow)
        partners = names_of_partners(uow, [link.partner_id for link in links])
        connections = names_of_connections(uow, [link.connection_id for link in links])
        choices, now = list_partner_names(uow), uow.now
    return flask.render_template(
        "admin/setup_links.html",
        links=[(link, link.state(now)) for link in links],
        partner_names=partners,
        connections=connections,
        partners=choices,
        filled=filled,
        labels=LABELS,
        kinds=KINDS,
    )
