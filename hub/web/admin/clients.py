"""Systems in which people sign in with the hub: found, added, changed, tried, and given a new secret."""

from datetime import timedelta
from typing import TYPE_CHECKING

import flask

from hub.errors import BadInput, HubError, Missing, Problem
from hub.exchange import Exchange
from hub.flask_hub import current_hub
from hub.network.systems.connections import create_connection, find_connection
from hub.network.views import find_partner, list_partner_names, names_of_partners
from hub.sso.provider.client_settings import AUTH_METHODS, SCOPES, ClientChanges
from hub.sso.provider.clients import (
    Client,
    NewClient,
    add_client,
    read_client,
    rotate_client_secret,
    set_client_disabled,
    update_client,
)
from hub.sso.provider.try_client import try_client
from hub.sso.provider.views import last_client_refusals, search_clients
from hub.web.admin.blueprint import blueprint
from hub.web.admin.form import Filled, missing, read_form, refuse_incomplete, refused
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
    "redirect_uris": "Redirect URIs",
    "auth_method": "How it shows who it is",
    "jwks_uri": "Address of its keys (JWKS)",
    "public_jwks": "Its public keys",
    "logout_redirect_uris": "Addresses after signing out",
    "logout_url": "Back-channel address",
    "scopes": "What it may learn",
    "subject_type": "How it knows people",
    "refreshes": "Refresh tokens",
    "partners": "Only people of",
    "audiences": "Only these audiences",
}
METHOD_WORDS = {
    "client_secret_basic": "by a secret in the header (client_secret_basic)",
    "client_secret_post": "by a secret in the form (client_secret_post)",
    "private_key_jwt": "by its signature (private_key_jwt)",
    "none": "not at all: a program on people's own devices (none)",
}
SCOPE_WORDS = {"profile": "Names and language", "email": "E-mail address"}
SUBJECT_WORDS = {
    "pairwise": "by an id that no other system has",
    "public": "by the hub's own id, the same in every system",
}
CHOSEN = ("name", "auth_method", "jwks_uri", "logout_url", "subject_type")
"""Settings that are one text each."""
FIELDS_OF_CODES = {
    "bad_slug": "slug",
    "connection_exists": "slug",
    "not_a_system": "slug",
    "no_partner": "partner",
}
OVERLAPS = {"0": timedelta(), "1": timedelta(days=1), "7": timedelta(days=7)}
"""For how many days an old secret may stay good."""


@blueprint.get("/clients")
def clients() -> str:
    """All of them by their systems' short names. Query: ``q``, words; ``after``, where to go on."""
    words = flask.request.args.get("q", "").strip()[:MAX_WORDS]
    with current_hub().reading() as uow:
        rows, more = search_clients(uow, words, flask.request.args.get("after", "")[:MAX_WORDS])
    return flask.render_template("admin/clients.html", rows=rows, more=more, words=words)


@blueprint.get("/clients/new")
def new_client_form() -> str:
    """The empty form. Query: ``slug`` of a connection that is there already."""
    values = {"auth_method": "client_secret_basic", "scopes": "\n".join(SCOPES), "subject_type": "pairwise"}
    slug = flask.request.args.get("slug", "")
    if slug:
        with current_hub().reading() as uow:
            found = find_connection(uow, slug)
        values |= {"slug": slug, "connection_name": found.name, "name": found.name}
    return _form(Filled(values), known=bool(slug))


@blueprint.post("/clients/new")
def make_client() -> flask.typing.ResponseReturnValue:
    """Add one and show its secret, this once. Form: as LABELS; ``known``, 1 when its system has a connection."""
    filled, known = _read(), flask.request.form.get("known") == "1"
    values = filled.values
    empty = missing(filled, ("slug",) if known else ("slug", "connection_name"))
    try:
        with current_hub().unit_of_work() as uow:
            if known:
                connection_id = find_connection(uow, values["slug"]).id
            else:
                owner = find_partner(uow, values["partner"]) if values["partner"] else None
                connection_id = create_connection(
                    uow, values["slug"], "lms", values["connection_name"], owner
                )
            changes = _changes(uow, filled)
            changes["name"] = changes["name"] or values["connection_name"]
            new = add_client(uow, connection_id, **changes)
            refuse_incomplete(empty)
    except HubError as error:
        return _form(refused(filled, error, FIELDS_OF_CODES, empty), known=known), 400
    return _shown_once(new, "made")


@blueprint.get("/clients/<client_id>")
def client(client_id: str) -> str:
    """One of them: what to enter there, what is set here, and what it was refused."""
    return _page(client_id)


@blueprint.post("/clients/<client_id>/try")
def try_one_client(client_id: str) -> str:
    """Do what the hub can do by itself and show each step."""
    return _page(client_id, try_client(current_hub(), client_id, current_viewer().person.id))


@blueprint.get("/clients/<client_id>/change")
def edit_client(client_id: str) -> str:
    """The form with what is set."""
    with current_hub().reading() as uow:
        found = read_client(uow, client_id)
        names = names_of_partners(uow, found.partner_ids)
    values = {name: str(getattr(found, name)) for name in CHOSEN}
    values |= {
        name: "\n".join(getattr(found, name))
        for name in ("redirect_uris", "logout_redirect_uris", "scopes", "audiences")
    }
    values["partners"] = "\n".join(names.get(one, one) for one in found.partner_ids)
    values["refreshes"] = "1" if found.refreshes else ""
    if found.public_jwks:
        values["public_jwks"] = flask.json.dumps({"keys": [dict(key) for key in found.public_jwks]})
    return _form(Filled(values), known=True, changes=found)


