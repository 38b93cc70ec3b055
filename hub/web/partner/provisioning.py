"""The page of a partner admin about the company's SCIM client: its address, tokens, and what it did lately."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import flask
from werkzeug import Response

from hub.access.roles import administered_partners
from hub.errors import BadInput, HubError
from hub.flask_hub import current_hub
from hub.sso.scim.names import PATH
from hub.sso.scim.partner_side import list_own_clients, make_own_token, revoke_own_token
from hub.sso.scim.words import WORDS
from hub.web.admin.form import Filled, read_form, refused
from hub.web.partner.own_partner import own_partner
from hub.web.viewer import current_viewer, require_sign_in

if TYPE_CHECKING:
    from hub.store import UnitOfWork

blueprint = flask.Blueprint("partner_provisioning", __name__, url_prefix="/partner/provisioning")
blueprint.before_request(require_sign_in)

ACTION = "partner_provisioning"
LABELS = {"label": "What the token is for"}


@blueprint.get("")
def page() -> str:
    """The company's clients. Query: ``partner``, an id."""
    return _page(Filled())


@blueprint.post("")
def make() -> flask.typing.ResponseReturnValue:
    """Make a token and show it, this once. Form: ``label``; ``client``, a slug, or empty for a new client."""
    filled, partner_id = read_form(LABELS), own_partner(ACTION)
    slug, admin_id = flask.request.form.get("client", ""), current_viewer().person.id
    try:
        with _unit(partner_id) as uow:
            new = make_own_token(uow, admin_id, partner_id, slug, filled.values["label"])
    except BadInput as error:
        return _page(refused(filled, error, {}, {})), 400
    shown = flask.render_template(
        "partner_provisioning_token.html",
        token=new.token,
        partner_id=partner_id,
        address=current_hub().settings.url(PATH),
    )
    response = flask.make_response(shown)
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/<slug>/<token_id>/revoke")
def revoke(slug: str, token_id: str) -> Response:
    """Refuse a token from now on. Form: ``partner``, an id."""
    partner_id = own_partner(ACTION)
    with _unit(partner_id) as uow:
        revoke_own_token(uow, current_viewer().person.id, partner_id, slug, token_id)
    flask.flash("The token is revoked. Whoever sends it is refused from now on.")
    return flask.redirect(flask.url_for("partner_provisioning.page", partner=partner_id), 303)


@contextmanager
def _unit(partner_id: str) -> "Iterator[UnitOfWork]":
    """A writing unit; what it refuses leaves one audit row."""
    hub = current_hub()
    try:
        with hub.unit_of_work() as uow:
            yield uow
    except HubError as error:
        hub.audit_refusal(ACTION, error.code, actor_id=current_viewer().person.id, partner_id=partner_id)
        raise


def _page(filled: Filled) -> str:
    partner_id, admin_id = own_partner(ACTION), current_viewer().person.id
    with current_hub().reading() as uow:
        clients = list_own_clients(uow, admin_id, partner_id)
        partners = administered_partners(uow, admin_id)
    return flask.render_template(
        "partner_provisioning.html",
        clients=clients,
        partners=partners,
        partner_id=partner_id,
        filled=filled,
        labels=LABELS,
        words=WORDS,
        address=current_hub().settings.url(PATH),
    )
