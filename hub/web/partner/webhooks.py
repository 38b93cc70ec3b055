"""The pages of a partner admin about addresses of the company's programs that are told of news."""

import flask
from werkzeug import Response

from hub.access.reach import Reach
from hub.web import webhook_desk
from hub.web.language import _
from hub.web.partner.own_partner import own_partner
from hub.web.viewer import current_viewer, require_sign_in
from hub.web.webhook_desk import WebhookDesk

blueprint = flask.Blueprint("partner_webhooks", __name__, url_prefix="/partner/webhooks")
blueprint.before_request(require_sign_in)


@blueprint.get("")
def webhooks() -> str:
    """The list and the form. Query: ``partner``, an id."""
    return webhook_desk.list_page(_desk())


@blueprint.post("")
def add_webhook() -> flask.typing.ResponseReturnValue:
    """Make one."""
    return webhook_desk.add(_desk())


@blueprint.get("/<webhook_id>")
def webhook(webhook_id: str) -> str:
    """One of them."""
    return webhook_desk.one_page(_desk(), webhook_id)


@blueprint.post("/<webhook_id>/<action>")
def do_webhook(webhook_id: str, action: str) -> Response:
    """Test it, send again, or end it."""
    return webhook_desk.do(_desk(), webhook_id, action)


def _desk() -> WebhookDesk:
    partner_id = own_partner("partner_webhooks")
    name = current_viewer().partners.get(partner_id, "")
    back = (
        _("People at %(partner)s", partner=name),
        flask.url_for("partner_people.page", partner=partner_id),
    )
    return WebhookDesk(
        Reach("partner", partner_id), blueprint.name, "desk.html", back, (("partner", partner_id),)
    )
