"""Telling plugins what happened: events become deliveries, one per plugin, each retried and parked on its own."""

import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub import hookspecs
from hub.audiences.news import goals_added
from hub.errors import OutsideFailed
from hub.journal import EVENTS, Delivery, Event, Reader
from hub.journal.events import body_of
from hub.journal.outbox import Effect, Handler, enqueue_all
from hub.publish.gather import gather
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.training.goals.reviews import review_goals

TELL = "tell"


@dataclass(frozen=True)
class _Told:
    """What one delivery would say; ``id`` tells it from all others."""

    id: str
    hook: str
    person_id: str
    body: Mapping[str, Any]


def enqueue_tellings(uow: UnitOfWork, events: Sequence[sa.Row[Any]]) -> None:
    """Make a delivery for every plugin that wants to hear of an event; the handler of the reader ``publish``.

    Goals of reviews are told to nobody.
    """
    reviews = review_goals(uow, {event.body["goal_id"] for event in events if "goal_id" in event.body})
    events = [event for event in events if event.body.get("goal_id") not in reviews]
    enqueue_all(
        uow,
        [
            Effect(
                TELL,
                plugin,
                f"{TELL}:{plugin}:{told.id}",
                {"hook": told.hook, "person_id": told.person_id, **told.body},
                told.person_id,
            )
            for told in _each(uow, events)
            for plugin in uow.hooks.implementers(told.hook)
        ],
    )
    gather(uow, events)


publish = Reader("publish", EVENTS, enqueue_tellings, batch=1000)


def tell_plugin(hub: Hub) -> Handler:
    """The outbox handler that tells one plugin of one event."""

    def deliver(delivery: Delivery) -> None:
        hook, plugin = delivery.body["hook"], delivery.receiver
        if hook not in hub.hooks.contracts or plugin not in hub.hooks.implementers(hook):
            raise OutsideFailed("plugin_off", f"The plugin {plugin} is not on.", retryable=False)
        hub.hooks.tell(hook, plugin, event=_event_of(delivery.body), http=hub.http)

    return deliver


def _each(uow: UnitOfWork, events: Sequence[sa.Row[Any]]) -> Iterator[_Told]:
    """What the hooks of one event each tell. A plan says which goals are new to it; they are told one by one where a plugin asks."""
    for event in events:
        if event.kind in uow.hooks.contracts:
            yield _Told(event.id, event.kind, event.person_id, event.body)
    if uow.hooks.implementers("goal_added"):
        for event, goal in goals_added(uow, events):
            yield _Told(f"{event.id}:{goal.goal_id}", "goal_added", goal.person_id, body_of(goal))


def _event_of(body: Mapping[str, Any]) -> Event:
    """The event as the hook's signature declares it."""
    event_type: type[Event] = typing.get_type_hints(getattr(hookspecs, body["hook"]))["event"]
    hints = typing.get_type_hints(event_type)
    values: dict[str, Any] = {
        name: datetime.fromisoformat(value) if value is not None and _is_time(hints[name]) else value
        for name, value in body.items()
        if name != "hook"
    }
    return event_type(**values)


def _is_time(hint: Any) -> bool:
    return hint is datetime or (isinstance(hint, types.UnionType) and datetime in typing.get_args(hint))
