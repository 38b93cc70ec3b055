"""How an LMS comes to be connected: by an address for registration, or by hand."""

import flask

from hub.errors import HubError
from hub.flask_hub import current_hub
from hub.lti.registration.decide import decide_draft
from hub.lti.registration.drafts import Direction, list_drafts, open_draft
from hub.lti.registration.explain import explain
from hub.network.systems.connections import find_connection
from hub.network.views import (
    find_partner,
    list_partner_names,
    names_of_connections,
    names_of_partners,
)
from hub.web.admin.blueprint import blueprint
from hub.web.admin.form import Filled, missing, read_form, refuse_incomplete, refused
from hub.web.language import _
from hub.web.viewer import current_viewer

LABELS = {
    "direction": "What it is to the hub",
    "name": "Name",
    "slug": "Short name",
    "partner": "Partner",
    "registration_url": "Registration address",
    "allow_no_token": "Without a token",
}
FIELDS_OF_CODES = {
    "bad_slug": "slug",
    "connection_exists": "slug",
    "no_partner": "partner",
    "bad_name": "name",
    "bad_registration_url": "registration_url",
}


@blueprint.get("/connect")
def connect() -> str:
    """The ways to choose from. Query: ``slug`` of a connection that is there already."""
    slug, name = flask.request.args.get("slug", ""), ""
    if slug:
        with current_hub().reading() as uow:
            name = find_connection(uow, slug).name
    return flask.render_template("admin/connect.html", slug=slug, name=name)


@blueprint.get("/connect/registration")
def registration_form() -> str:
    """The form that opens a registration. Query: ``direction``, tool or platform."""
    direction = "platform" if flask.request.args.get("direction") == "platform" else "tool"
    return _form(Filled({"direction": direction}))


@blueprint.post("/connect/registration")
def open_registration() -> flask.typing.ResponseReturnValue:
    """Open a registration and show its address, this once. Form: as LABELS."""
    filled, hub = read_form(LABELS), current_hub()
    values = filled.values
    direction: Direction = "platform" if values["direction"] == "platform" else "tool"
    needed = ("name", "slug", "registration_url") if direction == "tool" else ("name", "slug")
    empty = missing(filled, needed)
    try:
        with hub.unit_of_work() as uow:
            new = open_draft(
                uow,
                direction=direction,
                partner_id=find_partner(uow, values["partner"]) if values["partner"] else None,
                slug=values["slug"],
                name=values["name"],
                created_by=current_viewer().person.id,
                registration_url=values["registration_url"],
                allow_no_token=flask.request.form.get("allow_no_token") == "1",
            )
            refuse_incomplete(empty)
    except HubError as error:
        return _form(refused(filled, error, FIELDS_OF_CODES, empty)), 400
    return flask.render_template(
        "admin/registration_opened.html", new=new, direction=direction, name=values["name"]
    )


@blueprint.get("/registrations")
def registrations() -> str:
    """Registrations that are open, wait for a decision, or were decided."""
    with current_hub().reading() as uow:
        drafts = list_drafts(uow)
        partners = names_of_partners(uow, [draft.partner_id for draft in drafts])
        connections = names_of_connections(uow, [draft.connection_id for draft in drafts])
        now = uow.now
    return flask.render_template(
        "admin/registrations.html",
        drafts=drafts,
        partners=partners,
        connections=connections,
        explain=explain,
        now=now,
    )


@blueprint.post("/registrations/<draft_id>")
def decide_registration(draft_id: str) -> flask.typing.ResponseReturnValue:
    """Approve or refuse what another system sent. Form: ``do``, approve or refuse."""
    approve = flask.request.form.get("do") == "approve"
    with current_hub().unit_of_work() as uow:
        draft = decide_draft(uow, draft_id, approve, current_viewer().person.id)
    flask.flash(
        _("%(name)s is approved and in use.", name=draft.name)
        if approve
        else _("%(name)s is refused.", name=draft.name)
    )
    if approve:
        return flask.redirect(flask.url_for("admin.connection", slug=draft.slug), 303)
    return flask.redirect(flask.url_for("admin.registrations"), 303)


def _form(filled: Filled) -> str:
    with current_hub().reading() as uow:
        partners = list_partner_names(uow)
    return flask.render_template(
        "admin/connect_registration.html", filled=filled, labels=LABELS, partners=partners
    )
