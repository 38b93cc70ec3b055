"""An identity provider that speaks OpenID Connect: the form to connect it and to change it, and trial sign-ins."""

from collections.abc import Sequence

import flask
from werkzeug import Response

from hub.errors import BadInput, Conflict, HubError, Problem
from hub.flask_hub import current_hub
from hub.journal import audit
from hub.network.systems.connections import find_connection, set_connection_disabled
from hub.network.views import find_partner, list_partner_names
from hub.sso.begin import begin_sign_in
from hub.sso.browser import send_away
from hub.sso.oidc.connect import connect_identity_provider
from hub.sso.oidc.providers import Provider, read_provider
from hub.sso.oidc.settings import ProviderSettings, change_provider, check, settings_of
from hub.sso.sessions import end_sessions_at
from hub.web.admin.blueprint import blueprint
from hub.web.admin.form import Filled, missing, read_form, refused
from hub.web.headers import allow_leaving
from hub.web.language import _
from hub.web.viewer import current_viewer, own_session

LABELS = {
    "name": "Name",
    "slug": "Short name",
    "partner": "Partner",
    "issuer": "Issuer",
    "client_id": "Client id",
    "client_secret": "Client secret",
    "secret_expires_on": "The secret expires on",
    "domains": "E-mail domains",
    "scopes": "Scopes",
    "required_acr": "Required acr",
    "signs_out": "Sign out there too",
}
NEEDED = ("name", "slug", "issuer", "client_id", "client_secret")
FIELDS_OF_CODES = {
    "bad_slug": "slug",
    "connection_exists": "slug",
    "no_partner": "partner",
    "bad_issuer": "issuer",
    "no_client": "client_id",
    **dict.fromkeys(
        ("other_issuer", "bad_metadata", "bad_keys", "no_keys", "status", "timeout", "unreachable"), "issuer"
    ),
    **dict.fromkeys(("refused_address", "too_large", "busy"), "issuer"),
}


@blueprint.get("/connect/provider")
def connect_provider_form() -> str:
    """The empty form."""
    return _form(Filled({"scopes": "openid", "signs_out": "1"}))


@blueprint.post("/connect/provider")
def add_provider_connection() -> flask.typing.ResponseReturnValue:
    """Ask the provider and connect it. Form: as LABELS; ``domains`` one a line."""
    filled, hub = read_form(LABELS), current_hub()
    values, settings = filled.values, _settings(filled)
    problems = _problems(check(settings)) | missing(filled, NEEDED)
    if problems:
        return _form(Filled(values, problems)), 400
    try:
        with hub.reading() as uow:
            partner_id = find_partner(uow, values["partner"]) if values["partner"] else None
        connect_identity_provider(
            hub,
            values["slug"],
            values["name"],
            partner_id,
            values["issuer"],
            settings.client_id,
            settings.client_secret,
            filled.lines("domains"),
        )
        with hub.unit_of_work() as uow:
            change_provider(uow, values["slug"], settings, actor_id=current_viewer().person.id)
    except HubError as error:
        return _form(refused(filled, error, FIELDS_OF_CODES, {})), 400
    flask.flash(
        _(
            "%(name)s is connected. Let its administrator allow the redirect URI, then try a sign-in.",
            name=values["name"],
        )
    )
    return _to(values["slug"])


@blueprint.get("/connections/<slug>/provider")
def edit_provider(slug: str) -> str:
    """The form with what is known of a provider."""
    with current_hub().reading() as uow:
        provider = read_provider(uow, slug)
    known = {name: str(value) for name, value in vars(settings_of(provider)).items()}
    return _form(Filled(known | {"signs_out": "1" if provider.signs_out else ""}), provider)


@blueprint.post("/connections/<slug>/provider")
def change_provider_connection(slug: str) -> flask.typing.ResponseReturnValue:
    """Change it. Form: as LABELS without names, partner, issuer and domains."""
    filled, hub = read_form(LABELS), current_hub()
    with hub.reading() as uow:
        provider = read_provider(uow, slug)
    try:
        with hub.unit_of_work() as uow:
            changed = change_provider(uow, slug, _settings(filled), actor_id=current_viewer().person.id)
    except BadInput as error:
        return _form(refused(filled, error, FIELDS_OF_CODES, {}), provider), 400
    name = provider.connection.name
    flask.flash(
        _("%(name)s is changed. Try a sign-in.", name=name)
        if changed
        else _("Nothing of %(name)s was different.", name=name)
    )
    return _to(slug)


@blueprint.post("/connections/<slug>/try-sign-in")
def try_sign_in(slug: str) -> Response:
    """Send this browser to sign in there as a trial: nobody is signed in by it, and what comes back is shown."""
    hub, target = current_hub(), flask.url_for("admin.connection", slug=slug, tried=1)
    return send_away(lambda browser: begin_sign_in(hub, slug, browser, target, purpose="try"))


@blueprint.post("/connections/<slug>/sign-ins")
def switch_sign_ins(slug: str) -> Response:
    """Let people sign in through a connection, or not any more. Form: ``disabled``, 1 or 0."""
    wanted = flask.request.form.get("disabled")
    if wanted not in {"0", "1"}:
        raise BadInput("bad_switch", "The form does not say whether to switch off or on.")
    with current_hub().unit_of_work() as uow:
        found = find_connection(uow, slug)
        if wanted == "1" and found.id == own_session().connection_id:
            raise Conflict(
                "own_connection",
                "You came in by this connection, and would be shut out.",
                "Sign in another way first, or let another operator switch it off.",
            )
        set_connection_disabled(uow, found.id, disabled=wanted == "1")
        if wanted == "1":  # they must not go on when it is switched on again
            end_sessions_at(uow, found.id)
        audit(
            uow,
            "connection_switched",
            found.id,
            actor_id=current_viewer().person.id,
            partner_id=found.partner_id,
            connection_id=found.id,
            detail={"disabled": wanted == "1"},
        )
    flask.flash(
        _("%(name)s is switched off. Nobody signs in there, and whoever did is signed out.", name=found.name)
        if wanted == "1"
        else _("%(name)s is switched on. People can sign in there.", name=found.name)
    )
    return _to(slug)


def _settings(filled: Filled) -> ProviderSettings:
    values = filled.values
    return ProviderSettings(
        client_id=values["client_id"],
        client_secret=values["client_secret"],
        scopes=" ".join(values["scopes"].split()) or "openid",
        required_acr=" ".join(values["required_acr"].split()),
        secret_expires_on=values["secret_expires_on"],
        signs_out=values["signs_out"] == "1",
    )


def _problems(problems: Sequence[Problem]) -> dict[str, list[str]]:
    return {problem.place: [problem.message] for problem in problems}


def _to(slug: str) -> Response:
    return flask.redirect(flask.url_for("admin.connection", slug=slug), 303)


def _form(filled: Filled, changes: Provider | None = None) -> str:
    allow_leaving()
    with current_hub().reading() as uow:
        partners = list_partner_names(uow)
    return flask.render_template(
        "admin/connect_provider.html", filled=filled, labels=LABELS, partners=partners, changes=changes
    )
