"""Sending news to webhooks, signed as Standard Webhooks has it: a receiver that is down is left alone, and holds up nobody."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.errors import HubError, OutsideFailed
from hub.http import retry_after
from hub.journal import lanes
from hub.journal.lanes import Failure, Taken
from hub.logging import get_logger
from hub.notify.webhooks.subscriptions import PREFIX, WEBHOOK, in_force
from hub.notify.webhooks.tables import webhook
from hub.runtime import Hub

logger = get_logger(__name__)
BATCH = 8
IDLE_SECONDS = 0.5
_PASSING = frozenset({408, 425, 429})


@dataclass(frozen=True)
class WebhookSender:
    """An errand of the worker; any number of workers may have it."""

    hub: Hub

    def turn(self) -> bool:
        """Send some of what is due, one after the other; whether there was anything."""
        with self.hub.reading() as uow:
            if not lanes.has_due(uow, WEBHOOK):
                return False
        with self.hub.unit_of_work() as uow:
            taken = lanes.take(uow, WEBHOOK, BATCH)
        for each in taken:
            self._send(each)
        return bool(taken)

    def run(self, stop: threading.Event) -> None:
        """Send until ``stop`` is set."""
        while not stop.is_set():
            try:
                waited = not self.turn()
            except Exception:  # their leases end, and they are sent again
                logger.exception("webhooks_failed")
                waited = True
            if waited:
                stop.wait(IDLE_SECONDS)

    def _send(self, taken: Taken) -> None:
        with self.hub.unit_of_work() as uow:
            if not lanes.hold(uow, taken):  # the others took so long that somebody else has it
                return
            id = taken.delivery.receiver.partition(":")[2]
            query = sa.select(webhook).where(webhook.c.id == id, in_force())
            hook = uow.connection.execute(query).one_or_none()
        outcome = self._try(taken, hook)
        with self.hub.unit_of_work() as uow:
            if isinstance(outcome, Failure):
                lanes.settle_failed(uow, taken, outcome)
            else:
                lanes.settle_delivered(uow, taken, outcome)

    def _try(self, taken: Taken, hook: Any) -> int | Failure:
        """The status of the receiver's answer, or what went wrong."""
        if hook is None:
            return Failure("webhook_ended", "This webhook has ended.")
        try:
            body = json.dumps(
                {name: taken.delivery.body[name] for name in ("type", "timestamp", "data")}
            ).encode()
            sent_at = str(int(self.hub.clock.now().timestamp()))
            headers = signed(
                self.hub.sealer.open(hook.sealed_secret), taken.delivery.body["id"], sent_at, body
            )
            answer = self.hub.http.post(
                hook.url, connection=taken.delivery.receiver, headers=headers, body=body
            )
        except OutsideFailed as error:
            return Failure(error.code, error.message, passing=error.retryable)
        except HubError as error:
            return Failure(error.code, error.message)
        if 200 <= answer.status < 300:
            return answer.status
        passing = answer.status in _PASSING or answer.status >= 500
        wait = retry_after(answer, self.hub.clock.now())
        return Failure(
            f"status_{answer.status}", f"It answered {answer.status}.", answer.status, passing, wait
        )


def signed(secret: str, id: str, sent_at: str, body: bytes) -> Mapping[str, str]:
    """The headers of a message with this id, sent at this second since 1970: HMAC-SHA256 of all three (Standard Webhooks 1.0).

    ``id`` is the same whenever the same news comes again.
    """
    key = base64.b64decode(secret.removeprefix(PREFIX))
    mac: Any = hmac.new(key, b".".join((id.encode(), sent_at.encode(), body)), hashlib.sha256)
    return {
        "Content-Type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": sent_at,
        "webhook-signature": f"v1,{base64.b64encode(mac.digest()).decode()}",
    }
