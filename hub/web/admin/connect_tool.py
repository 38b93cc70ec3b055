"""An LMS as tool, by hand: the form to connect one, and to change what it told the hub."""

import flask

from hub.errors import HubError
from hub.flask_hub import current_hub
from hub.lti.legacy.keys import consumer_key_name, set_consumer_key
from hub.lti.refusals import Refused
from hub.lti.registration.public_key import read_public_key
from hub.lti.tool_settings import ToolChanges
from hub.lti.tools import Tool, add_tool, connect_tool, read_tool, update_tool
from hub.lti.vocabulary import ALL_SCOPES, USUAL_SCOPES
from hub.network.systems.connections import find_connection
from hub.network.views import find_partner, list_partner_names
from hub.web.admin.blueprint import blueprint
from hub.web.admin.form import Filled, missing, old_key, read_form, refuse_incomplete, refused
from hub.web.admin.scope_words import SCOPE_WORDS
from hub.web.language import _
from hub.web.viewer import current_viewer

LABELS = {
    "name": "Name",
    "slug": "Short name",
    "partner": "Partner",
    "login_url": "Login address",
    "launch_url": "Launch address",
    "jwks_url": "Keys (JWKS)",
    "public_key": "Public key",
    "redirect_uris": "Redirect URIs",
    "deep_linking_url": "Address to choose courses",
    "scopes": "What it may do",
    "shares_personal_data": "Personal data",
    "custom": "Launch parameters",
    "consumer_key": "Old consumer key",
    "consumer_secret": "Old shared secret",
}
NEEDED = ("login_url", "launch_url")
NEEDED_OF_NEW = ("name", "slug", *NEEDED)
FIELDS_OF_CODES = {
    "bad_slug": "slug",
    "connection_exists": "slug",
    "no_partner": "partner",
    "tool_exists": "slug",
    "not_an_lms": "slug",
    "private_key": "public_key",
    "weak_key": "public_key",
    "not_a_key": "public_key",
}


@blueprint.get("/connect/tool")
def connect_tool_form() -> str:
    """The empty form. Query: ``slug`` of a connection that is no tool yet."""
    known = flask.request.args.get("slug", "")
    usual = {"scopes": "\n".join(USUAL_SCOPES), "shares_personal_data": "1"}
    return _form(Filled({**usual, "slug": known, "name": _name(known)}), known=bool(_name(known)))


@blueprint.post("/connect/tool")
def add_tool_connection() -> flask.typing.ResponseReturnValue:
    """Connect an LMS, or register one that has a connection. Form: as LABELS; ``known``, 1 when it has one."""
    filled, known = _read(), flask.request.form.get("known") == "1"
    slug, name, partner = (filled.values[field] for field in ("slug", "name", "partner"))
    empty = missing(filled, NEEDED if known else NEEDED_OF_NEW) | _missing_parts(filled)
    try:
        with current_hub().unit_of_work() as uow:
            settings = _settings(filled)
            if known:
                made = add_tool(uow, find_connection(uow, slug).id, **settings)
            else:
                partner_id = find_partner(uow, partner) if partner else None
                made = connect_tool(uow, slug, name, partner_id, **settings)
            set_consumer_key(uow, made.connection_id, "tool", *old_key(filled))
            refuse_incomplete(empty)
    except HubError as error:
        return _form(_refused(filled, error, empty), known=known), 400
    flask.flash(
        _("%(slug)s is connected. Give its administrator the values below, then try it.", slug=name or slug)
    )
    return flask.redirect(flask.url_for("admin.connection", slug=slug), 303)


@blueprint.get("/connections/<slug>/tool")
def edit_tool(slug: str) -> str:
    """The form with what is known of a tool."""
    with current_hub().reading() as uow:
        tool = read_tool(uow, find_connection(uow, slug).id)
        consumer_key = consumer_key_name(uow, tool.connection_id, "tool")
    filled = Filled({**_filled(tool).values, "consumer_key": consumer_key})
    return _form(filled, known=True, changes=tool)


