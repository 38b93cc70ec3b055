"""Tokens of programs that use the REST interface: which there are, making one, and refusing one."""

from typing import TYPE_CHECKING

import flask
from werkzeug import Response

from hub.access.api_tokens import OF_PERSON, SCOPES, list_api_tokens, make_api_token, revoke_api_token
from hub.access.reach import OPERATOR, Reach
from hub.errors import BadInput, HubError, Problem
from hub.flask_hub import current_hub
from hub.ids import is_id
from hub.network.views import find_by_email, find_partner, list_partner_names
from hub.web.admin.blueprint import blueprint
from hub.web.admin.form import Filled, missing, read_form, refuse_incomplete, refused
from hub.web.token_desk import end_of_day
from hub.web.viewer import current_viewer

if TYPE_CHECKING:
    from hub.store import UnitOfWork

LABELS = {
    "label": "What it is for",
    "kind": "How far it reaches",
    "partner": "Partner",
    "person": "Person",
    "scopes": "What it may be used for",
    "expires_at": "Good until",
}
KINDS = {"operator": "Everything", "partner": "One partner’s side", "person": "What one person may see"}
FIELDS_OF_CODES = {"no_partner": "partner", "no_person": "person", "person_disabled": "person"}
PAGE = 50
DOCUMENT = "/api/v1/"


@blueprint.get("/api-tokens")
def api_tokens() -> str:
    """All tokens, and the form for one more. Query: ``after``, where to go on."""
    return _page(Filled({"kind": "partner"}), ())


@blueprint.post("/api-tokens")
def make_token_for_api() -> flask.typing.ResponseReturnValue:
    """Make a token and show it, this once. Form: as LABELS; ``scopes`` several."""
    filled, scopes = (
        read_form([name for name in LABELS if name != "scopes"]),
        flask.request.form.getlist("scopes"),
    )
    needed = [name for name in ("partner", "person") if name == filled.values["kind"]]
    empty = missing(filled, needed)
    try:
        ends = end_of_day(filled.values["expires_at"])
        with current_hub().unit_of_work() as uow:
            reach = OPERATOR if empty else _reach(uow, filled)
            actor_id = current_viewer().person.id
            new = make_api_token(uow, reach, scopes, filled.values["label"], ends, actor_id=actor_id)
            refuse_incomplete(empty)
    except HubError as error:
        return _page(refused(filled, error, FIELDS_OF_CODES, empty), scopes), 400
    page = flask.render_template(
        "admin/api_token_made.html", token=new.token, address=current_hub().settings.url(DOCUMENT)
    )
    response = flask.make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/api-tokens/<token_id>/revoke")
def revoke_token_of_api(token_id: str) -> Response:
    """Refuse a token from now on."""
    with current_hub().unit_of_work() as uow:
        revoke_api_token(uow, token_id, actor_id=current_viewer().person.id)
    flask.flash("The token is revoked. Whoever sends it is refused from now on.")
    return flask.redirect(flask.url_for("admin.api_tokens"), 303)


def _page(filled: Filled, scopes: tuple[str, ...] | list[str]) -> str:
    with current_hub().reading() as uow:
        rows = list_api_tokens(uow, flask.request.args.get("after", ""), PAGE + 1)
        partners = list_partner_names(uow)
    return flask.render_template(
        "admin/api_tokens.html",
        rows=rows[:PAGE],
        more=rows[PAGE - 1].id if len(rows) > PAGE else "",
        filled=filled,
        chosen=scopes,
        partners=partners,
        labels=LABELS,
        kinds=KINDS,
        scopes=SCOPES,
        of_person=OF_PERSON,
        document=DOCUMENT,
        today=current_hub().clock.now().date(),
    )


def _reach(uow: "UnitOfWork", filled: Filled) -> Reach:
    kind = filled.values["kind"]
    if kind == "partner":
        return Reach("partner", find_partner(uow, filled.values["partner"]))
    if kind == "person":
        return Reach("person", _find_person(uow, filled.values["person"]))
    if kind == "operator":
        return OPERATOR
    raise BadInput("bad_token", "Choose how far it reaches.", problems=[Problem("choose one", "kind")])


def _find_person(uow: "UnitOfWork", words: str) -> str:
    """The person with this id, or the only one with this address."""
    if is_id(words):
        return words
    found = find_by_email(uow, words)
    if len(found) != 1:
        told = "nobody has this address, or several people have it"
        raise BadInput("bad_token", "It is not clear whom you mean.", problems=[Problem(told, "person")])
    return found[0]
