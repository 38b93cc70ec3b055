"""Webhooks of everybody, for operators."""

import flask
from werkzeug import Response

from hub.access.reach import OPERATOR
from hub.web import webhook_desk
from hub.web.admin.blueprint import blueprint
from hub.web.webhook_desk import WebhookDesk

DESK = WebhookDesk(OPERATOR, "admin", "admin/desk.html")


@blueprint.get("/webhooks")
def webhooks() -> str:
    """The list and the form."""
    return webhook_desk.list_page(DESK)


@blueprint.post("/webhooks")
def add_webhook() -> flask.typing.ResponseReturnValue:
    """Make one of the hub's own."""
    return webhook_desk.add(DESK)


@blueprint.get("/webhooks/<webhook_id>")
def webhook(webhook_id: str) -> str:
    """One of them."""
    return webhook_desk.one_page(DESK, webhook_id)


@blueprint.post("/webhooks/<webhook_id>/<action>")
def do_webhook(webhook_id: str, action: str) -> Response:
    """Test it, send again, or end it."""
    return webhook_desk.do(DESK, webhook_id, action)
