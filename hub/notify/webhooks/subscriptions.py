"""Webhooks: making one, trying it, what it was told, sending again what was parked, and ending it."""

import base64
import binascii
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.access.listing.pages_of import Asked, Page, page_of, part_of
from hub.access.reach import Reach, ReachKind
from hub.access.tables import api_token
from hub.audiences.remote.remote_plugins import remote_names
from hub.errors import BadInput, Conflict, Missing, Problem
from hub.http import place_of
from hub.ids import is_id, new_id
from hub.journal import Change, audit, record_changes
from hub.journal.outbox import PARKED, WAITING, Effect, enqueue_all, resend_where
from hub.journal.tables import outbox
from hub.notify.webhooks.tables import webhook
from hub.sealing import Sealer
from hub.store import UnitOfWork
from hub.words.phrase import say

CHANGED = "webhook_changed"
WEBHOOK = "webhook"
"""The kind of such deliveries in the outbox."""
EVENTS = {
    "credit_granted": say("A goal was credited."),
    "credit_revoked": say("The evidence of a credit is gone."),
    "completion_recognized": say("Somebody completed a course."),
}
"""What can be told, in words."""
ASKED = "decide_assignments"
"""What a remote plugin is sent: as the hook of that name."""
OF_PARTNER = frozenset({"credit_granted", "credit_revoked"})
"""What partners are told: whatever else their people complete is not theirs to know."""
TEST = "webhook_tested"
PREFIX = "whsec_"
MAX_URL, MAX_LABEL, AT_MOST = 2_000, 100, 20


@dataclass(frozen=True)
class WebhookLine:
    """One webhook. ``waiting`` and ``parked`` count what was not delivered yet; ``made_by`` is the label of a token that made it.

    ``ended_at`` is also when that token was revoked.
    """

    id: str
    kind: ReachKind
    partner_id: str | None
    url: str
    events: tuple[str, ...]
    label: str
    created_at: datetime
    ended_at: datetime | None
    waiting: int
    parked: int
    made_by: str = ""


@dataclass(frozen=True)
class Delivery:
    """One thing that a webhook was told, or is to be. ``state`` is waiting, delivered, parked or dismissed; ``status`` of HTTP."""

    id: str
    event: str
    state: str
    attempts: int
    created_at: datetime
    done_at: datetime | None
    status: int | None
    last_error: str


