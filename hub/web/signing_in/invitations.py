"""Who is invited, who registered and waits, and where people may register: for operators, and for a partner's own admins."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import flask
from werkzeug import Response

from hub.access.roles import administered_partners
from hub.audiences.provisioning import Mode
from hub.errors import BadInput, HubError, NotAllowed
from hub.flask_hub import current_hub
from hub.network.people.person import read_person
from hub.network.people.provision import NewPerson
from hub.network.views import find_partner, list_partner_names
from hub.sso.browser import redirect
from hub.sso.local import invite, register
from hub.sso.local.offered_places import chosen_places, offered_locations, offered_positions
from hub.sso.local.registration_pages import list_pages, set_page
from hub.web.admin.blueprint import SECTIONS
from hub.web.admin.form import Filled, missing, read_form, refuse_incomplete, refused
from hub.web.viewer import ask_operators_again, current_viewer, require_sign_in
from hub.words.phrase import say

if TYPE_CHECKING:
    from hub.store import UnitOfWork

blueprint = flask.Blueprint("invitations", __name__, url_prefix="/invitations")
blueprint.before_request(require_sign_in)
blueprint.before_request(ask_operators_again)

LABELS = {
    "given_name": say("Given name"),
    "family_name": say("Family name"),
    "email": say("E-mail"),
    "partner": say("Partner"),
    "location": say("Location"),
    "position": say("Position"),
    "looks_after": say("They look after the people of this partner"),
    "page_partner": say("Partner"),
    "slug": say("Name in the address"),
}
FIELDS = {
    "bad_email": "email",
    "address_taken": "email",
    "no_partner": "partner",
    "no_name": "given_name",
    "mode_not_for_audience": "position",
}
PAGE_FIELDS = {"bad_slug": "slug", "slug_taken": "slug", "no_partner": "page_partner"}


@dataclass(frozen=True)
class _Desk:
    """For whom somebody works here: ids and names of partners, or all of them."""

    actor_id: str
    partners: dict[str, str]
    is_operator: bool

    @property
    def scope(self) -> invite.Scope:
        return None if self.is_operator else frozenset(self.partners)


@blueprint.get("")
def page() -> str:
    """Registrations that wait, invitations that nobody used yet, the form for one more, and pages to register on."""
    return _page(Filled(), Filled())


@blueprint.post("")
def invite_somebody() -> flask.typing.ResponseReturnValue:
    """Invite somebody new. Form: given_name, family_name, email, partner, location, position, looks_after."""
    desk, filled = _desk(), read_form(LABELS)
    values = filled.values
    empty = missing(
        filled, ("given_name", "family_name", "email", *(() if len(desk.partners) == 1 else ("partner",)))
    )
    try:
        with _audited(desk), current_hub().unit_of_work() as uow:
            refuse_incomplete(empty)
            partner_id = _partner(uow, desk, values["partner"])
            new = NewPerson(partner_id, values["given_name"], values["family_name"], values["email"])
            places = chosen_places(values["location"], values["position"])
            mode: Mode = "invitation" if desk.is_operator else "partner_admin"
            address = invite.invite_person(
                uow,
                partner_id,
                new,
                desk.actor_id,
                places=places,
                mode=mode,
                looks_after=values["looks_after"] == "1",
            )
    except HubError as error:
        return _page(refused(filled, error, FIELDS, empty), Filled()), 400
    return _made(address, f"{values['given_name']} {values['family_name']}")


@blueprint.post("/people/<person_id>")
def invite_known(person_id: str) -> Response:
    """Invite somebody who is in the network already, at the employer."""
    desk = _desk()
    with _audited(desk), current_hub().unit_of_work() as uow:
        person = read_person(uow, person_id)
        _refuse_outside(desk, person.partner_id)
        address = invite.invite_person(uow, person.partner_id, person.id, desk.actor_id)
    return _made(address, person.name)


@blueprint.post("/<account_id>/again")
def again(account_id: str) -> Response:
    """Send an invitation again, with a new link."""
    desk = _desk()
    with _audited(desk), current_hub().unit_of_work() as uow:
        address = invite.send_again(uow, account_id, desk.actor_id, desk.scope)
    return _made(address, "")


@blueprint.post("/<account_id>/take-back")
def take_back(account_id: str) -> Response:
    """Let an invitation open nothing any more."""
    desk = _desk()
    with _audited(desk), current_hub().unit_of_work() as uow:
        invite.take_back(uow, account_id, desk.actor_id, desk.scope)
    return _back("The invitation is taken back. You can invite the person again at any time.")


@blueprint.post("/registrations/<registration_id>")
def decide(registration_id: str) -> flask.typing.ResponseReturnValue:
    """Decide about a registration. Form: ``do``, approve or refuse; ``person``, an id or empty; ``location``, ``position``."""
    desk, form = _desk(), flask.request.form
    hub, what = current_hub(), form.get("do", "")
    if what not in {"approve", "refuse"}:
        raise BadInput("bad_choice", "The form does not say what to do with the registration.")
    if what == "refuse":
        with _audited(desk), hub.unit_of_work() as uow:
            register.refuse(uow, registration_id, desk.actor_id, desk.scope)
        return _back("The registration is refused. A mail tells the person.")
    places = chosen_places(form.get("location", ""), form.get("position", ""))
    with _audited(desk), hub.unit_of_work() as uow:
        known = form.get("person", "") or None
        register.approve(uow, registration_id, desk.actor_id, desk.scope, places, known)
    return _back("Approved. A mail with an invitation is on its way.")


@blueprint.post("/pages")
def change_page() -> flask.typing.ResponseReturnValue:
    """Open or close a page to register on. Form: ``page_partner``, ``slug`` (may be empty), ``do``, open or close."""
    desk, filled = _desk(), read_form(("page_partner", "slug"))
    is_open = flask.request.form.get("do") == "open"
    try:
        with _audited(desk), current_hub().unit_of_work() as uow:
            partner_id = _partner(uow, desk, filled.values["page_partner"])
            set_page(uow, partner_id, filled.values["slug"], is_open=is_open, actor_id=desk.actor_id)
    except HubError as error:
        return _page(Filled(), refused(filled, error, PAGE_FIELDS, {})), 400
    return _back("People can register now." if is_open else "Nobody can register there any more.")


def _desk() -> _Desk:
    """NotAllowed ``not_partner_admin`` for whoever looks after nobody."""
    person = current_viewer().person
    hub = current_hub()
    with hub.reading() as uow:
        partners = administered_partners(uow, person.id)
    if not partners and not person.is_operator:
        hub.audit_refusal("invitation", "not_partner_admin", actor_id=person.id)
        raise NotAllowed(
            "not_partner_admin",
            "These pages are for those who look after a partner's people.",
            "Ask an operator of the training hub for the role.",
        )
    return _Desk(person.id, partners, person.is_operator)


@contextmanager
def _audited(desk: _Desk) -> Iterator[None]:
    """One audit row for what is refused to somebody here."""
    try:
        yield
    except HubError as error:
        current_hub().audit_refusal(invite.ACTION, error.code, actor_id=desk.actor_id)
        raise


def _partner(uow: "UnitOfWork", desk: _Desk, words: str) -> str:
    """The partner that a form means: by name, or the only one somebody looks after."""
    if not words and len(desk.partners) == 1 and not desk.is_operator:
        return next(iter(desk.partners))
    partner_id = words if words in desk.partners else find_partner(uow, words)
    _refuse_outside(desk, partner_id)
    return partner_id


def _refuse_outside(desk: _Desk, partner_id: str) -> None:
    if desk.scope is not None and partner_id not in desk.scope:
        raise NotAllowed("not_partner_admin", "You do not look after the people of this partner.")


def _page(filled: Filled, page_filled: Filled) -> str:
    desk = _desk()
    with current_hub().reading() as uow:
        waiting = register.list_waiting(uow, desk.scope)
        asked = {one.partner_id for one in waiting}
        only = next(iter(desk.partners)) if len(desk.partners) == 1 and not desk.is_operator else ""
        return flask.render_template(
            "local/invitations_admin.html" if desk.is_operator else "local/invitations.html",
            sections=SECTIONS,
            desk=desk,
            waiting=waiting,
            locations={id: offered_locations(uow, id) for id in asked | ({only} if only else set())},
            positions=offered_positions(uow),
            invitations=invite.list_invitations(uow, desk.scope),
            pages=list_pages(uow, desk.scope),
            partners=list_partner_names(uow) if desk.is_operator else list(desk.partners.values()),
            only=only,
            filled=filled,
            page_filled=page_filled,
            labels=LABELS,
            now=uow.now,
            public_url=current_hub().settings.public_url,
        )


def _made(address: str, name: str) -> Response:
    desk = _desk()
    template = "local/invited_admin.html" if desk.is_operator else "local/invited.html"
    response = flask.make_response(
        flask.render_template(template, sections=SECTIONS, address=address, name=name)
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _back(message: str) -> Response:
    flask.flash(message)
    return redirect(flask.url_for("invitations.page"))
