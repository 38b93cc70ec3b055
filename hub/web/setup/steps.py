"""The setup link: a partner's administrator connects an LMS step by step, without an account here."""

import secrets

import flask
from flask import Blueprint
from werkzeug import Response

from hub.errors import HubError
from hub.exchange import Exchange
from hub.flask_hub import current_hub
from hub.lti.connection_views import platform_part, tool_part
from hub.lti.registration import setup_steps
from hub.lti.registration.drafts import Direction, waiting_of_link
from hub.lti.registration.explain import explain
from hub.lti.tool.platforms import hub_as_tool
from hub.network.systems.setup_links import SetupLink
from hub.network.views import names_of_partners
from hub.sso.cookies import read_cookie, set_cookie
from hub.sso.onboarding.checklist import read_checklist
from hub.web.admin.form import Filled, missing, read_form, refused
from hub.web.headers import allow_leaving

blueprint = Blueprint("setup", __name__, url_prefix="/setup")

COOKIE = "hub_setup"
COOKIE_SECONDS = 90 * 24 * 3600
"""As long as a link can live."""
LABELS = {
    "registration_url": "Registration address",
    "login_url": "Login address",
    "launch_url": "Launch address",
    "deep_linking_url": "Address to choose courses",
    "issuer": "Issuer (platform id)",
    "client_id": "Client id",
    "deployment_id": "Deployment id",
    "authorize_url": "Authentication address",
    "token_url": "Token address",
    "jwks_url": "Keys (JWKS)",
}
TOOL_FIELDS = ("login_url", "launch_url", "jwks_url")
PLATFORM_FIELDS = ("issuer", "client_id", "authorize_url", "token_url", "jwks_url")
FIELDS_OF_CODES = {"platform_taken": "client_id", "bad_registration_url": "registration_url"}


@blueprint.get("/<code>")
def page(code: str) -> str:
    """What the link is for, with a button; for the browser that has begun, the steps."""
    hub = current_hub()
    link = setup_steps.look(hub, code)
    if link.claimed_at is None:
        with hub.reading() as uow:
            partner = names_of_partners(uow, [link.partner_id]).get(link.partner_id, "")
        return flask.render_template("setup_begin.html", link=link, code=code, partner=partner)
    return _steps(code, setup_steps.claim(hub, code, read_cookie(COOKIE)))


@blueprint.post("/<code>")
def begin(code: str) -> Response:
    """Keep the link for this browser."""
    browser = read_cookie(COOKIE) or secrets.token_urlsafe(32)
    setup_steps.claim(current_hub(), code, browser)
    response = back(code)
    set_cookie(response, COOKIE, browser, COOKIE_SECONDS)
    return response


@blueprint.post("/<code>/registration")
def register(code: str) -> flask.typing.ResponseReturnValue:
    """Open a registration and show where to go with it. Form: ``direction``, tool or platform; ``registration_url`` of a tool."""
    hub, browser = current_hub(), read_cookie(COOKIE)
    filled = read_form(["direction", "registration_url"])
    direction: Direction = "platform" if filled.values["direction"] == "platform" else "tool"
    try:
        new = setup_steps.open_registration(hub, code, browser, direction, filled.values["registration_url"])
    except HubError as error:
        again = refused(filled, error, FIELDS_OF_CODES, {})
        return _steps(code, setup_steps.claim(hub, code, browser), filled=again), 400
    return flask.render_template("setup_registration.html", new=new, direction=direction, code=code)


@blueprint.get("/<code>/tool")
def tool_form(code: str) -> str:
    """The form for an LMS whose courses the hub opens."""
    setup_steps.claim(current_hub(), code, read_cookie(COOKIE))
    return _form("setup_tool.html", code, Filled())


@blueprint.post("/<code>/tool")
def enter_tool(code: str) -> flask.typing.ResponseReturnValue:
    """Connect it. Form: ``login_url``, ``launch_url``, ``jwks_url``, ``deep_linking_url`` (may be empty)."""
    filled = read_form([*TOOL_FIELDS, "deep_linking_url"])
    settings = {**filled.values, "deep_linking_url": filled.values["deep_linking_url"] or None}
    try:
        setup_steps.enter_tool(current_hub(), code, read_cookie(COOKIE), **settings)
    except HubError as error:
        again = refused(filled, error, FIELDS_OF_CODES, _missing(filled, TOOL_FIELDS, error))
        return _form("setup_tool.html", code, again), 400
    flask.flash("Saved. Now enter the values of the hub in your LMS.")
    return back(code)


@blueprint.get("/<code>/platform")
def platform_form(code: str) -> str:
    """The form for an LMS that opens courses of the hub."""
    setup_steps.claim(current_hub(), code, read_cookie(COOKIE))
    return _form("setup_platform.html", code, Filled())


@blueprint.post("/<code>/platform")
def enter_platform(code: str) -> flask.typing.ResponseReturnValue:
    """Connect it. Form: the fields of PLATFORM_FIELDS, and ``deployment_id`` (may be empty)."""
    filled = read_form([*PLATFORM_FIELDS, "deployment_id"])
    settings = {name: value for name, value in filled.values.items() if value or name != "deployment_id"}
    try:
        made = setup_steps.enter_platform(current_hub(), code, read_cookie(COOKIE), **settings)
    except HubError as error:
        again = refused(filled, error, FIELDS_OF_CODES, _missing(filled, PLATFORM_FIELDS, error))
        return _form("setup_platform.html", code, again), 400
    if made:  # else the steps say what it waits for
        flask.flash("Saved. Now try it.")
    return back(code)


@blueprint.post("/<code>/try")
def try_it(code: str) -> str:
    """Do the exchange and show each step."""
    hub, browser = current_hub(), read_cookie(COOKIE)
    exchange = setup_steps.try_connection(hub, code, browser)
    return _steps(code, setup_steps.claim(hub, code, browser), exchange)


@blueprint.post("/<code>/finish")
def finish(code: str) -> str:
    """The work is done; the link opens nothing any more."""
    link = setup_steps.finish(current_hub(), code, read_cookie(COOKIE))
    return flask.render_template("setup_done.html", link=link)


def _steps(code: str, link: SetupLink, exchange: Exchange | None = None, filled: Filled | None = None) -> str:
    with current_hub().reading() as uow:
        checklist = read_checklist(uow, link)
        tool = tool_part(uow, link.connection_id) if link.connection_id else None
        platform = platform_part(uow, link.connection_id) if link.connection_id else None
        waiting = waiting_of_link(uow, link.id)
    if "sign_in" in link.parts:
        allow_leaving()  # the trial leads to the provider
    return flask.render_template(
        "setup.html",
        code=code,
        link=link,
        checklist=checklist,
        tool=tool,
        platform=platform,
        waiting=waiting,
        explain=explain,
        exchange=exchange,
        filled=filled or Filled(),
        labels=LABELS,
    )


def _form(template: str, code: str, filled: Filled) -> str:
    settings = current_hub().settings
    return flask.render_template(
        template, code=code, filled=filled, labels=LABELS, hub_as_tool=hub_as_tool(settings, "")
    )


def _missing(filled: Filled, names: tuple[str, ...], error: HubError) -> dict[str, list[str]]:
    """What is missing, where the refusal is about the form at all."""
    return missing(filled, names) if error.problems else {}


def back(code: str) -> Response:
    """To the page of the link."""
    return flask.redirect(flask.url_for("setup.page", code=code), 303)
