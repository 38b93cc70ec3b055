"""Endpoints of the hub as SAML identity provider. All are for systems: none takes a form token of the hub's pages.

What cannot be told to a system is a HubError; one handler turns it into a page.
"""

from typing import cast
from urllib.parse import urlencode

import flask
from werkzeug import Response

from hub.errors import HubError, NotAllowed
from hub.flask_hub import current_hub
from hub.limits import Limit
from hub.runtime import Hub
from hub.sso.browser import browser_token, keep_browser, redirect
from hub.sso.cookies import FLOW, SESSION, read_cookie
from hub.sso.limits import refuse_flood
from hub.sso.provider.again import sign_in_again
from hub.sso.provider.refusals import keep_refusal
from hub.sso.saml.consume import decode_form
from hub.sso.saml.form_post import FormPost, form_page
from hub.sso.saml.posted_form import read_posted
from hub.sso.saml_provider.describe import METADATA_PATH, SLO_PATH, SSO_PATH, idp_metadata
from hub.sso.saml_provider.leaving import OVER, PAGE, next_address, read_tour
from hub.sso.saml_provider.logout import ACTION as LOGOUT
from hub.sso.saml_provider.logout import take_logout as end_sessions
from hub.sso.saml_provider.messages import Received, from_form, from_redirect
from hub.sso.saml_provider.refusals import not_trusted
from hub.sso.saml_provider.sign_in import (
    Answer,
    Posted,
    answer,
    receive,
    unsolicited,
)
from hub.sso.saml_provider.waiting import keep_request, take_up
from hub.sso.sessions import Session
from hub.sso.waiting import ACTION

blueprint = flask.Blueprint("saml_provider", __name__, template_folder="templates")

REQUESTS = Limit("saml_request", 300, 60)
"""Messages per minute and network address; a whole dealership may share one address on a Monday morning."""
MAX_STATE = 100


@blueprint.get(METADATA_PATH)
def metadata() -> Response:
    """What the hub says about itself to every system; the address is its entity id."""
    response = flask.make_response(idp_metadata(_hub()))
    response.mimetype = "application/samlmetadata+xml"
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@blueprint.get(SSO_PATH)
def ask() -> Response:
    """An AuthnRequest in the address (HTTP-Redirect)."""
    hub = _hub()
    asked = receive(hub, _from_address(hub, ACTION), _address())
    return _next(answer(hub, asked, _session(), _address()))


@blueprint.post(SSO_PATH)
def ask_by_form() -> Response:
    """An AuthnRequest in a form. Browsers send no cookie with a form of another site, but with the page this leads to."""
    hub = _hub()
    _, posted, relay_state = _read_form(hub, ACTION, "SAMLRequest")
    asked = receive(hub, _from_form(hub, ACTION, posted, relay_state), _address())
    return redirect(flask.url_for("saml_provider.resume", code=keep_request(hub, asked, None, _address())))


@blueprint.get("/saml/resume/<code>")
def resume(code: str) -> Response:
    """Back to a request for which somebody had to sign in first, or that came by form."""
    hub = current_hub()
    waiting = take_up(hub, code)
    return _next(answer(hub, waiting.asked, _session(), _address(), waiting))


@blueprint.get("/saml/open/<client_id>")
def open_system(client_id: str) -> Response:
    """Open a system from here, with an answer that it did not ask for, where that is switched on."""
    hub, session = _hub(), _session()
    asked = unsolicited(hub, client_id, _address())
    if session is None:
        return redirect(f"/sign-in?{urlencode({'return_to': flask.request.path})}")
    return _next(answer(hub, asked, session, _address()))


@blueprint.get(SLO_PATH)
def take_logout() -> Response:
    """A system's LogoutRequest in the address, or its answer to one of the hub."""
    hub = _hub()
    if "SAMLResponse" in flask.request.args:
        return _onward(hub, flask.request.args.get("RelayState", ""))
    return _onward(hub, end_sessions(hub, _from_address(hub, LOGOUT), _address()))


@blueprint.post(SLO_PATH)
def take_posted_logout() -> Response:
    """The same in a form. Browsers send no cookie with it, but with the page this leads to."""
    hub = _hub()
    kind, posted, relay_state = _read_form(hub, LOGOUT, "SAMLRequest", "SAMLResponse")
    state = relay_state[:MAX_STATE]
    if kind != "SAMLResponse":
        state = end_sessions(hub, _from_form(hub, LOGOUT, posted, relay_state), _address())
    return redirect(flask.url_for("saml_provider.sign_out_next", state=state) if state else OVER)


@blueprint.get(f"{PAGE}/<state>")
def sign_out_page(state: str) -> flask.typing.ResponseReturnValue:
    """From the hub's own sign-out on to the systems: the page goes on by itself, for no form may lead there."""
    hub = current_hub()
    with hub.reading() as uow:
        tour = read_tour(hub, uow, state, read_cookie(FLOW))
    if tour is None:
        return redirect(OVER)
    return flask.render_template("saml_provider/sign_out.html", onward=f"{PAGE}/{state}/next")


@blueprint.get(f"{PAGE}/<state>/next")
def sign_out_next(state: str) -> Response:
    """To the next system that is told."""
    return _onward(_hub(), state)


def _onward(hub: Hub, state: str) -> Response:
    browser = browser_token()
    response = redirect(next_address(hub, state[:MAX_STATE], browser, read_cookie(SESSION)))
    keep_browser(response, browser)
    return response


def _next(found: Answer) -> Response:
    if isinstance(found, Posted):
        carried = {"RelayState": found.relay_state} if found.relay_state else {}
        return form_page(FormPost(found.address, {"SAMLResponse": found.message} | carried), found.name)
    back = flask.url_for("saml_provider.resume", code=found.code)
    session = _session()
    if found.purpose != "sign_in" and session is not None:
        return sign_in_again(current_hub(), session, back, found.wishes, found.purpose)
    return redirect(f"/sign-in?{urlencode({'return_to': back})}")


def _from_address(hub: Hub, action: str) -> Received:
    try:
        return from_redirect(flask.request.query_string)
    except HubError as error:
        keep_refusal(hub, action, error, _address())
        raise


def _read_form(hub: Hub, action: str, *kinds: str) -> tuple[str, str, str]:
    """As ``read_posted``, which bounds a form before it is read, with an audit row for what it refuses."""
    try:
        return read_posted(*kinds)
    except NotAllowed as error:
        untrusted = not_trusted(error)
        keep_refusal(hub, action, untrusted, _address())
        raise untrusted from None


def _from_form(hub: Hub, action: str, posted: str, relay_state: str) -> Received:
    try:
        try:
            raw = decode_form(posted)
        except NotAllowed as error:
            raise not_trusted(error) from None
        return from_form(raw, relay_state)
    except HubError as error:
        keep_refusal(hub, action, error, _address())
        raise


def _hub() -> Hub:
    hub = current_hub()
    refuse_flood(hub, REQUESTS, _address())
    return hub


def _session() -> Session | None:
    return cast(Session | None, flask.g.get("session"))


def _address() -> str:
    return flask.request.remote_addr or ""
