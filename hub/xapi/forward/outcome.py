"""What a receiving store's answer to a batch means."""

import json
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from hub.errors import HubError, OutsideFailed
from hub.http import Answer, retry_after
from hub.store.blobs import BlobStore
from hub.xapi.forward.bodies import Batch, Outgoing, build_body
from hub.xapi.forward.client import StoreClient
from hub.xapi.forward.stores import ReceivingStore
from hub.xapi.statements.equality import statement_hash
from hub.xapi.statements.strict_json import parse_json


class Verdict(Enum):
    """Delivered; the statements are refused; the request is too large; or the receiver is not at work."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    TOO_LARGE = "too_large"
    DOWN = "down"


@dataclass(frozen=True)
class Outcome:
    """What became of a batch. ``wait`` is how long the receiver asks us to wait, ``size`` the bytes that were sent."""

    verdict: Verdict
    status: int = 0
    reason: str = ""
    wait: timedelta = timedelta()
    size: int = 0


_REFUSED = frozenset({400, 409, 422})


def send_batch(client: StoreClient, blobs: BlobStore, store: ReceivingStore, batch: Batch) -> Outcome:
    """Send a batch and say what became of it. Never raises for what the receiver does, whatever it answers."""
    try:
        body = build_body(blobs, batch)
        answer = client.post_statements(store, body.content, body.content_type)
        return _judge(client, store, batch, answer, body.size)
    except OutsideFailed as error:
        lost = error.code == "blob_lost"  # the others can go without it
        return Outcome(Verdict.REFUSED if lost else Verdict.DOWN, reason=error.message)
    except HubError as error:
        return Outcome(Verdict.DOWN, reason=error.message)


def _judge(client: StoreClient, store: ReceivingStore, batch: Batch, answer: Answer, size: int) -> Outcome:
    if answer.status == 200 and _names(answer, batch):
        return Outcome(Verdict.DELIVERED, 200)
    reason = client.reason(store, answer)
    if answer.status == 200:
        # A page of some other server, perhaps: what is not confirmed would be lost.
        reason = f"did not answer with the ids of the statements; is it a record store? It {reason}"
    if answer.status == 409 and len(batch.statements) == 1:
        return _already_there(client, store, batch.statements[0], reason)
    verdict = Verdict.DOWN
    if answer.status in _REFUSED:
        verdict = Verdict.REFUSED
    elif answer.status == 413:
        verdict = Verdict.TOO_LARGE
    return Outcome(verdict, answer.status, reason, retry_after(answer, client.clock.now()), size)


def _names(answer: Answer, batch: Batch) -> bool:
    """Whether the answer lists the ids, as a record store does (1.0.3 Communication 2.1.2)."""
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        return False
    if not isinstance(told, list) or not all(isinstance(id, str) for id in told):
        return False
    return {id.lower() for id in told} == {each.id for each in batch.statements}


def _already_there(client: StoreClient, store: ReceivingStore, sent: Outgoing, reason: str) -> Outcome:
    """Ask for the statement that is in the way: the same one was delivered before, and another one stays there."""
    for name in ("statementId", "voidedStatementId"):
        answer = client.get_statements(store, **{name: sent.id})
        if answer.status == 200:
            same = _same(answer.body, sent.payload)
            verdict = Verdict.DELIVERED if same else Verdict.REFUSED
            return Outcome(verdict, 409, "" if same else f"has another statement under this id; {reason}")
        if answer.status != 404:
            break
    if answer.status >= 500 or answer.status == 429:
        wait = retry_after(answer, client.clock.now())
        return Outcome(Verdict.DOWN, answer.status, client.reason(store, answer), wait)
    unseen = f"{reason}; what it has could not be compared, as it {client.reason(store, answer)}"
    return Outcome(Verdict.REFUSED, 409, unseen)


def _same(theirs: bytes, ours: bytes) -> bool:
    """Whether two statements are equal by xAPI 1.0.3 Data 2.3.1."""
    try:
        return statement_hash(parse_json(theirs)) == statement_hash(parse_json(ours))
    except Exception:  # noqa: BLE001  (whatever the receiver keeps under this id, it is no statement we sent)
        return False
