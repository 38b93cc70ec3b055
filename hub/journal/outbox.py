"""The outbox: effects outside the hub, written with their cause and delivered after it, until they arrive or are parked."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import sqlalchemy as sa

from hub.errors import Missing, OutsideFailed
from hub.hooks import SetAside
from hub.ids import new_id
from hub.journal import tables
from hub.journal.readers import OpenUnit
from hub.logging import get_logger
from hub.store import UnitOfWork

logger = get_logger(__name__)

MAX_ATTEMPTS = 12
MAX_WAIT_SECONDS = 3600
LEASE = timedelta(seconds=60)
SETTLE_SECONDS = 0.25
TO_PLUGINS = ("tell", "tell_many")
"""Kinds of deliveries whose receiver is a plugin."""
ASIDE = timedelta(seconds=5)
"""So long a delivery rests that met a plugin which this process does not call: by then it knows better."""
PATIENCE = timedelta(days=3)
"""For how long an effect in a lane is tried again while its receiver does not do its part."""
WAITING, DELIVERED, PARKED, SUPERSEDED, DISMISSED = (
    "waiting",
    "delivered",
    "parked",
    "superseded",
    "dismissed",
)


@dataclass(frozen=True)
class Delivery:
    """One effect on its way to one receiver."""

    id: str
    kind: str
    receiver: str
    person_id: str | None
    body: Mapping[str, Any]
    attempts: int


Handler = Callable[[Delivery], None]
"""Delivers, or raises: OutsideFailed with ``retryable=False`` parks at once, anything else is tried again."""


@dataclass(frozen=True)
class Effect:
    """Something to be done outside the hub. One with the same ``key`` is the same effect.

    Of the effects in one ``lane`` only that with the highest ``sequence``, in the order of texts, counts: those before it
    are superseded unless they were delivered. Lanes are not emptied by ``deliver`` but by whoever asks
    ``hub.journal.lanes`` for the kind. ``parked`` is a code for why there is no use in trying, if there is none, and
    ``reason`` says it in words. Nothing is tried ``not_before`` an instant.
    """

    kind: str
    receiver: str
    key: str
    body: Mapping[str, Any]
    person_id: str | None = None
    lane: str | None = None
    sequence: str | None = None
    parked: str = ""
    reason: str = ""
    not_before: datetime | None = None


def enqueue(
    uow: UnitOfWork, kind: str, receiver: str, key: str, body: Mapping[str, Any], person_id: str | None = None
) -> None:
    """Add an effect; one with the same key is the same effect and is left as it is."""
    enqueue_all(uow, [Effect(kind, receiver, key, body, person_id)])


def enqueue_all(uow: UnitOfWork, effects: Iterable[Effect]) -> None:
    """Add effects in their order; those whose key is there already, or stood before them, are left out."""
    rows = {effect.key: _row(uow, effect) for effect in reversed(list(effects))}
    uow.insert_new(tables.outbox, list(reversed(rows.values())))
    lanes = sorted({row["lane"] for row in rows.values() if row["lane"] is not None})
    if lanes:
        _supersede(uow, lanes)


def _supersede(uow: UnitOfWork, lanes: Sequence[str]) -> None:
    """Only the newest of a lane may wait or be parked, also where an older one arrives late."""
    o, newer = tables.outbox, tables.outbox.alias()
    has_newer = sa.exists().where(newer.c.lane == o.c.lane, newer.c.sequence > o.c.sequence)
    uow.connection.execute(
        sa.update(o)
        .where(uow.among(o.c.lane, lanes), o.c.state.in_([WAITING, PARKED]), has_newer)
        .values(state=SUPERSEDED, done_at=uow.now)
    )


def _row(uow: UnitOfWork, effect: Effect) -> dict[str, Any]:
    return {
        "id": new_id(),
        "kind": effect.kind,
        "receiver": effect.receiver,
        "key": effect.key,
        "person_id": effect.person_id,
        "body": dict(effect.body),
        "state": PARKED if effect.parked else WAITING,
        "attempts": 0,
        "next_attempt_at": effect.not_before or uow.now,
        "created_at": uow.now,
        "last_error": effect.reason or None,
        "lane": effect.lane,
        "sequence": effect.sequence,
        "give_up_at": uow.now + PATIENCE if effect.lane is not None else None,
        "code": effect.parked,
    }


def has_deliveries(uow: UnitOfWork, left_alone: Collection[str] = ()) -> bool:
    """Whether something waits whose time has come, outside lanes and of other kinds than those ``left_alone``.

    What goes to a plugin that is set aside is left alone as well.
    """
    return uow.connection.scalar(_due(uow, left_alone).limit(1)) is not None


def deliver(
    open_unit: OpenUnit, handlers: Mapping[str, Handler], limit: int = 50, left_alone: Collection[str] = ()
) -> int:
    """Try what is due, outside any unit of work; the number of deliveries tried. Kinds ``left_alone`` go on waiting.

    So does what goes to a plugin that is set aside: it is no attempt.
    What there is no time for before the lease is half over is given back. Outcomes are written every SETTLE_SECONDS: whoever
    dies in between leaves the same deliveries to be tried again, as after a death between an answer and its note.
    """
    with open_unit() as uow:
        batch = _take(uow, limit, left_alone)
    begun = settled = monotonic()
    outcomes: list[tuple[Delivery, Exception | None]] = []
    tried = 0
    for delivery in batch:
        if monotonic() - begun > LEASE.total_seconds() / 2:
            break
        outcomes.append((delivery, _try(delivery, handlers)))
        tried += 1
        if monotonic() - settled > SETTLE_SECONDS:
            _settle_all(open_unit, outcomes)
            settled = monotonic()
    _settle_all(open_unit, outcomes, batch[tried:])
    return tried


def _try(delivery: Delivery, handlers: Mapping[str, Handler]) -> Exception | None:
    """What went wrong, if anything did."""
    try:
        handlers[delivery.kind](delivery)
    except Exception as caught:  # noqa: BLE001  (whatever a receiver does is noted in its row)
        logger.warning(
            "delivery_failed",
            delivery=delivery.id,
            receiver=delivery.receiver,
            error=type(caught).__name__,
        )
        return caught
    return None


def _settle_all(
    open_unit: OpenUnit,
    outcomes: list[tuple[Delivery, Exception | None]],
    not_tried: Sequence[Delivery] = (),
) -> None:
    if outcomes or not_tried:
        with open_unit() as uow:
            _note_delivered(uow, [delivery.id for delivery, error in outcomes if error is None])
            for delivery, error in outcomes:
                if isinstance(error, SetAside):
                    _give_back(uow, delivery, uow.now + ASIDE)
                elif error is not None:
                    _note_failed(uow, delivery, error)
            for delivery in not_tried:
                _give_back(uow, delivery, uow.now)
    outcomes.clear()


def resend(uow: UnitOfWork, delivery_id: str) -> None:
    """Let a parked delivery be tried again from now, as if it were new; Missing when there is none."""
    if not resend_where(uow, tables.outbox.c.id == delivery_id):
        raise _nothing_parked()


def resend_to(uow: UnitOfWork, kinds: Sequence[str], receiver: str, delivery_id: str | None = None) -> int:
    """The same for one parked delivery of some kinds to a receiver, or for all of them; how many there were."""
    o = tables.outbox
    chosen = sa.and_(o.c.kind.in_(kinds), o.c.receiver == receiver)
    return resend_where(uow, chosen if delivery_id is None else sa.and_(chosen, o.c.id == delivery_id))


def resend_where(uow: UnitOfWork, chosen: sa.ColumnElement[bool]) -> int:
    """The same for all parked deliveries of a choice; how many there were.

    What they waited for may have come about, so the pause of their receivers ends as well.
    """
    o, pause = tables.outbox, tables.outbox_pause
    values = {"state": WAITING, "attempts": 0, "next_attempt_at": uow.now, "give_up_at": uow.now + PATIENCE}
    receivers = uow.connection.scalars(
        sa.update(o)
        .where(chosen, o.c.state == PARKED)
        .values(**values, code="", status=None)
        .returning(o.c.receiver)
    ).all()
    if receivers:
        mine = pause.c.receiver.in_(set(receivers))
        uow.connection.execute(
            sa.update(pause).where(mine, pause.c.retry_at > uow.now).values(retry_at=uow.now)
        )
    return len(receivers)


def dismiss(uow: UnitOfWork, delivery_id: str) -> None:
    """Let a parked delivery be: it will not be sent; Missing when there is none."""
    o = tables.outbox
    dismissed = uow.connection.execute(
        sa.update(o)
        .where(o.c.id == delivery_id, o.c.state == PARKED)
        .values(state=DISMISSED, done_at=uow.now)
    )
    if not dismissed.rowcount:
        raise _nothing_parked()


def _nothing_parked() -> Missing:
    return Missing("no_parked_delivery", "There is no parked delivery with this id.")


def _due(uow: UnitOfWork, left_alone: Collection[str]) -> sa.Select[Any]:
    table = tables.outbox
    due = sa.select(table.c.id).where(
        table.c.state == WAITING, table.c.lane.is_(None), table.c.next_attempt_at <= uow.now
    )
    aside = sa.exists().where(tables.plugin_aside.c.plugin == table.c.receiver)
    due = due.where(sa.not_(sa.and_(table.c.kind.in_(TO_PLUGINS), aside)))
    return due.where(table.c.kind.not_in(sorted(left_alone))) if left_alone else due


def _take(uow: UnitOfWork, limit: int, left_alone: Collection[str]) -> list[Delivery]:
    """Lease due rows to this worker: whoever dies while delivering leaves them to the next after LEASE."""
    table = tables.outbox
    due = (
        _due(uow, left_alone).order_by(table.c.next_attempt_at).limit(limit).with_for_update(skip_locked=True)
    )
    ids = list(uow.connection.scalars(due))
    uow.connection.execute(
        sa.update(table)
        .where(table.c.id.in_(ids))
        .values(next_attempt_at=uow.now + LEASE, attempts=table.c.attempts + 1)
    )
    rows = uow.connection.execute(sa.select(table).where(table.c.id.in_(ids)).order_by(table.c.created_at))
    return [Delivery(r.id, r.kind, r.receiver, r.person_id, r.body, r.attempts) for r in rows]


def _give_back(uow: UnitOfWork, delivery: Delivery, at: datetime) -> None:
    table = tables.outbox
    mine = (table.c.id == delivery.id) & (table.c.state == WAITING) & (table.c.attempts == delivery.attempts)
    uow.connection.execute(
        sa.update(table).where(mine).values(next_attempt_at=at, attempts=delivery.attempts - 1)
    )


def _note_delivered(uow: UnitOfWork, ids: Sequence[str]) -> None:
    if ids:
        o = tables.outbox
        values = {"state": DELIVERED, "done_at": uow.now, "last_error": None}
        uow.connection.execute(sa.update(o).where(uow.among(o.c.id, ids)).values(**values))


def _note_failed(uow: UnitOfWork, delivery: Delivery, error: Exception) -> None:
    o = tables.outbox
    permanent = isinstance(error, OutsideFailed) and not error.retryable
    parked = permanent or delivery.attempts >= MAX_ATTEMPTS
    asked = error.wait if isinstance(error, OutsideFailed) else 0.0
    wait = timedelta(seconds=min(max(2.0 ** min(delivery.attempts, 12), asked), MAX_WAIT_SECONDS))
    values = {
        "state": PARKED if parked else WAITING,
        "next_attempt_at": uow.now + wait,
        "last_error": f"{type(error).__name__}: {error}"[:2000],
    }
    # Whoever was slower than its lease has no say in what became of a later attempt.
    mine = (o.c.id == delivery.id) & (o.c.state == WAITING) & (o.c.attempts == delivery.attempts)
    uow.connection.execute(sa.update(o).where(mine).values(**values))