@blueprint.post("/connections/<slug>/tool")
def change_tool(slug: str) -> flask.typing.ResponseReturnValue:
    """Change it. Form: as LABELS without names and partner."""
    filled = _read()
    with current_hub().reading() as uow:
        tool = read_tool(uow, find_connection(uow, slug).id)
    filled = Filled({**filled.values, "slug": tool.slug, "name": tool.name})
    empty = missing(filled, NEEDED) | _missing_parts(filled, has_keys=bool(tool.public_jwks))
    try:
        with current_hub().unit_of_work() as uow:
            update_tool(uow, tool.connection_id, **_settings(filled))
            set_consumer_key(uow, tool.connection_id, "tool", *old_key(filled))
            refuse_incomplete(empty)
    except HubError as error:
        return _form(_refused(filled, error, empty, tool), known=True, changes=tool), 400
    flask.flash(_("%(name)s is changed. What opens from now on opens like this.", name=tool.name))
    return flask.redirect(flask.url_for("admin.connection", slug=slug), 303)


def _missing_parts(filled: Filled, *, has_keys: bool = False) -> dict[str, list[str]]:
    """Its keys are needed, by their address or one of them; and each launch parameter a name and a value."""
    missed = {} if has_keys or filled.values["public_key"] else missing(filled, ["jwks_url"])
    if any("=" not in line for line in filled.lines("custom")):
        missed["custom"] = ["each line must read name=value"]
    return missed


def _refused(
    filled: Filled, error: HubError, empty: dict[str, list[str]], tool: Tool | None = None
) -> Filled:
    """The form again; a key that must not be here is noted, without anything of it, and not shown again."""
    if isinstance(error, Refused):
        connection_id = tool.connection_id if tool else None
        current_hub().audit_refusal(
            "lti_registration",
            error.code,
            actor_id=current_viewer().person.id,
            connection_id=connection_id,
        )
        filled = Filled({**filled.values, "public_key": ""})
    return refused(filled, error, FIELDS_OF_CODES, empty)


def _read() -> Filled:
    filled = read_form(LABELS)
    return Filled({**filled.values, "scopes": "\n".join(flask.request.form.getlist("scopes"))})


def _settings(filled: Filled) -> ToolChanges:
    """The form as settings; keys that were pasted take the place of an address."""
    values = filled.values
    settings: ToolChanges = {
        "login_url": values["login_url"],
        "launch_url": values["launch_url"],
        "jwks_url": values["jwks_url"],
        "redirect_uris": filled.lines("redirect_uris"),
        "deep_linking_url": values["deep_linking_url"] or None,
        "scopes": filled.lines("scopes"),
        "shares_personal_data": values["shares_personal_data"] == "1",
        "custom": _custom(filled),
    }
    if values["public_key"]:
        settings["public_jwks"] = [read_public_key(values["public_key"])]
    elif values["jwks_url"]:
        settings["public_jwks"] = None
    return settings


def _custom(filled: Filled) -> dict[str, str]:
    pairs = (line.partition("=") for line in filled.lines("custom"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def _filled(tool: Tool) -> Filled:
    return Filled(
        {
            "slug": tool.slug,
            "name": tool.name,
            "login_url": tool.login_url,
            "launch_url": tool.launch_url,
            "jwks_url": tool.jwks_url,
            "redirect_uris": "\n".join(tool.redirect_uris),
            "deep_linking_url": tool.deep_linking_url or "",
            "scopes": "\n".join(tool.scopes),
            "shares_personal_data": "1" if tool.shares_personal_data else "",
            "custom": "\n".join(f"{name}={value}" for name, value in tool.custom.items()),
        }
    )


def _name(slug: str) -> str:
    """The name of a connection that is there; empty when there is none."""
    if not slug:
        return ""
    with current_hub().reading() as uow:
        return find_connection(uow, slug).name


def _form(filled: Filled, *, known: bool, changes: Tool | None = None) -> str:
    with current_hub().reading() as uow:
        partners = list_partner_names(uow)
    return flask.render_template(
        "admin/connect_tool.html",
        filled=filled,
        known=known,
        changes=changes,
        labels=LABELS,
        partners=partners,
        scopes=ALL_SCOPES,
        scope_words=SCOPE_WORDS,
    )
