"""An LMS as platform, by hand: the form to let it open courses of the hub, and to change what it told."""

import flask

from hub.errors import HubError
from hub.flask_hub import current_hub
from hub.lti.legacy.keys import consumer_key_name, set_consumer_key
from hub.lti.tool.platforms import (
    Platform,
    PlatformChanges,
    PlatformSettings,
    add_platform,
    connect_platform,
    hub_as_tool,
    read_platform,
    update_platform,
)
from hub.network.systems.connections import find_connection
from hub.network.views import find_partner, list_partner_names
from hub.web.admin.blueprint import blueprint
from hub.web.admin.form import Filled, missing, old_key, read_form, refuse_incomplete, refused
from hub.web.language import _

LABELS = {
    "name": "Name",
    "slug": "Short name",
    "partner": "Partner",
    "issuer": "Issuer (platform id)",
    "client_id": "Client id",
    "deployment_id": "Deployment id",
    "authorize_url": "Authentication address",
    "token_url": "Token address",
    "jwks_url": "Keys (JWKS)",
    "token_audience": "Audience of its tokens",
    "unknown_people": "People the hub does not know",
    "consumer_key": "Old consumer key",
    "consumer_secret": "Old shared secret",
}
NEEDED = ("issuer", "client_id", "authorize_url", "token_url", "jwks_url")
FIELDS_OF_CODES = {
    "bad_slug": "slug",
    "connection_exists": "slug",
    "no_partner": "partner",
    "platform_exists": "slug",
    "not_an_lms": "slug",
    "platform_taken": "client_id",
}


@blueprint.get("/connect/platform")
def connect_platform_form() -> str:
    """The empty form, with what to enter in the LMS. Query: ``slug`` of a connection that is no platform yet."""
    slug, name = flask.request.args.get("slug", ""), ""
    if slug:
        with current_hub().reading() as uow:
            name = find_connection(uow, slug).name
    return _form(Filled({"slug": slug, "name": name, "unknown_people": "link"}), known=bool(slug))


@blueprint.post("/connect/platform")
def add_platform_connection() -> flask.typing.ResponseReturnValue:
    """Connect an LMS, or register one that has a connection. Form: as LABELS; ``known``, 1 when it has one."""
    filled, known = read_form(LABELS), flask.request.form.get("known") == "1"
    values = filled.values
    empty = missing(filled, NEEDED if known else ("name", "slug", *NEEDED))
    try:
        with current_hub().unit_of_work() as uow:
            if known:
                connection_id = find_connection(uow, values["slug"]).id
                made = add_platform(uow, connection_id, **_settings(filled))
            else:
                partner_id = find_partner(uow, values["partner"]) if values["partner"] else None
                made = connect_platform(uow, values["slug"], values["name"], partner_id, **_settings(filled))
            set_consumer_key(uow, made.connection_id, "platform", *old_key(filled))
            refuse_incomplete(empty)
    except HubError as error:
        return _form(refused(filled, error, FIELDS_OF_CODES, empty), known=known), 400
    flask.flash(_("%(name)s may open courses of the hub. Try it.", name=values["name"] or values["slug"]))
    return flask.redirect(flask.url_for("admin.connection", slug=values["slug"]), 303)


@blueprint.get("/connections/<slug>/platform")
def edit_platform(slug: str) -> str:
    """The form with what is known of a platform."""
    with current_hub().reading() as uow:
        platform = read_platform(uow, find_connection(uow, slug).id)
        consumer_key = consumer_key_name(uow, platform.connection_id, "platform")
    values = {name: str(getattr(platform, name)) for name in LABELS if hasattr(platform, name)}
    values["consumer_key"] = consumer_key
    return _form(Filled(values), known=True, changes=platform)


@blueprint.post("/connections/<slug>/platform")
def change_platform(slug: str) -> flask.typing.ResponseReturnValue:
    """Change it. Form: as LABELS without names, partner and deployment."""
    filled = read_form(LABELS)
    with current_hub().reading() as uow:
        platform = read_platform(uow, find_connection(uow, slug).id)
    filled = Filled({**filled.values, "slug": platform.slug, "name": platform.name})
    empty = missing(filled, NEEDED)
    try:
        with current_hub().unit_of_work() as uow:
            update_platform(uow, platform.connection_id, **_changes(filled))
            set_consumer_key(uow, platform.connection_id, "platform", *old_key(filled))
            refuse_incomplete(empty)
    except HubError as error:
        return _form(refused(filled, error, FIELDS_OF_CODES, empty), known=True, changes=platform), 400
    flask.flash(_("%(name)s is changed.", name=platform.name))
    return flask.redirect(flask.url_for("admin.connection", slug=slug), 303)


def _settings(filled: Filled) -> PlatformSettings:
    """The form as settings of a new platform; without a deployment, its first launch waits for approval."""
    changes = _changes(filled)
    settings: PlatformSettings = {
        "issuer": changes["issuer"],
        "client_id": changes["client_id"],
        "authorize_url": changes["authorize_url"],
        "token_url": changes["token_url"],
        "jwks_url": changes["jwks_url"],
        "token_audience": changes["token_audience"],
        "unknown_people": changes["unknown_people"],
    }
    if filled.values["deployment_id"]:
        settings["deployment_id"] = filled.values["deployment_id"]
    return settings


def _changes(filled: Filled) -> PlatformChanges:
    values = filled.values
    return {
        "issuer": values["issuer"],
        "client_id": values["client_id"],
        "authorize_url": values["authorize_url"],
        "token_url": values["token_url"],
        "jwks_url": values["jwks_url"],
        "token_audience": values["token_audience"],
        "unknown_people": "refuse" if values["unknown_people"] == "refuse" else "link",
    }


def _form(filled: Filled, *, known: bool, changes: Platform | None = None) -> str:
    hub = current_hub()
    with hub.reading() as uow:
        partners = list_partner_names(uow)
    return flask.render_template(
        "admin/connect_platform.html",
        filled=filled,
        known=known,
        changes=changes,
        labels=LABELS,
        partners=partners,
        hub_as_tool=hub_as_tool(hub.settings, ""),
    )
