"""Plugins that run elsewhere: connecting one, sending it what it is asked, and knowing that an answer is its own."""

import base64
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from hub.access.api_tokens import OPINIONS, Unauthorized, make_api_token, revoke_api_token
from hub.access.reach import OPERATOR
from hub.access.tables import api_token
from hub.audiences.remote.questions import REMOTE_ASKED
from hub.audiences.remote.remote_plugins import (
    PREFIX,
    RemotePlugin,
    add_remote_plugin,
    end_remote_plugin,
    list_remote_plugins,
    missing,
)
from hub.audiences.tables import remote_plugin
from hub.ids import derived_id
from hub.journal import CHANGES, Reader
from hub.journal.outbox import WAITING, enqueue_all
from hub.journal.tables import outbox
from hub.notify.webhooks.send import signed
from hub.notify.webhooks.subscriptions import (
    ASKED,
    add_webhook,
    effect_of,
    end_webhook,
    in_force,
    new_secret,
    receiver_of,
)
from hub.notify.webhooks.tables import webhook
from hub.sealing import Sealer
from hub.store import UnitOfWork

AT_ONCE = 50
"""People in one message."""
CLOCKS = timedelta(minutes=5)
"""How far the clocks may be apart, as Standard Webhooks 1.0 has it."""


class Connected(NamedTuple):
    """What the other party needs; both are shown once."""

    webhook_id: str
    secret: str
    token: str


def connect_remote_plugin(uow: UnitOfWork, name: str, url: str, *, actor_id: str | None = None) -> Connected:
    """Let the party at ``url`` be asked as the plugin ``remote:NAME``. BadInput and Conflict as its parts raise them."""
    made = make_api_token(uow, OPERATOR, [OPINIONS], f"remote plugin {name}"[:100], actor_id=actor_id)
    add_remote_plugin(uow, name, made.id, actor_id=actor_id)
    secret = new_secret()
    label = f"remote plugin {name}"
    webhook_id = add_webhook(
        uow, OPERATOR, url, [ASKED], secret, label, actor_id=actor_id, token_id=made.id, asks=name
    )
    return Connected(webhook_id, secret, made.token)


def disconnect_remote_plugin(uow: UnitOfWork, name: str, *, actor_id: str | None = None) -> bool:
    """Ask it nothing more; its token and its webhook end with it. False when it had ended. Missing ``no_remote_plugin``."""
    if not end_remote_plugin(uow, name, actor_id=actor_id):
        return False
    asking = sa.select(webhook.c.id).where(webhook.c.asks == name, in_force())
    for webhook_id in uow.connection.scalars(asking).all():
        end_webhook(uow, OPERATOR, webhook_id, actor_id=actor_id)
    made = remote_plugin.join(api_token, api_token.c.id == remote_plugin.c.token_id)
    good = sa.and_(remote_plugin.c.name == name, api_token.c.revoked_at.is_(None))
    for token_id in uow.connection.scalars(sa.select(api_token.c.id).select_from(made).where(good)).all():
        revoke_api_token(uow, token_id, actor_id=actor_id)
    return True


@dataclass(frozen=True)
class Disconnection:
    """What ends with a remote plugin: questions without an answer, and messages that wait to be sent to it."""

    plugin: RemotePlugin
    messages: int


def plan_disconnection(uow: UnitOfWork, name: str) -> Disconnection | None:
    """What ``disconnect_remote_plugin`` would end; None when it has ended. Reads only; Missing ``no_remote_plugin`` as there."""
    row = uow.find(remote_plugin, name=name)
    if row is None:
        raise missing()
    if row.ended_at is not None:
        return None
    asking = sa.select(webhook.c.id).where(webhook.c.asks == name, in_force())
    receivers = [receiver_of(id) for id in uow.connection.scalars(asking)]
    messages = sa.select(sa.func.count()).select_from(outbox)
    messages = messages.where(outbox.c.receiver.in_(receivers), outbox.c.state == WAITING)
    plugin = next(each for each in list_remote_plugins(uow) if each.name == name)
    return Disconnection(plugin, uow.connection.scalar(messages) or 0)


def enqueue_questions(uow: UnitOfWork, changes: Sequence[sa.Row[Any]]) -> None:
    """Send what was asked to whom it is for, many people in a message; the handler of the reader ``remote_questions``."""
    asking = sa.select(webhook.c.id, webhook.c.asks).where(webhook.c.asks.is_not(None), in_force())
    told_to = {PREFIX + row.asks: row.id for row in uow.connection.execute(asking)}
    by_plugin: dict[str, list[sa.Row[Any]]] = {}
    for change in changes:
        if change.body["plugin"] in told_to:
            by_plugin.setdefault(change.body["plugin"], []).append(change)
    enqueue_all(
        uow,
        [
            effect_of(told_to[plugin], _name(some), _message(plugin, some))
            for plugin, rows in sorted(by_plugin.items())
            for some in (rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE))
        ],
    )


ask_remotely = Reader(
    "remote_questions", CHANGES, enqueue_questions, batch=500, kinds=frozenset({REMOTE_ASKED})
)


def check_signature(
    uow: UnitOfWork, name: str, headers: Mapping[str, str], body: bytes, now: datetime
) -> None:
    """Refuse an answer that its party did not sign as it is, or long ago. Unauthorized ``bad_signature``.

    Signed as questions are: Standard Webhooks 1.0, with the secret that was shown when the plugin was connected.
    """
    id, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    query = sa.select(webhook.c.sealed_secret).where(webhook.c.asks == name, in_force())
    sealed = uow.connection.scalar(query)
    if sealed is None or not id or not sent_at.isascii() or not sent_at.isdigit() or len(sent_at) > 12:
        raise _unsigned()
    if abs(int(sent_at) - now.timestamp()) > CLOCKS.total_seconds():
        raise _unsigned()
    secret = Sealer(uow.settings.secret_keys).open(sealed)
    expected = signed(secret, id, sent_at, body)["webhook-signature"].partition(",")[2]
    given = [each.partition(",") for each in headers.get("webhook-signature", "").split(" ")]
    if not any(kind == "v1" and _equal(mac, expected) for kind, _, mac in given):
        raise _unsigned()


def _equal(given: str, expected: str) -> bool:
    try:
        return hmac.compare_digest(base64.b64decode(given, validate=True), base64.b64decode(expected))
    except ValueError:
        return False


def _unsigned() -> Unauthorized:
    return Unauthorized(
        "bad_signature",
        "This answer is not signed as its remote plugin signs.",
        "Sign webhook-id, webhook-timestamp and the body with the secret of the remote plugin, with the time of now.",
    )


def _name(changes: Sequence[sa.Row[Any]]) -> str:
    """The same message, made again, is the same."""
    return derived_id("remote_question", changes[0].id, changes[-1].id)


def _message(plugin: str, changes: Sequence[sa.Row[Any]]) -> dict[str, Any]:
    questions = [
        {
            "person_id": change.person_id,
            "question": change.body["question_hash"],
            "candidates": change.body["candidates"],
        }
        for change in changes
    ]
    data = {"plugin": plugin.removeprefix(PREFIX), "questions": questions}
    return {"type": ASKED, "timestamp": changes[-1].at.isoformat(), "data": data}
