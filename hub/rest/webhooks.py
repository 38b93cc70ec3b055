"""Webhooks: who is told of news."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from hub.access.api_tokens import WEBHOOKS
from hub.notify.webhooks import subscriptions
from hub.rest.api import blueprint, looking
from hub.rest.asked import ById, IdPage
from hub.rest.caller import current_caller
from hub.rest.shapes import PageOf, Shape
from hub.rest.write_shapes import Body
from hub.rest.writing import Written, changed, current_writing

EventName = Literal["credit_granted", "credit_revoked", "completion_recognized"]


class Webhook(Shape):
    """An address that is told of news, and how much was not delivered yet."""

    id: str
    kind: Literal["operator", "partner"]
    partner_id: str | None
    url: str
    events: list[str]
    label: str
    created_at: datetime
    ended_at: datetime | None = Field(description="When it was ended, or the token revoked that made it.")
    waiting: int
    parked: int = Field(description="Given up, until it is sent again.")
    made_by: str = Field(
        description="The label of the token that made it; empty for people and for tokens without one."
    )


class Told(Shape):
    """One thing that a webhook was told, or is to be; `status` is that of HTTP."""

    id: str
    event: str
    state: Literal["waiting", "delivered", "parked", "superseded", "dismissed"]
    attempts: int
    created_at: datetime
    done_at: datetime | None
    status: int | None
    last_error: str


class Deliveries(Shape):
    """The last of them, the newest first."""

    items: list[Told]


class Webhooks(PageOf[Webhook]):
    """Webhooks, in the order of their ids."""


class NewWebhook(Body):
    """An address to be told of news."""

    url: str = Field(max_length=2_000)
    events: list[EventName] = Field(
        min_length=1, max_length=10, description="completion_recognized is for the hub's own tokens alone."
    )
    secret: str = Field(
        max_length=200, description="`whsec_` and 24 to 64 random bytes in base64: signs what is sent."
    )
    label: str = Field("", max_length=100)


class Resent(Shape):
    """What was parked and is tried again."""

    outcome: Literal["changed", "unchanged"]
    deliveries: int


@blueprint.reads("/webhooks", Webhooks, WEBHOOKS, "Webhooks")
def list_webhooks(query: IdPage) -> Webhooks:
    """Webhooks, also those that ended."""
    with looking() as (uow, sight):
        page = subscriptions.list_webhooks(uow, sight.reach, query.page())
    return Webhooks.model_validate(page)


@blueprint.reads("/webhooks/<id>", Webhook, WEBHOOKS, "Webhooks")
def read_webhook(path: ById) -> Webhook:
    """One webhook."""
    with looking() as (uow, sight):
        return Webhook.model_validate(subscriptions.read_webhook(uow, sight.reach, path.id))


@blueprint.reads("/webhooks/<id>/deliveries", Deliveries, WEBHOOKS, "Webhooks")
def list_deliveries(path: ById) -> Deliveries:
    """What a webhook was told last, and what it is to be told."""
    with looking() as (uow, sight):
        told = subscriptions.list_told(uow, sight.reach, path.id)
    return Deliveries(items=[Told.model_validate(each) for each in told])


@blueprint.writes("/webhooks", Written, WEBHOOKS, "Webhooks")
def add_webhook(body: NewWebhook) -> Written:
    """Let an address be told of news from now on, as far as the token's owner sees, until the token is revoked."""
    now = current_writing()
    id = subscriptions.add_webhook(
        now.uow,
        now.sight.reach,
        body.url,
        body.events,
        body.secret,
        body.label,
        actor_id=now.actor_id,
        token_id=current_caller().token_id,
    )
    return Written(outcome="created", id=id)


@blueprint.writes("/webhooks/<id>/end", Written, WEBHOOKS, "Webhooks")
def end_webhook(path: ById) -> Written:
    """Tell an address nothing more."""
    now = current_writing()
    did = subscriptions.end_webhook(now.uow, now.sight.reach, path.id, actor_id=now.actor_id)
    return changed(path.id, did)


@blueprint.writes("/webhooks/<id>/test", Written, WEBHOOKS, "Webhooks")
def try_webhook(path: ById) -> Written:
    """Send something that says nothing, to try the receiver."""
    now = current_writing()
    subscriptions.try_webhook(now.uow, now.sight.reach, path.id, actor_id=now.actor_id)
    return changed(path.id, did=True)


@blueprint.writes("/webhooks/<id>/resend", Resent, WEBHOOKS, "Webhooks")
def resend_parked(path: ById) -> Resent:
    """Try again everything that was given up."""
    now = current_writing()
    count = subscriptions.resend_parked(now.uow, now.sight.reach, path.id, actor_id=now.actor_id)
    return Resent(outcome="changed" if count else "unchanged", deliveries=count)
