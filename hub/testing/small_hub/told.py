"""What plugins and receivers were told, once no work waits any more."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from hub.app import open_worker
from hub.journal.tables import outbox
from hub.runtime import Hub


@dataclass(frozen=True)
class Telling:
    """One delivery: to whom, of what, and how it went. ``what`` is the hook for a plugin, the kind of delivery for others."""

    receiver: str
    what: str
    body: Mapping[str, Any] = field(hash=False)
    state: str
    """``delivered``; ``waiting`` to be tried again; ``parked`` until somebody sends it again."""
    attempts: int
    error: str


@dataclass
class Told:
    """``told()`` lists what was told, in order; with names of hooks only these."""

    hub: Hub = field(repr=False)

    def __call__(self, *hooks: str) -> list[Telling]:
        """Lets the worker run first until nothing waits but what comes later."""
        open_worker(self.hub).drain()
        query = sa.select(outbox).order_by(outbox.c.created_at, outbox.c.id)
        with self.hub.reading() as uow:
            rows = uow.connection.execute(query).all()
        tellings = [
            Telling(
                row.receiver,
                row.body.get("hook", row.kind),
                {name: value for name, value in row.body.items() if name != "hook"},
                row.state,
                row.attempts,
                row.last_error or "",
            )
            for row in rows
        ]
        return [telling for telling in tellings if not hooks or telling.what in hooks]
