"""The page of a partner admin about tokens of the company's programs."""

import flask
from werkzeug import Response

from hub.access.reach import Reach
from hub.web import token_desk
from hub.web.language import _
from hub.web.partner.own_partner import own_partner
from hub.web.token_desk import TokenDesk
from hub.web.viewer import current_viewer, require_sign_in

blueprint = flask.Blueprint("partner_tokens", __name__, url_prefix="/partner/tokens")
blueprint.before_request(require_sign_in)


@blueprint.get("")
def page() -> str:
    """The list and the form. Query: ``partner``, an id."""
    return token_desk.list_page(_desk())


@blueprint.post("")
def make() -> flask.typing.ResponseReturnValue:
    """Make one."""
    return token_desk.make(_desk())


@blueprint.post("/<token_id>/revoke")
def revoke(token_id: str) -> Response:
    """End one."""
    return token_desk.revoke(_desk(), token_id)


def _desk() -> TokenDesk:
    partner_id = own_partner("partner_tokens")
    name = current_viewer().partners.get(partner_id, "")
    return TokenDesk(
        Reach("partner", partner_id),
        blueprint.name,
        _("Tokens of programs"),
        _(
            "A program with a token sees the locations and the people of your company, and nothing of other companies."
        ),
        (_("People at %(partner)s", partner=name), flask.url_for("partner_people.page", partner=partner_id)),
        (("partner", partner_id),),
    )
