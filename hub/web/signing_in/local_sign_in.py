"""Accounts of the hub's own: signing in with a passkey or a password, invitations, and getting back in by mail."""

from collections.abc import Mapping

import flask
from werkzeug import Response

from hub.errors import HubError
from hub.flask_hub import current_hub
from hub.sso.arrive import SignedIn
from hub.sso.browser import browser_token, device, forget_forms, keep_browser, let_in
from hub.sso.cookies import SESSION, read_cookie, set_cookie
from hub.sso.local import opening, sign_in
from hub.sso.local.links import LinkKind
from hub.sso.local.passkeys import is_possible, read_answer
from hub.sso.local.recovery import ask_to_recover
from hub.sso.local.sign_in import Arrival
from hub.sso.return_to import HOME, local_path
from hub.sso.wishes import wishes_of
from hub.web.admin.form import Filled, refused
from hub.web.viewer import current_session, load_viewer

blueprint = flask.Blueprint("local_sign_in", __name__)

FIELDS = {"wrong_password": "password", "too_many_passwords": "password"}
"""The field of each refusal that the sign-in form shows beside it; all others are pages of their own."""
LABELS = {"password": "Password", "email": "E-mail"}


@blueprint.get("/sign-in/local")
def page() -> str:
    """The form, also for whoever is signed in: to prove it once more. Query: ``return_to``."""
    return_to = local_path(flask.request.args.get("return_to"))
    return _form(Filled({"email": wishes_of(current_hub(), return_to).login_hint}), return_to)


@blueprint.post("/sign-in/local")
def with_password() -> flask.typing.ResponseReturnValue:
    """Sign in. Form: ``email``, ``password``, ``return_to``."""
    form = flask.request.form
    return_to, email = local_path(form.get("return_to")), form.get("email", "")
    try:
        signed_in = sign_in.sign_in_with_password(
            current_hub(), email, form.get("password", ""), _address(), _arrival(return_to)
        )
    except HubError as error:
        again = refused(Filled({"email": email}), error, FIELDS, {})
        return _form(again, return_to), error.status
    return let_in(signed_in)


@blueprint.post("/sign-in/local/passkey/options")
def ask_passkey() -> Response:
    """What the browser asks its passkeys."""
    browser = browser_token()
    return _options(sign_in.begin_passkey(current_hub(), browser, _address()), browser)


@blueprint.post("/sign-in/local/passkey")
def with_passkey() -> Response:
    """Sign in with a passkey's answer, as JSON; where to go, as JSON."""
    answer = read_answer(flask.request.get_data())
    told = answer.get("return_to")
    arrival = _arrival(local_path(told if isinstance(told, str) else ""))
    return _let_in_script(
        sign_in.sign_in_with_passkey(current_hub(), browser_token(), answer, _address(), arrival)
    )


@blueprint.get("/recover")
def recover() -> str:
    """Ask for the e-mail address to which the way back in goes."""
    return flask.render_template("local/recover.html", asked=False)


@blueprint.post("/recover")
def ask_recovery() -> str:
    """The same answer for every address. Form: ``email``."""
    ask_to_recover(current_hub(), flask.request.form.get("email", ""), _address())
    return flask.render_template("local/recover.html", asked=True)


@blueprint.get("/invitation/<code>", defaults={"kind": "invitation"})
@blueprint.get("/recover/<code>", defaults={"kind": "recovery"})
def link(kind: LinkKind, code: str) -> str:
    """Choose a passkey or a password. Opening the page uses nothing up: mail programs open links to look at them."""
    return _choose(kind, code, Filled())


@blueprint.post("/invitation/<code>", defaults={"kind": "invitation"})
@blueprint.post("/recover/<code>", defaults={"kind": "recovery"})
def choose_password(kind: LinkKind, code: str) -> flask.typing.ResponseReturnValue:
    """Set a password, and be signed in. Form: ``password``."""
    password = flask.request.form.get("password", "")
    try:
        signed_in = opening.open_with_password(
            current_hub(), kind, code, password, _address(), _arrival(HOME)
        )
    except HubError as error:
        return _choose(kind, code, refused(Filled(), error, {}, {})), error.status
    return let_in(signed_in)


@blueprint.post("/invitation/<code>/passkey/options", defaults={"kind": "invitation"})
@blueprint.post("/recover/<code>/passkey/options", defaults={"kind": "recovery"})
def ask_new_passkey(kind: LinkKind, code: str) -> Response:
    """What the browser is asked to make."""
    browser = browser_token()
    return _options(opening.begin_passkey(current_hub(), kind, code, browser, _address()), browser)


@blueprint.post("/invitation/<code>/passkey", defaults={"kind": "invitation"})
@blueprint.post("/recover/<code>/passkey", defaults={"kind": "recovery"})
def choose_passkey(kind: LinkKind, code: str) -> Response:
    """Keep the passkey that was made, as JSON, and be signed in; where to go, as JSON."""
    answer = read_answer(flask.request.get_data())
    hub, browser = current_hub(), browser_token()
    return _let_in_script(
        opening.open_with_passkey(hub, kind, code, browser, answer, _address(), _arrival(HOME))
    )


def script_options(options: str, browser: str) -> Response:
    """What ``passkeys.js`` asks the browser, bound to it by its cookie."""
    return _options(options, browser)


def _form(filled: Filled, return_to: str) -> str:
    viewer = load_viewer() if current_session() else None
    return flask.render_template(
        "local/sign_in.html",
        filled=filled,
        labels=LABELS,
        return_to=return_to,
        has_passkeys=is_possible(current_hub().settings),
        signed_in=viewer and viewer.person.name,
    )


def _choose(kind: LinkKind, code: str, filled: Filled) -> str:
    hub = current_hub()
    found = opening.look(hub, kind, code, _address())
    return flask.render_template(
        "local/open.html",
        kind=kind,
        code=code,
        filled=filled,
        labels=LABELS,
        opening=found,
        has_passkeys=is_possible(hub.settings),
    )


def _address() -> str:
    return flask.request.remote_addr or ""


def _arrival(return_to: str) -> Arrival:
    return Arrival(read_cookie(SESSION), device(), return_to)


def _options(options: str, browser: str) -> Response:
    response = flask.make_response(options)
    response.mimetype = "application/json"
    response.headers["Cache-Control"] = "no-store"
    keep_browser(response, browser)
    return response


def _let_in_script(signed_in: SignedIn) -> Response:
    """As ``let_in``, for a script, which goes there itself."""
    forget_forms()
    told: Mapping[str, str] = {"location": signed_in.return_to}
    response = flask.jsonify(told)
    response.headers["Cache-Control"] = "no-store"
    set_cookie(response, SESSION, signed_in.token)
    return response
