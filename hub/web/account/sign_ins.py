"""The part of the account page about a person's own sign-ins: which there are, adding one, removing one."""

import flask
from werkzeug import Response

from hub.errors import BadInput, Missing
from hub.flask_hub import current_hub
from hub.sso.begin import begin_sign_in
from hub.sso.browser import send_away
from hub.sso.flows import Purpose
from hub.sso.home_realm import find_sign_ins, read_choices
from hub.sso.linking import SignIn, is_recent, list_sign_ins, refuse_old, unlink_sign_in
from hub.sso.refusals import audited_refusal
from hub.web.viewer import own_session, require_sign_in

blueprint = flask.Blueprint("account_sign_ins", __name__, url_prefix="/account/sign-ins")
blueprint.before_request(require_sign_in)
ACCOUNT = "/account"


@blueprint.app_context_processor
def parts() -> dict[str, object]:
    """``own_sign_ins()`` for the account page, which reads when it is called."""
    return {"own_sign_ins": read_own}


def read_own() -> tuple[list[SignIn], bool]:
    """The ways in of whoever is signed in, and whether they may be changed without signing in again."""
    session = own_session()
    with current_hub().reading() as uow:
        return list_sign_ins(uow, session), is_recent(uow, session)


@blueprint.post("/again")
def again() -> Response:
    """Sign in once more at the connection of this session, so that sign-ins can be changed."""
    session = own_session()
    with current_hub().reading() as uow:
        this = next((each for each in list_sign_ins(uow, session) if each.is_this), None)
    if this is None or this.kind == "local":
        raise BadInput("no_sign_in", "The sign-in of this session is gone.", "Sign out, then sign in again.")
    return _away(this.slug, "again")


@blueprint.post("")
def add() -> Response:
    """Send the browser to prove another sign-in. Form: ``email``, whose domain chooses; or ``connection``, a slug."""
    hub, form = current_hub(), flask.request.form
    with audited_refusal(hub) as attempt, hub.reading() as uow:
        attempt.person_id = own_session().person_id
        refuse_old(uow, own_session())
        slug = form.get("connection", "")
        found = read_choices(uow, [slug]) if slug else find_sign_ins(uow, form.get("email", ""))
        found = [each for each in found if each.kind != "local"]
    if not found:
        raise Missing(
            "unknown_domain",
            "Nobody signs in with such an address here.",
            "Go back and check it, or ask that company's training administrator to connect the company.",
        )
    if len(found) > 1:
        page = flask.render_template("account_sign_in_choose.html", choices=found)
        return flask.make_response(page)
    return _away(found[0].slug, "link")


@blueprint.post("/remove")
def remove() -> Response:
    """Take a sign-in away. Form: ``connection``, a slug; ``form`` and ``subject``."""
    form, session, hub = flask.request.form, own_session(), current_hub()
    with audited_refusal(hub) as attempt:
        attempt.person_id = session.person_id
        with hub.unit_of_work() as uow:
            unlink_sign_in(
                uow, session, form.get("connection", ""), form.get("form", ""), form.get("subject", "")
            )
    flask.flash("The sign-in is removed.")
    return flask.redirect(ACCOUNT, 303)


def _away(slug: str, purpose: Purpose) -> Response:
    hub, person_id = current_hub(), own_session().person_id
    return send_away(
        lambda browser: begin_sign_in(hub, slug, browser, ACCOUNT, purpose=purpose, person_id=person_id)
    )
