"""Systems in which people sign in with the hub by SAML, because they know nothing else: found, added and changed."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import flask
from werkzeug import Response

from hub.errors import BadInput, HubError, Missing, Problem
from hub.flask_hub import current_hub
from hub.network.systems.connections import find_connection
from hub.network.views import find_partner, list_partner_names, names_of_partners
from hub.sso.provider.views import last_client_refusals
from hub.sso.saml.certificates import describe_certificate
from hub.sso.saml.sp_keys import OVERLAP, list_sp_keys, publish_new_key, use_new_key
from hub.sso.saml_provider.connect import change_system, connect_system
from hub.sso.saml_provider.settings import DEFAULTS, SystemChanges, read_attribute_names
from hub.sso.saml_provider.systems import System, read_system, set_system_disabled
from hub.sso.saml_provider.views import hub_values, list_system_lines
from hub.web.admin.blueprint import blueprint
from hub.web.admin.clients import SUBJECT_WORDS
from hub.web.admin.form import Filled, missing, read_form, refused
from hub.web.admin.history import refused_words
from hub.web.admin.query import MAX_WORDS
from hub.web.language import _
from hub.web.viewer import current_viewer

if TYPE_CHECKING:
    from hub.store import UnitOfWork

LABELS = {
    "connection_name": "Name of the system",
    "slug": "Short name",
    "partner": "Partner",
    "name": "Name of this sign-in",
    "metadata_url": "Address of its metadata",
    "metadata": "Or its metadata as a text",
    "attribute_names": "What it is told",
    "subject_type": "How it knows people",
    "encrypts": "Encryption",
    "hub_initiated": "Opening it from here",
    "partners": "Only people of",
    "audiences": "Only these audiences",
}
FIELDS_OF_CODES = {
    "bad_slug": "slug",
    "not_a_system": "slug",
    "no_partner": "partner",
    "no_encryption_key": "encrypts",
    **dict.fromkeys(("no_metadata", "bad_saml_metadata", "no_consumer", "metadata_expired"), "metadata"),
    **dict.fromkeys(("other_entity", "entity_known", "too_large"), "metadata"),
    **dict.fromkeys(("timeout", "unreachable", "refused_address", "status"), "metadata_url"),
}


@blueprint.get("/clients/saml")
def saml_systems() -> str:
    """All of them by name. Query: ``q``, how the name begins; ``after``, where to go on."""
    words = flask.request.args.get("q", "").strip()[:MAX_WORDS]
    with current_hub().reading() as uow:
        rows, more = list_system_lines(uow, words, flask.request.args.get("after", "")[:300])
    return flask.render_template("admin/saml_systems.html", rows=rows, more=more, words=words)


@blueprint.get("/clients/saml/new")
def new_saml_system() -> str:
    """The empty form."""
    return _form(Filled({"attribute_names": _lines(DEFAULTS["attribute_names"]), "subject_type": "pairwise"}))


@blueprint.post("/clients/saml/new")
def make_saml_system() -> flask.typing.ResponseReturnValue:
    """Read the metadata and add the system, to a connection that is there or a new one. Form: as LABELS."""
    filled, hub = _read(), current_hub()
    values = filled.values
    empty = missing(filled, ("slug", "connection_name"))
    if empty:
        return _form(Filled(values, empty)), 400
    try:
        with hub.reading() as uow:
            owner = find_partner(uow, values["partner"]) if values["partner"] else None
            changes = _changes(uow, filled)
            known = _is_known(uow, values["slug"])
        changes["name"] = changes["name"] or values["connection_name"]
        client_id = connect_system(
            hub,
            values["slug"],
            values["connection_name"],
            None if known else owner,
            pasted=values["metadata"].encode(),
            actor_id=current_viewer().person.id,
            **changes,
        )
    except HubError as error:
        return _form(refused(filled, error, FIELDS_OF_CODES, {})), 400
    flask.flash(_("%(name)s is added. Enter the hub there.", name=changes["name"]))
    return _to(client_id)


@blueprint.get("/clients/saml/<client_id>")
def saml_system(client_id: str) -> str:
    """One of them: what to enter there, what is set here, and what it was refused."""
    with current_hub().reading() as uow:
        found = read_system(uow, client_id)
        partners = names_of_partners(uow, [found.partner_id, *found.partner_ids])
        refusals = last_client_refusals(uow, found.connection_id, found.client_id)
    return flask.render_template(
        "admin/saml_system.html",
        system=found,
        partners=partners,
        refusals=refusals,
        refused_words=refused_words,
        subjects=SUBJECT_WORDS,
        certificates=[describe_certificate(one) for one in found.metadata.certificates],
        handed_over=hub_values(current_hub().settings),
    )


@blueprint.get("/clients/saml/<client_id>/change")
def edit_saml_system(client_id: str) -> str:
    """The form with what is set."""
    with current_hub().reading() as uow:
        found = read_system(uow, client_id)
        names = names_of_partners(uow, found.partner_ids)
    values = {name: str(getattr(found, name)) for name in ("name", "metadata_url", "subject_type")}
    values |= {name: "1" if getattr(found, name) else "" for name in ("encrypts", "hub_initiated")}
    values |= {
        "attribute_names": _lines(found.attribute_names),
        "audiences": "\n".join(found.audiences),
        "partners": "\n".join(names.get(one, one) for one in found.partner_ids),
    }
    return _form(Filled(values), found)


@blueprint.post("/clients/saml/<client_id>/change")
def change_saml_system(client_id: str) -> flask.typing.ResponseReturnValue:
    """Change it. Form: as LABELS without the system's name, short name and partner; or ``again`` to read its metadata anew."""
    filled, hub = _read(), current_hub()
    actor_id = current_viewer().person.id
    with hub.reading() as uow:
        found = read_system(uow, client_id)
    try:
        if flask.request.form.get("again"):
            change_system(hub, client_id, again=True, actor_id=actor_id)
        else:
            with hub.reading() as uow:
                changes = _changes(uow, filled)
            pasted = filled.values["metadata"].encode()
            change_system(hub, client_id, pasted=pasted, actor_id=actor_id, **changes)
    except HubError as error:
        return _form(refused(filled, error, FIELDS_OF_CODES, {}), found), 400
    flask.flash(_("%(name)s is changed.", name=found.name))
    return _to(client_id)


