"""Webhooks on pages: who is told, the form for one more, and of each what it was told, a test, sending again and its end."""

from dataclasses import dataclass
from typing import Any

import flask
from werkzeug import Response

from hub.access.listing.pages_of import Asked
from hub.access.reach import Reach
from hub.errors import HubError, Missing
from hub.flask_hub import current_hub
from hub.ids import is_id
from hub.network.views import names_of_partners
from hub.notify.webhooks.subscriptions import (
    EVENTS,
    OF_PARTNER,
    add_webhook,
    end_webhook,
    list_told,
    list_webhooks,
    new_secret,
    read_webhook,
    resend_parked,
    try_webhook,
)
from hub.web.admin.form import Filled, read_form, refused
from hub.web.language import _
from hub.web.viewer import current_viewer
from hub.words.phrase import say

LABELS = {"url": "Address", "label": "What it is for", "events": "What it is told"}
FIELDS = ("url", "label")
STATES = {
    "waiting": say("Waiting"),
    "delivered": say("Delivered"),
    "parked": say("Given up"),
    "superseded": say("Superseded"),
    "dismissed": say("Dismissed"),
}


@dataclass(frozen=True)
class WebhookDesk:
    """Whose webhooks a page is about, and the blueprint and the layout of its pages. ``about`` is what its addresses need."""

    reach: Reach
    blueprint: str
    layout: str
    back: tuple[str, str] | None = None
    about: tuple[tuple[str, str], ...] = ()

    def url(self, view: str, **more: str) -> str:
        """The address of one of these pages."""
        values: dict[str, Any] = {**dict(self.about), **more}
        return flask.url_for(f"{self.blueprint}.{view}", **values)


def list_page(desk: WebhookDesk) -> str:
    """All webhooks, and the form for one more. Query: ``after``, where to go on."""
    return _page(desk, Filled(), ["credit_granted"])


def add(desk: WebhookDesk) -> flask.typing.ResponseReturnValue:
    """Make a webhook, and show the secret that signs what it is told, this once. Form: as LABELS; ``events`` several."""
    filled, events, secret = read_form(FIELDS), flask.request.form.getlist("events"), new_secret()
    said, actor_id = filled.values, current_viewer().person.id
    try:
        with current_hub().unit_of_work() as uow:
            id = add_webhook(uow, desk.reach, said["url"], events, secret, said["label"], actor_id=actor_id)
    except HubError as error:
        return _page(desk, refused(filled, error, {}, {}), events), 400
    response = flask.make_response(_show(desk, "webhook_made.html", id=id, secret=secret))
    response.headers["Cache-Control"] = "no-store"
    return response


def one_page(desk: WebhookDesk, webhook_id: str) -> str:
    """One webhook, and what it was told last."""
    with current_hub().reading() as uow:
        hook = read_webhook(uow, desk.reach, webhook_id)
        told = list_told(uow, desk.reach, webhook_id)
        partner = names_of_partners(uow, [hook.partner_id]) if hook.partner_id and desk.back is None else {}
    return _show(
        desk,
        "webhook.html",
        hook=hook,
        told=told,
        partner="".join(partner.values()),
        events=EVENTS,
        states=STATES,
        labels=LABELS,
    )


def do(desk: WebhookDesk, webhook_id: str, action: str) -> Response:
    """Send a test, send again what was given up, or end it."""
    actor_id = current_viewer().person.id
    with current_hub().unit_of_work() as uow:
        if action == "test":
            try_webhook(uow, desk.reach, webhook_id, actor_id=actor_id)
            flask.flash(_("A test is on its way. Load the page again in a moment to see whether it arrived."))
        elif action == "resend":
            resend_parked(uow, desk.reach, webhook_id, actor_id=actor_id)
            flask.flash(_("What was given up is tried again now."))
        elif action == "end":
            end_webhook(uow, desk.reach, webhook_id, actor_id=actor_id)
            flask.flash(_("The address is told nothing more."))
        else:
            raise Missing("not_found", "There is no such page.")
    return flask.redirect(desk.url("webhook", webhook_id=webhook_id), 303)


def _page(desk: WebhookDesk, filled: Filled, chosen: list[str]) -> str:
    after = flask.request.args.get("after", "")
    with current_hub().reading() as uow:
        page = list_webhooks(uow, desk.reach, Asked(after if is_id(after) else ""))
        names = names_of_partners(uow, [row.partner_id for row in page.items if row.partner_id])
    allowed = EVENTS if desk.back is None else {name: EVENTS[name] for name in EVENTS if name in OF_PARTNER}
    return _show(
        desk,
        "webhooks.html",
        names={} if desk.back else names,
        rows=page.items,
        more=page.next,
        filled=filled,
        chosen=chosen,
        labels=LABELS,
        events=allowed,
    )


def _show(desk: WebhookDesk, body: str, **values: Any) -> str:
    return flask.render_template(
        desk.layout, body=body, title=_("Webhooks"), section="webhooks", desk=desk, **values
    )
