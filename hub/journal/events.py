"""Announcing what the hub worked out: frozen dataclasses in the past tense, written in the unit that made them true."""

import dataclasses
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.ids import new_id
from hub.journal import tables
from hub.journal.logs import EVENTS
from hub.store import UnitOfWork


@dataclasses.dataclass(frozen=True)
class Event:
    """The base of everything announced. A subclass's name in snake case is its kind and the hook that is told."""

    person_id: str


def announce(uow: UnitOfWork, events: Iterable[Event]) -> None:
    """Append events to their log; readers such as ``publish`` take them from there after the commit."""
    EVENTS.announce_append(uow)
    uow.execute_many(
        sa.insert(tables.event),
        [
            {
                "id": new_id(),
                "kind": kind_of(type(e)),
                "at": uow.now,
                "person_id": e.person_id,
                "body": body_of(e),
            }
            for e in events
        ],
    )


def kind_of(event: type[Event]) -> str:
    """``CreditGranted`` is announced as ``credit_granted``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", event.__name__).lower()


def body_of(event: Event) -> dict[str, Any]:
    """What an event says besides whom it is about, as it is kept."""
    values = {field.name: getattr(event, field.name) for field in dataclasses.fields(event)}
    return {
        key: value.isoformat() if isinstance(value, datetime) else value
        for key, value in values.items()
        if key != "person_id"
    }
