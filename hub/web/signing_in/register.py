"""Self-registration: a partner's page on which its people ask for an account."""

import flask

from hub.errors import HubError
from hub.flask_hub import current_hub
from hub.sso.local import register
from hub.sso.local.registration_pages import find_page
from hub.web.admin.form import Filled, read_form, refused
from hub.words.phrase import say

blueprint = flask.Blueprint("register", __name__, url_prefix="/register")

LABELS = {
    "given_name": say("Given name"),
    "family_name": say("Family name"),
    "email": say("Work e-mail"),
    "about": say("Where do you work, and as what?"),
}


@blueprint.get("/<slug>")
def form(slug: str) -> str:
    """The form."""
    return _page(slug, Filled())


@blueprint.post("/<slug>")
def send(slug: str) -> flask.typing.ResponseReturnValue:
    """Ask for an account; the same answer for every address. Form: the fields of LABELS."""
    filled = read_form(LABELS)
    try:
        register.register(current_hub(), slug, dict(filled.values), flask.request.remote_addr or "")
    except HubError as error:
        return _page(slug, refused(filled, error, {}, {})), error.status
    return _page(slug, filled, "sent")


@blueprint.get("/<slug>/<code>")
def confirm_page(slug: str, code: str) -> str:
    """Ask to confirm the address with a button: mail programs open links to look at them."""
    page = register.look(current_hub(), slug, code, flask.request.remote_addr or "")
    return flask.render_template("local/register.html", page=page, state="confirm", code=code)


@blueprint.post("/<slug>/<code>")
def confirm(slug: str, code: str) -> str:
    """The address is proved."""
    page = register.confirm(current_hub(), slug, code, flask.request.remote_addr or "")
    return flask.render_template("local/register.html", page=page, state="waits")


def _page(slug: str, filled: Filled, state: str = "form") -> str:
    with current_hub().reading() as uow:
        page = find_page(uow, slug)
    return flask.render_template(
        "local/register.html",
        page=page,
        state=state,
        filled=filled,
        labels=LABELS,
        email=filled.values.get("email"),
    )
