"""The own tokens: programs that act for somebody see what the person may see."""

import flask
from werkzeug import Response

from hub.access.reach import Reach
from hub.web import token_desk
from hub.web.language import _
from hub.web.token_desk import TokenDesk
from hub.web.viewer import current_viewer, require_sign_in

blueprint = flask.Blueprint("account_tokens", __name__, url_prefix="/account/tokens")
blueprint.before_request(require_sign_in)


@blueprint.get("")
def page() -> str:
    """The list and the form."""
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
    return TokenDesk(
        Reach("person", current_viewer().person.id),
        blueprint.name,
        _("Tokens of my programs"),
        _("A program with a token of yours sees what you see yourself, and can choose goals as you can."),
        (_("Your account"), flask.url_for("account.page")),
    )