@blueprint.post("/clients/<client_id>/change")
def change_client(client_id: str) -> flask.typing.ResponseReturnValue:
    """Change it. Form: as LABELS without the system's name, short name and partner."""
    filled = _read()
    with current_hub().reading() as uow:
        found = read_client(uow, client_id)
    try:
        with current_hub().unit_of_work() as uow:
            secret = update_client(uow, client_id, **_changes(uow, filled))
    except HubError as error:
        return _form(refused(filled, error, FIELDS_OF_CODES, {}), known=True, changes=found), 400
    if secret:
        return _shown_once(NewClient(client_id, secret), "renewed")
    flask.flash(_("%(name)s is changed.", name=found.name))
    return flask.redirect(flask.url_for("admin.client", client_id=client_id), 303)


@blueprint.post("/clients/<client_id>/secret")
def renew_client_secret(client_id: str) -> flask.typing.ResponseReturnValue:
    """A new secret, shown this once. Form: ``overlap``, days for which the old one stays good."""
    overlap = OVERLAPS.get(flask.request.form.get("overlap", ""))
    if overlap is None:
        raise BadInput("bad_choice", "The form does not say how long the old secret is good.")
    with current_hub().unit_of_work() as uow:
        new = rotate_client_secret(uow, client_id, overlap)
    return _shown_once(new, "renewed", overlap)


@blueprint.post("/clients/<client_id>/switch")
def switch_client(client_id: str) -> flask.typing.ResponseReturnValue:
    """Switch it off or on. Form: ``disabled``, 1 or 0."""
    wanted = flask.request.form.get("disabled")
    if wanted not in {"0", "1"}:
        raise BadInput("bad_switch", "The form does not say whether to switch it off or on.")
    with current_hub().unit_of_work() as uow:
        set_client_disabled(uow, client_id, disabled=wanted == "1")
        found = read_client(uow, client_id)
    flask.flash(
        _(
            "%(name)s is switched off. Nobody signs in there, and its tokens are refused from now on.",
            name=found.name,
        )
        if wanted == "1"
        else _("%(name)s is switched on. People may sign in there again.", name=found.name)
    )
    return flask.redirect(flask.url_for("admin.client", client_id=client_id), 303)


def _read() -> Filled:
    filled = read_form(LABELS)
    chosen = "\n".join(scope for scope in SCOPES if scope in flask.request.form.getlist("scopes"))
    return Filled({**filled.values, "scopes": chosen})


def _changes(uow: "UnitOfWork", filled: Filled) -> ClientChanges:
    values = filled.values
    try:
        partner_ids = [find_partner(uow, one) for one in filled.lines("partners")]
    except Missing as error:
        problem = Problem(error.message.rstrip("."), "partners")
        raise BadInput("bad_client", error.message, problems=[problem]) from None
    return {
        "name": values["name"],
        "redirect_uris": filled.lines("redirect_uris"),
        "auth_method": values["auth_method"],
        "public_jwks": values["public_jwks"],
        "jwks_uri": values["jwks_uri"],
        "logout_redirect_uris": filled.lines("logout_redirect_uris"),
        "logout_url": values["logout_url"],
        "scopes": filled.lines("scopes"),
        "subject_type": values["subject_type"],
        "refreshes": values["refreshes"] == "1",
        "partner_ids": partner_ids,
        "audiences": filled.lines("audiences"),
    }


def _form(filled: Filled, *, known: bool, changes: Client | None = None) -> str:
    with current_hub().reading() as uow:
        partners = list_partner_names(uow)
    return flask.render_template(
        "admin/client_form.html",
        filled=filled,
        labels=LABELS,
        known=known,
        changes=changes,
        partners=partners,
        methods={name: METHOD_WORDS[name] for name in AUTH_METHODS},
        scopes=SCOPE_WORDS,
        subjects=SUBJECT_WORDS,
    )


def _shown_once(new: NewClient, what: str, overlap: timedelta = timedelta()) -> flask.Response:
    with current_hub().reading() as uow:
        found = read_client(uow, new.client_id)
    page = flask.render_template(
        "admin/client_secret.html",
        client=found,
        new=new,
        what=what,
        overlap=overlap,
        handed_over=_addresses(),
    )
    response = flask.make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response


def _page(client_id: str, exchange: Exchange | None = None) -> str:
    with current_hub().reading() as uow:
        found = read_client(uow, client_id)
        partners = names_of_partners(uow, [found.partner_id, *found.partner_ids])
        refusals = last_client_refusals(uow, found.connection_id, found.client_id)
        now = uow.now
    return flask.render_template(
        "admin/client.html",
        client=found,
        partners=partners,
        refusals=refusals,
        refused_words=refused_words,
        exchange=exchange,
        methods=METHOD_WORDS,
        scopes=SCOPE_WORDS,
        subjects=SUBJECT_WORDS,
        handed_over=_addresses(),
        now=now,
    )


def _addresses() -> dict[str, tuple[str, str]]:
    """What the system's administrator enters about the hub: labels and addresses."""
    settings = current_hub().settings
    return {
        "issuer": ("Issuer", settings.public_url),
        "discovery": ("Discovery address", settings.url("/.well-known/openid-configuration")),
        "authorize": ("Authorization address", settings.url("/oauth/authorize")),
        "token": ("Token address", settings.url("/oauth/token")),
        "userinfo": ("Userinfo address", settings.url("/oauth/userinfo")),
        "jwks": ("Keys (JWKS)", settings.url("/oauth/jwks")),
        "logout": ("Sign-out address", settings.url("/oauth/logout")),
    }
