"""Where a launch from an LMS ends: a session in the browser, and on to what was asked for."""

import flask
from werkzeug import Response

from hub.errors import NotAllowed
from hub.flask_hub import current_hub
from hub.lti.launch import start_launch
from hub.lti.tool.attempt import Attempt, audited_refusal
from hub.lti.tool.entries import LINK_LIFETIME, Entry
from hub.lti.tool.linking import Opened, open_entry
from hub.lti.tool.routes import held_code, is_own_form
from hub.network.people.identities import LTI_SUBJECT
from hub.sso.browser import device
from hub.sso.cookies import SESSION, read_cookie, set_cookie
from hub.sso.sessions import Proved, end_session, start_session
from hub.sso.tokens import token_hash
from hub.xapi.cmi5.launch import open_course

blueprint = flask.Blueprint("lti_open", __name__)

LINK = "hub_link"
"""The cookie that binds the page of a link code to this browser."""


@blueprint.get("/lti/open")
def open_window() -> Response:
    """From a launch in this window: half of the code is in the address, half in this browser's cookie."""
    return _open(held_code(flask.request.args.get("code", "")))


@blueprint.post("/lti/open")
def open_from_frame() -> Response:
    """From the button of the hub's own page in a frame, where no cookie could be set."""
    if not is_own_form():
        current_hub().audit_refusal("lti_entry", "foreign_form")
        raise NotAllowed(
            "foreign_form",
            "This form does not come from the training hub.",
            "Go back to your learning system and open the link again.",
        )
    return _open(flask.request.form.get("code", ""))


def onward(entry: Entry, session_hash: str) -> str:
    """The address of what a launch opens, for the person of the entry in the web session with this hash.

    A course leads on into its own LMS at once; a path to its page here; everything else to My training.
    """
    hub = current_hub()
    if entry.person_id and entry.target_kind == "offering" and entry.target_id:
        address = open_course(hub, entry.person_id, entry.target_id)
        return address or start_launch(hub, entry.person_id, entry.target_id, session_hash).address
    if entry.target_kind == "path" and entry.placement_id:
        return f"/placed/{entry.placement_id}"
    return "/my-training"


def _open(code: str) -> Response:
    hub = current_hub()
    with audited_refusal(hub, Attempt("lti_entry")), hub.unit_of_work() as uow:
        opened = open_entry(uow, code)
        token = ""
        if opened.entry.person_id is not None:
            end_session(uow, read_cookie(SESSION))
            proved = Proved(opened.entry.connection_id, LTI_SUBJECT, "")
            token = start_session(uow, opened.entry.person_id, proved, device())
    if not token:
        return _ask_who(opened)
    if flask.session:
        flask.session.clear()  # such as a form token that somebody else knows
    response = _redirect(onward(opened.entry, token_hash(token)))
    set_cookie(response, SESSION, token)
    return response


def _ask_who(opened: Opened) -> Response:
    response = _redirect(f"/link/{opened.link_code}")
    set_cookie(response, LINK, opened.browser, max_age=int(LINK_LIFETIME.total_seconds()))
    return response


def _redirect(address: str) -> Response:
    response = flask.redirect(address, 303)
    response.headers["Cache-Control"] = "no-store"
    return response
