"""What opens the own account of the hub: passkeys and the password, seen and changed by its owner."""

import flask
from werkzeug import Response

from hub.errors import HubError
from hub.flask_hub import current_hub
from hub.sso.browser import browser_token, device, redirect
from hub.sso.local import manage
from hub.sso.local.passkeys import is_possible, read_answer
from hub.sso.local.ways_in import WaysIn
from hub.web.admin.form import Filled, refused
from hub.web.signing_in.local_sign_in import script_options
from hub.web.viewer import current_viewer, own_session, require_sign_in

blueprint = flask.Blueprint("account_local", __name__, url_prefix="/account/local")
blueprint.before_request(require_sign_in)

LABELS = {"present": "Present password", "password": "New password"}
FIELDS = {"too_many_passwords": "present"}


@blueprint.app_context_processor
def _for_account_page() -> dict[str, object]:
    """``own_accounts()`` for the part of the account page that leads here."""
    return {"own_accounts": _own_accounts}


@blueprint.get("")
def page() -> str:
    """The own accounts, each with what opens it."""
    return _page("", Filled())


@blueprint.post("/<account_id>/password")
def change_password(account_id: str) -> flask.typing.ResponseReturnValue:
    """Set another password. Form: ``present`` (where there is one), ``password``."""
    form, address = flask.request.form, flask.request.remote_addr or ""
    try:
        manage.change_password(
            current_hub(),
            own_session(),
            account_id,
            form.get("present", ""),
            form.get("password", ""),
            address,
        )
    except HubError as error:
        return _page(account_id, refused(Filled(), error, FIELDS, {})), error.status
    return _back(
        "Your password is changed. Everybody else who was signed in with your account is signed out."
    )


@blueprint.post("/<account_id>/password/remove")
def remove_password(account_id: str) -> Response:
    """Let only passkeys open the account."""
    manage.forget_own_password(current_hub(), own_session(), account_id)
    return _back("Your password is removed. Your passkeys open your account.")


@blueprint.post("/<account_id>/passkey/options")
def ask_passkey(account_id: str) -> Response:
    """What the browser is asked to make."""
    browser = browser_token()
    return script_options(manage.begin_passkey(current_hub(), own_session(), account_id, browser), browser)


@blueprint.post("/<account_id>/passkey")
def add_passkey(account_id: str) -> Response:
    """Keep the passkey that was made; JSON, with ``name``. Where to go, as JSON."""
    answer = read_answer(flask.request.get_data())
    told = answer.get("name")
    name = told if isinstance(told, str) and told.strip() else device()
    manage.add_passkey(current_hub(), own_session(), account_id, browser_token(), answer, name)
    flask.flash("The passkey is added.")
    return flask.jsonify(location=flask.url_for("account_local.page"))


@blueprint.post("/<account_id>/passkey/<passkey_id>/rename")
def rename_passkey(account_id: str, passkey_id: str) -> Response:
    """Call a passkey something else. Form: ``name``."""
    name = flask.request.form.get("name", "")
    manage.rename_own_passkey(current_hub(), own_session(), account_id, passkey_id, name)
    return _back("The passkey has its new name.")


@blueprint.post("/<account_id>/passkey/<passkey_id>/remove")
def remove_passkey(account_id: str, passkey_id: str) -> Response:
    """Let a passkey open the account no more."""
    manage.remove_own_passkey(current_hub(), own_session(), account_id, passkey_id)
    return _back("The passkey is removed. Remove it on your device too; the hub cannot.")


def _page(account_id: str, filled: Filled) -> str:
    hub, session = current_hub(), own_session()
    current_viewer()
    return flask.render_template(
        "local/account.html",
        accounts=_own_accounts(),
        is_recent=manage.is_recent(hub, session),
        has_passkeys=is_possible(hub.settings),
        filled=filled,
        filled_account=account_id,
        labels=LABELS,
        device=device(),
    )


def _own_accounts() -> list[WaysIn]:
    with current_hub().reading() as uow:
        return manage.read_own(uow, own_session().person_id)


def _back(message: str) -> Response:
    flask.flash(message)
    return redirect(flask.url_for("account_local.page"))