@blueprint.post("/clients/saml/<client_id>/switch")
def switch_saml_system(client_id: str) -> Response:
    """Switch it off or on. Form: ``disabled``, 1 or 0."""
    wanted = flask.request.form.get("disabled")
    if wanted not in {"0", "1"}:
        raise BadInput("bad_switch", "The form does not say whether to switch it off or on.")
    with current_hub().unit_of_work() as uow:
        set_system_disabled(uow, client_id, disabled=wanted == "1", actor_id=current_viewer().person.id)
        found = read_system(uow, client_id)
    flask.flash(
        _("%(name)s is switched off. Nobody signs in there.", name=found.name)
        if wanted == "1"
        else _("%(name)s is switched on.", name=found.name)
    )
    return _to(client_id)


@blueprint.get("/saml-provider-keys")
def saml_provider_keys() -> str:
    """The hub's keys towards systems that sign people in by SAML."""
    with current_hub().reading() as uow:
        keys, now = list_sp_keys(uow, "idp"), uow.now
    shown = [(key, describe_certificate(key.certificate)) for key in keys]
    waits = any(key.signs_from is None for key in keys)
    return flask.render_template(
        "admin/saml_keys.html", keys=shown, now=now, waits=waits, overlap=OVERLAP, to_systems=True
    )


@blueprint.post("/saml-provider-keys")
def change_saml_provider_keys() -> Response:
    """Publish a new key, or let the published one sign. Form: ``do``, publish or use."""
    use = flask.request.form.get("do") == "use"
    with current_hub().unit_of_work() as uow:
        (use_new_key if use else publish_new_key)(uow, current_viewer().person.id, "idp")
    flask.flash(
        "The new key signs from now on."
        if use
        else "A new key is published in the metadata. Use it once the systems have read that again."
    )
    return flask.redirect(flask.url_for("admin.saml_provider_keys"), 303)


def _read() -> Filled:
    """The form; its metadata is longer than other fields are."""
    filled = read_form(set(LABELS) - {"metadata"})
    return Filled({**filled.values, "metadata": flask.request.form.get("metadata", "").strip()})


def _changes(uow: "UnitOfWork", filled: Filled) -> SystemChanges:
    values = filled.values
    try:
        partner_ids = [find_partner(uow, one) for one in filled.lines("partners")]
    except Missing as error:
        problem = Problem(error.message.rstrip("."), "partners")
        raise BadInput("bad_client", error.message, problems=[problem]) from None
    return {
        "name": values["name"],
        "metadata_url": values["metadata_url"],
        "attribute_names": read_attribute_names(filled.lines("attribute_names")),
        "subject_type": values["subject_type"] or "pairwise",
        "encrypts": values["encrypts"] == "1",
        "hub_initiated": values["hub_initiated"] == "1",
        "partner_ids": partner_ids,
        "audiences": filled.lines("audiences"),
    }


def _is_known(uow: "UnitOfWork", slug: str) -> bool:
    try:
        return bool(find_connection(uow, slug))
    except Missing:
        return False


def _lines(names: Mapping[str, str]) -> str:
    return "\n".join(f"{claim} = {name}" for claim, name in names.items())


def _form(filled: Filled, changes: System | None = None) -> str:
    with current_hub().reading() as uow:
        partners = list_partner_names(uow)
    return flask.render_template(
        "admin/saml_system_form.html",
        filled=filled,
        labels=LABELS,
        changes=changes,
        partners=partners,
        subjects=SUBJECT_WORDS,
    )


def _to(client_id: str) -> Response:
    return flask.redirect(flask.url_for("admin.saml_system", client_id=client_id), 303)
