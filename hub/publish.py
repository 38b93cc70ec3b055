"""Telling plugins what happened: events become deliveries, one per plugin, each retried and parked on its own."""

import typing
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub import hookspecs
from hub.errors import OutsideFailed
from hub.journal import EVENTS, Delivery, Event, Reader
from hub.journal.outbox import Effect, Handler, enqueue_all
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.training.goals.reviews import review_goals

TELL = "tell"


def enqueue_tellings(uow: UnitOfWork, events: Sequence[sa.Row[Any]]) -> None:
    """Make a delivery for every plugin that wants to hear of an event; the handler of the reader ``publish``.

    Goals of reviews are told to nobody.
    """
    reviews = review_goals(uow, {event.body["goal_id"] for event in events if "goal_id" in event.body})
    enqueue_all(
        uow,
        [
            Effect(
                TELL,
                plugin,
                f"{TELL}:{plugin}:{event.id}",
                {"hook": event.kind, "person_id": event.person_id, **event.body},
                event.person_id,
            )
            for event in events
            if event.kind in uow.hooks.contracts and event.body.get("goal_id") not in reviews
            for plugin in uow.hooks.implementers(event.kind)
        ],
    )


publish = Reader("publish", EVENTS, enqueue_tellings, batch=1000)


def tell_plugin(hub: Hub) -> Handler:
    """The outbox handler that tells one plugin of one event."""

    def deliver(delivery: Delivery) -> None:
        hook, plugin = delivery.body["hook"], delivery.receiver
        if hook not in hub.hooks.contracts or plugin not in hub.hooks.implementers(hook):
            raise OutsideFailed("plugin_off", f"The plugin {plugin} is not on.", retryable=False)
        hub.hooks.tell(hook, plugin, event=_event_of(delivery.body), http=hub.http)

    return deliver


def _event_of(body: typing.Mapping[str, Any]) -> Event:
    """The event as the hook's signature declares it."""
    event_type: type[Event] = typing.get_type_hints(getattr(hookspecs, body["hook"]))["event"]
    hints = typing.get_type_hints(event_type)
    values: dict[str, Any] = {
        name: datetime.fromisoformat(value) if hints[name] is datetime else value
        for name, value in body.items()
        if name != "hook"
    }
    return event_type(**values)