def new_secret() -> str:
    """32 random bytes, as ``add_webhook`` takes them."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def receiver_of(webhook_id: str) -> str:
    """How the outbox calls a webhook."""
    return f"{WEBHOOK}:{webhook_id}"


def add_webhook(
    uow: UnitOfWork,
    reach: Reach,
    url: str,
    events: Collection[str],
    secret: str,
    label: str = "",
    *,
    actor_id: str | None = None,
    token_id: str | None = None,
    asks: str | None = None,
) -> str:
    """Let an address be told of news from now on; the webhook's id. With ``token_id`` it ends when that token is revoked.

    With ``asks`` it is sent the questions for the remote plugin of this name instead.

    ``secret`` is ``whsec_`` and 24 to 64 bytes in base64, as Standard Webhooks has it. BadInput ``bad_webhook`` with every problem.
    """
    problems = [
        *_problems_of_url(uow, reach, url),
        *([] if asks else _problems_of_events(reach, events)),
        *_problems_of_secret(secret),
    ]
    if len(label) > MAX_LABEL or not label.isprintable():
        problems.append(
            Problem(say("must be one line of at most %(most)s characters", most=MAX_LABEL), "label")
        )
    mine = sa.select(sa.func.count()).select_from(webhook).where(_of(reach), in_force())
    if (uow.connection.scalar(mine) or 0) >= AT_MOST:
        problems.append(Problem(say("there are %(most)s already", most=AT_MOST), "url"))
    if problems:
        raise BadInput("bad_webhook", "This cannot be a webhook.", "", problems)
    id = new_id()
    uow.insert(
        webhook,
        id=id,
        kind=reach.kind,
        partner_id=reach.partner_id,
        url=url,
        sealed_secret=Sealer(uow.settings.secret_keys).seal(secret),
        events=[ASKED] if asks else sorted(set(events)),
        label=label,
        created_at=uow.now,
        created_by=actor_id,
        token_id=token_id,
        asks=asks,
    )
    _record(uow, id, reach, "created", actor_id)
    return id


def end_webhook(uow: UnitOfWork, reach: Reach, webhook_id: str, *, actor_id: str | None = None) -> bool:
    """Tell an address nothing more, also not what waits; whether that changed anything.

    Missing ``no_webhook``; Conflict ``asks_remote_plugin`` for one that ends with the remote plugin that it asks.
    """
    row = _find(uow, reach, webhook_id)
    if row.ended is not None:
        return False
    if row.asks is not None and row.asks in remote_names(uow):
        raise Conflict(
            "asks_remote_plugin",
            f"This webhook asks the remote plugin {row.asks}, and ends with it.",
            f"hub remote-plugin end {row.asks}",
        )
    uow.connection.execute(sa.update(webhook).where(webhook.c.id == row.id).values(ended_at=uow.now))
    _record(uow, row.id, reach, "ended", actor_id)
    return True


def try_webhook(uow: UnitOfWork, reach: Reach, webhook_id: str, *, actor_id: str | None = None) -> None:
    """Send something that says nothing, so that its receiver can be tried. Missing ``no_webhook``, also for one that ended."""
    row = _find(uow, reach, webhook_id)
    if row.ended is not None:
        raise _missing()
    told = new_id()
    body = {"type": TEST, "timestamp": uow.now.isoformat(), "data": {}}
    enqueue_all(uow, [effect_of(row.id, told, body)])
    audit(uow, "webhook_tried", webhook_id, actor_id=actor_id, partner_id=row.partner_id)


def resend_parked(uow: UnitOfWork, reach: Reach, webhook_id: str, *, actor_id: str | None = None) -> int:
    """Try again everything that was parked for a webhook; how much that is. Missing ``no_webhook``."""
    row = _find(uow, reach, webhook_id)
    parked = sa.and_(outbox.c.kind == WEBHOOK, outbox.c.receiver == receiver_of(row.id))
    count = resend_where(uow, parked)
    if count:
        audit(
            uow,
            "webhook_resent",
            webhook_id,
            actor_id=actor_id,
            partner_id=row.partner_id,
            detail={"count": count},
        )
    return count


def list_webhooks(uow: UnitOfWork, reach: Reach, asked: Asked) -> Page[WebhookLine]:
    """Webhooks of a partner; of everybody for operators."""
    rows = uow.connection.execute(part_of(_webhooks(reach), webhook.c.id, asked)).all()
    kept, following = page_of(rows, asked, lambda row: str(row.id))
    return Page(tuple(_lines(uow, kept)), following)


def read_webhook(uow: UnitOfWork, reach: Reach, webhook_id: str) -> WebhookLine:
    """One webhook. Missing ``no_webhook``, also for another partner's."""
    return _lines(uow, [_find(uow, reach, webhook_id)])[0]


def list_told(uow: UnitOfWork, reach: Reach, webhook_id: str, limit: int = 20) -> list[Delivery]:
    """What a webhook was told last, and what it is to be told. Missing ``no_webhook``."""
    row, o = _find(uow, reach, webhook_id), outbox
    mine = sa.and_(o.c.kind == WEBHOOK, o.c.receiver == receiver_of(row.id))
    query = sa.select(o).where(mine).order_by(o.c.id.desc()).limit(limit)
    return [
        Delivery(
            each.id,
            str(each.body.get("type", "")),
            each.state,
            each.attempts,
            each.created_at,
            each.done_at,
            each.status,
            each.last_error or "",
        )
        for each in uow.connection.execute(query)
    ]


def effect_of(webhook_id: str, told: str, body: dict[str, Any], person_id: str | None = None) -> Effect:
    """The delivery of one piece of news; each stands in a lane of its own, so that none supersedes another."""
    key = f"{receiver_of(webhook_id)}:{told}"
    return Effect(WEBHOOK, receiver_of(webhook_id), key, {"id": told, **body}, person_id, key, "1")


