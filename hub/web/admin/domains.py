"""Domains of a sign-in with their proofs, who is told about it, and what of it expires."""

import flask
from werkzeug import Response

from hub.errors import HubError
from hub.flask_hub import current_hub
from hub.network.systems.connections import find_connection
from hub.network.views import names_of_people
from hub.sso.onboarding import domains
from hub.sso.onboarding.contacts import add_contact, drop_contact, list_contacts
from hub.sso.onboarding.dns_proof import Answer
from hub.sso.onboarding.expiries import look_at, of_connection
from hub.sso.onboarding.watch_words import KINDS
from hub.web.admin.blueprint import blueprint
from hub.web.admin.form import Filled, read_form, refused
from hub.web.domain_words import PROBLEMS
from hub.web.language import _
from hub.web.viewer import current_viewer

LABELS = {"domain": "Domain", "email": "E-mail address"}
FIELDS_OF_CODES = {"too_many_domains": "domain", "too_many_contacts": "email"}


@blueprint.get("/connections/<slug>/domains")
def connection_domains(slug: str) -> str:
    """All of it, with the forms for more."""
    return _page(slug)


@blueprint.post("/connections/<slug>/domains")
def add_connection_domain(slug: str) -> flask.typing.ResponseReturnValue:
    """Add a domain. Form: ``domain``; ``vouch``, 1 to let it lead there at once on the operator's word."""
    filled, actor_id = read_form(["domain", "vouch"]), current_viewer().person.id
    try:
        with current_hub().unit_of_work() as uow:
            connection_id, text = find_connection(uow, slug).id, filled.values["domain"]
            if filled.values["vouch"] == "1":
                domains.vouch_for_domain(uow, connection_id, text, actor_id)
            else:
                domains.claim_domain(uow, connection_id, text, actor_id)
    except HubError as error:
        return _page(slug, refused(filled, error, FIELDS_OF_CODES, {})), 400
    return _back(slug)


@blueprint.post("/connections/<slug>/domains/check")
def check_connection_domain(slug: str) -> flask.typing.ResponseReturnValue:
    """Look a record up now. Form: ``domain``."""
    hub, domain = current_hub(), flask.request.form.get("domain", "")
    with hub.reading() as uow:
        connection_id = find_connection(uow, slug).id
    answer = domains.check_domain(hub, connection_id, domain)[1]
    if answer.problem:
        return _page(slug, looked_up={domain: answer})
    flask.flash(_("%(domain)s is proved.", domain=domain))
    return _back(slug)


@blueprint.post("/connections/<slug>/domains/drop")
def drop_connection_domain(slug: str) -> Response:
    """Take a domain away. Form: ``domain``."""
    domain = flask.request.form.get("domain", "")
    with current_hub().unit_of_work() as uow:
        domains.drop_domain(uow, find_connection(uow, slug).id, domain, current_viewer().person.id)
    flask.flash(_("People of %(domain)s are no longer sent there.", domain=domain))
    return _back(slug)


@blueprint.post("/connections/<slug>/contacts")
def add_connection_contact(slug: str) -> flask.typing.ResponseReturnValue:
    """Let somebody be told. Form: ``email``."""
    filled = read_form(["email"])
    try:
        with current_hub().unit_of_work() as uow:
            connection_id = find_connection(uow, slug).id
            add_contact(uow, connection_id, filled.values["email"], current_viewer().person.id)
    except HubError as error:
        return _page(slug, refused(filled, error, FIELDS_OF_CODES, {})), 400
    return _back(slug)


@blueprint.post("/connections/<slug>/contacts/drop")
def drop_connection_contact(slug: str) -> Response:
    """Tell somebody nothing any more. Form: ``email``."""
    email = flask.request.form.get("email", "")
    with current_hub().unit_of_work() as uow:
        drop_contact(uow, find_connection(uow, slug).id, email, current_viewer().person.id)
    return _back(slug)


@blueprint.post("/connections/<slug>/expiries")
def look_at_expiries(slug: str) -> Response:
    """Find anew what expires, without waiting for the daily look."""
    with current_hub().unit_of_work() as uow:
        look_at(uow, [find_connection(uow, slug).id])
    return _back(slug)


def _page(slug: str, filled: Filled | None = None, looked_up: dict[str, Answer] | None = None) -> str:
    with current_hub().reading() as uow:
        connection = find_connection(uow, slug)
        claims = domains.list_domains(uow, connection.id)
        contacts = list_contacts(uow, connection.id)
        expiries, now = of_connection(uow, connection.id), uow.now
        people = names_of_people(uow, [claim.vouched_by for claim in claims])
    return flask.render_template(
        "admin/connection_domains.html",
        connection=connection,
        claims=claims,
        contacts=contacts,
        expiries=expiries,
        kinds=KINDS,
        now=now,
        people=people,
        filled=filled or Filled(),
        labels=LABELS,
        problems=PROBLEMS,
        looked_up=looked_up or {},
    )


def _back(slug: str) -> Response:
    return flask.redirect(flask.url_for("admin.connection_domains", slug=slug), 303)
