"""An identity provider that speaks SAML: the form to connect it and to change it, and the hub's own keys towards such."""

import flask
from werkzeug import Response

from hub.errors import HubError, OutsideFailed
from hub.flask_hub import current_hub
from hub.network.views import find_partner, list_partner_names
from hub.sso.saml.certificates import describe_certificate
from hub.sso.saml.connect import NAME_ID_FORMATS, change_saml_provider, connect_saml_provider
from hub.sso.saml.metadata import MAX_UPLOAD
from hub.sso.saml.providers import Choices, SamlProvider, read_saml_provider
from hub.sso.saml.sp_keys import OVERLAP, list_sp_keys, publish_new_key, use_new_key
from hub.sso.saml.views import hub_values
from hub.web.admin.blueprint import blueprint
from hub.web.admin.form import Filled, missing, read_form, refused
from hub.web.language import _
from hub.web.viewer import current_viewer

LABELS = {
    "name": "Name",
    "slug": "Short name",
    "partner": "Partner",
    "metadata_url": "Address of its metadata",
    "metadata_file": "Or its metadata as a file",
    "entity_id": "Entity id",
    "signer": "Certificate that signs the metadata",
    "domains": "E-mail domains",
    "signed_part": "What it signs",
    "name_id_format": "NameID",
    "subject_attribute": "Attribute that says who somebody is",
    "required_acr": "Required authentication",
    "signs_requests": "Requests of the hub",
    "idp_initiated": "Sign-ins that begin there",
}
FIELDS_OF_CODES = {
    "bad_slug": "slug",
    "connection_exists": "slug",
    "no_partner": "partner",
    "bad_signer": "signer",
    "bad_subject_attribute": "subject_attribute",
    "subject_stays": "subject_attribute",
    "metadata_not_signed": "signer",
    "other_entity": "entity_id",
    "message_too_large": "metadata_file",
}


@blueprint.get("/connect/saml")
def connect_saml_form() -> str:
    """The empty form."""
    return _form(Filled(_values(Choices())))


@blueprint.post("/connect/saml")
def add_saml_connection() -> flask.typing.ResponseReturnValue:
    """Read the metadata and connect the provider. Form: as LABELS; ``domains`` one a line."""
    filled, hub = read_form(LABELS), current_hub()
    values = filled.values
    problems = missing(filled, ("name", "slug"))
    uploaded = _uploaded()
    if not uploaded and not values["metadata_url"]:
        problems["metadata_url"] = ["an address or a file is needed"]
    if problems:
        return _form(Filled(values, problems)), 400
    try:
        with hub.reading() as uow:
            partner_id = find_partner(uow, values["partner"]) if values["partner"] else None
        connect_saml_provider(
            hub,
            values["slug"],
            values["name"],
            partner_id,
            _choices(filled),
            uploaded=uploaded,
            entity_id=values["entity_id"],
            domains=filled.lines("domains"),
            actor_id=current_viewer().person.id,
        )
    except HubError as error:
        return _form(_refused(filled, error)), 400
    flask.flash(_("%(name)s is connected. Enter the hub there, then try a sign-in.", name=values["name"]))
    return _to(values["slug"])


@blueprint.get("/connections/<slug>/saml")
def edit_saml(slug: str) -> str:
    """The form with what was chosen for a provider."""
    with current_hub().reading() as uow:
        provider = read_saml_provider(uow, slug)
    return _form(Filled(_values(provider.choices)), provider)


@blueprint.post("/connections/<slug>/saml")
def change_saml_connection(slug: str) -> flask.typing.ResponseReturnValue:
    """Change it. Form: as LABELS without names, partner, entity id and domains."""
    filled, hub = read_form(LABELS), current_hub()
    with hub.reading() as uow:
        provider = read_saml_provider(uow, slug)
    try:
        actor_id = current_viewer().person.id
        change_saml_provider(hub, slug, _choices(filled), uploaded=_uploaded(), actor_id=actor_id)
    except HubError as error:
        return _form(_refused(filled, error), provider), 400
    flask.flash(_("%(name)s is changed. Try a sign-in.", name=provider.connection.name))
    return _to(slug)


@blueprint.get("/saml-keys")
def saml_keys() -> str:
    """The hub's own keys towards SAML providers."""
    with current_hub().reading() as uow:
        keys, now = list_sp_keys(uow), uow.now
    shown = [(key, describe_certificate(key.certificate)) for key in keys]
    waits = any(key.signs_from is None for key in keys)
    return flask.render_template("admin/saml_keys.html", keys=shown, now=now, waits=waits, overlap=OVERLAP)


@blueprint.post("/saml-keys")
def change_saml_keys() -> Response:
    """Publish a new key, or let the published one sign. Form: ``do``, publish or use."""
    use = flask.request.form.get("do") == "use"
    with current_hub().unit_of_work() as uow:
        (use_new_key if use else publish_new_key)(uow, current_viewer().person.id)
    flask.flash(
        "The new key signs from now on. The one before it still opens what is encrypted for it."
        if use
        else "A new key is published in the metadata. Use it once the providers have read that again."
    )
    return flask.redirect(flask.url_for("admin.saml_keys"), 303)


def _choices(filled: Filled) -> Choices:
    values = filled.values
    return Choices(
        metadata_url=values["metadata_url"],
        signer=values["signer"],
        signed_part="response" if values["signed_part"] == "response" else "assertion",
        idp_initiated=values["idp_initiated"] == "1",
        signs_requests=values["signs_requests"] == "1",
        name_id_format=values["name_id_format"],
        subject_attribute=values["subject_attribute"],
        required_acr=values["required_acr"],
    )


def _values(choices: Choices) -> dict[str, str]:
    return {name: "1" if value is True else str(value or "") for name, value in vars(choices).items()}


def _uploaded() -> bytes:
    file = flask.request.files.get("metadata_file")
    return file.read(MAX_UPLOAD + 1) if file else b""


def _refused(filled: Filled, error: HubError) -> Filled:
    """What the metadata came to stands beside where it came from."""
    fields = dict(FIELDS_OF_CODES)
    if isinstance(error, OutsideFailed):
        fields.setdefault(error.code, "metadata_url" if filled.values["metadata_url"] else "metadata_file")
    return refused(filled, error, fields, {})


def _to(slug: str) -> Response:
    return flask.redirect(flask.url_for("admin.connection", slug=slug), 303)


def _form(filled: Filled, changes: SamlProvider | None = None) -> str:
    hub = current_hub()
    with hub.reading() as uow:
        partners = list_partner_names(uow)
    return flask.render_template(
        "admin/connect_saml.html",
        filled=filled,
        labels=LABELS,
        partners=partners,
        changes=changes,
        name_id_formats=NAME_ID_FORMATS,
        handed_over=hub_values(hub.settings.public_url, "SHORT-NAME"),
    )
