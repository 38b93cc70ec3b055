"""Telling a plugin of many things at once: what happens within a few minutes is one delivery, however much it is.

A delivery that still gathers lies in the outbox and is not due yet; its body names places in the log of events, so that it
holds nothing about anybody. What is told is read when its time has come, and leaves out what no longer holds by then.
"""

import math
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from hub.audiences.mails import Mails
from hub.audiences.news import is_news, read_news
from hub.errors import BadInput, Missing, OutsideFailed
from hub.hooks import Hooks, cannot_start
from hub.ids import content_hash
from hub.journal import Delivery
from hub.journal.outbox import WAITING, Effect, Handler, enqueue_all
from hub.journal.tables import event as event_table
from hub.journal.tables import outbox
from hub.notify.send_mail import send_mail
from hub.runtime import Hub
from hub.store import UnitOfWork

HOOK = "news_gathered"
LETTER = "news"
GATHERED = "tell_many"
FULL = 1000
"""Events in one delivery."""
NEWEST = 3
"""Deliveries to which events are added, of those that still gather: those before them are full."""
USUAL_MINUTES, MOST_MINUTES = 5.0, 1440.0


def check_gathering(hooks: Hooks) -> None:
    """BadInput where a plugin says something else than a number of minutes for how long its news is gathered."""
    told = set(hooks.implementers(HOOK))
    for plugin in hooks.plugins:
        said = _said(plugin.instance) if plugin.name in told else None
        if said is not None and _number(said) is None:
            raise cannot_start(plugin.name, "its gather_minutes is no number.")


def gather(uow: UnitOfWork, events: Sequence[sa.Row[Any]]) -> None:
    """Add events to what plugins are told together."""
    positions = [event.position for event in events if is_news(event)]
    for plugin in uow.hooks.implementers(HOOK) if positions else ():
        _gather_for(uow, plugin, positions)


def tell_news(hub: Hub) -> Handler:
    """The outbox handler that tells one plugin what was gathered for it."""

    def deliver(delivery: Delivery) -> None:
        plugin = delivery.receiver
        if plugin not in hub.hooks.implementers(HOOK):
            raise OutsideFailed("plugin_off", f"The plugin {plugin} is not on.", retryable=False)
        with hub.reading() as uow:
            mine = uow.among(event_table.c.position, delivery.body["positions"])
            query = sa.select(event_table).where(mine).order_by(event_table.c.position)
            news = read_news(uow, uow.connection.execute(query).all(), plugin)
        if not news:
            return
        mails, refused = Mails(), None
        try:
            hub.hooks.tell(HOOK, plugin, news=news, batch=delivery.id, http=hub.http, mails=mails)
        finally:
            # Whoever did not reach one channel has told the mailboxes all the same.
            with hub.unit_of_work() as uow:
                refused = _write_mails(uow, plugin, delivery.id, mails)
        if refused is not None:
            raise refused

    return deliver


def _write_mails(uow: UnitOfWork, plugin: str, delivery_id: str, mails: Mails) -> OutsideFailed | None:
    """Write those that can be written, and say why another cannot: told again, it could not either.

    A retry may leave mails out, so each is known by whom it is to, and by its number among those.
    """
    refused, seen = None, Counter[str]()
    for wanted in mails.wanted:
        values = {"subject": wanted.subject, "lines": list(wanted.lines), "plugin": plugin}
        hashed = content_hash(f"{delivery_id}:{wanted.to}".encode())
        key = f"{LETTER}:{delivery_id}:{hashed}:{seen[hashed]}"
        seen[hashed] += 1
        try:
            send_mail(uow, wanted.to, LETTER, values, key=key)
        except (BadInput, Missing) as error:
            refused = OutsideFailed(error.code, error.message, error.help, retryable=False)
    return refused


def _gather_for(uow: UnitOfWork, plugin: str, positions: Sequence[int]) -> None:
    o, left = outbox, list(positions)
    # Locked, so that nobody takes it for sending meanwhile; one that was tried before says what it said.
    still_open = (
        sa.select(o.c.id)
        .where(
            o.c.kind == GATHERED,
            o.c.receiver == plugin,
            o.c.state == WAITING,
            o.c.attempts == 0,
            o.c.next_attempt_at > uow.now,
        )
        .order_by(o.c.created_at.desc(), o.c.id)
        .limit(NEWEST)
        .with_for_update()
    )
    ids = uow.connection.scalars(still_open).all()
    newest = uow.connection.execute(sa.select(o.c.id, o.c.body).where(o.c.id.in_(ids)))
    row = min(newest, key=lambda row: len(row.body["positions"]), default=None)
    if row is not None:
        there = row.body["positions"]
        more, left = left[: FULL - len(there)], left[FULL - len(there) :]
        values = {"body": {**row.body, "positions": [*there, *more]}}
        uow.connection.execute(sa.update(o).where(o.c.id == row.id).values(**values))
    due = uow.now + timedelta(minutes=_minutes(uow, plugin))
    parts = [left[start : start + FULL] for start in range(0, len(left), FULL)]
    enqueue_all(
        uow,
        [
            Effect(
                GATHERED,
                plugin,
                f"{GATHERED}:{plugin}:{part[0]}",
                {"hook": HOOK, "positions": part},
                not_before=due,
            )
            for part in parts
        ],
    )


def _minutes(uow: UnitOfWork, plugin: str) -> float:
    """For how long a plugin lets news be gathered, as its class or its settings say; the usual where that is no number."""
    instance = next(each.instance for each in uow.hooks.plugins if each.name == plugin)
    number = _number(_said(instance))
    return USUAL_MINUTES if number is None else min(max(number, 0.0), MOST_MINUTES)


def _said(instance: object) -> Any:
    settings = getattr(instance, "settings", None)
    return getattr(settings, "gather_minutes", getattr(instance, "gather_minutes", None))


def _number(said: Any) -> float | None:
    """Nothing that a plugin says may stop the reader, which tells all the others too."""
    try:
        number = float(said)
    except (TypeError, ValueError, OverflowError):
        return None
    return None if math.isnan(number) else number