def _lines(uow: UnitOfWork, rows: Any) -> list[WebhookLine]:
    o = outbox
    counts: dict[tuple[str, str], int] = {}
    for row in uow.connection.execute(
        sa.select(o.c.receiver, o.c.state, sa.func.count().label("count"))
        .where(o.c.receiver.in_([receiver_of(row.id) for row in rows]), o.c.state.in_([WAITING, PARKED]))
        .group_by(o.c.receiver, o.c.state)
    ):
        counts[row.receiver, row.state] = row._mapping["count"]
    return [
        WebhookLine(
            row.id,
            row.kind,
            row.partner_id,
            row.url,
            tuple(row.events),
            row.label,
            row.created_at,
            row.ended,
            counts.get((receiver_of(row.id), WAITING), 0),
            counts.get((receiver_of(row.id), PARKED), 0),
            row.made_by or "",
        )
        for row in rows
    ]


def _of(reach: Reach) -> sa.ColumnElement[bool]:
    """Whose webhooks: operators look after all of them."""
    return sa.true() if reach.kind == "operator" else webhook.c.partner_id == reach.partner_id


def in_force() -> sa.ColumnElement[bool]:
    """Webhooks that did not end, by themselves or with the token that made them."""
    gone = sa.exists().where(api_token.c.id == webhook.c.token_id, api_token.c.revoked_at.is_not(None))
    return sa.and_(webhook.c.ended_at.is_(None), sa.not_(gone))


def _webhooks(reach: Reach) -> sa.Select[Any]:
    """With the label of the token that made each, and when it ended."""
    ended = sa.func.coalesce(webhook.c.ended_at, api_token.c.revoked_at).label("ended")
    made = webhook.outerjoin(api_token, api_token.c.id == webhook.c.token_id)
    columns = (webhook, api_token.c.label.label("made_by"), ended)
    return sa.select(*columns).select_from(made).where(_of(reach))


def _find(uow: UnitOfWork, reach: Reach, webhook_id: str) -> Any:
    query = _webhooks(reach).where(webhook.c.id == webhook_id)
    row = uow.connection.execute(query).one_or_none() if is_id(webhook_id) else None
    if row is None:
        raise _missing()
    return row


def _problems_of_url(uow: UnitOfWork, reach: Reach, url: str) -> list[Problem]:
    place = place_of(url)
    if place is None:
        return [Problem(say("is no address"), "url")]
    is_ours = place in {allowed.lower() for allowed in uow.settings.outgoing_allow}
    if is_ours and reach.kind != "operator":
        return [Problem(say("is an address of the hub's own network, which operators alone use"), "url")]
    is_well = url.lower().startswith("https://") or is_ours
    if not is_well or len(url) > MAX_URL or not url.isprintable():
        return [Problem(say("must be https:// to a host, at most %(most)s characters", most=MAX_URL), "url")]
    return []


def _problems_of_events(reach: Reach, events: Collection[str]) -> list[Problem]:
    allowed = set(EVENTS) if reach.kind == "operator" else OF_PARTNER
    wrong = sorted(set(events) - allowed)
    if wrong or not events:
        return [Problem(say("are some of %(names)s", names=", ".join(sorted(allowed))), "events")]
    return []


def _problems_of_secret(secret: str) -> list[Problem]:
    try:
        bits = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        bits = b""
    if not secret.startswith(PREFIX) or not 24 <= len(bits) <= 64:
        return [Problem(f"must be {PREFIX} and 24 to 64 random bytes in base64", "secret")]
    return []


def _missing() -> Missing:
    return Missing("no_webhook", "There is no such webhook.")


def _record(uow: UnitOfWork, id: str, reach: Reach, state: str, actor_id: str | None) -> None:
    body = {"kind": reach.kind, "partner_id": reach.partner_id, "state": state}
    record_changes(uow, [Change(CHANGED, id, body, actor_id=actor_id)])
    audit(uow, f"webhook_{state}", id, actor_id=actor_id, partner_id=reach.partner_id)
