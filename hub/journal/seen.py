"""That somebody read all about a person stands in the audit trail: once an hour, however often the page is loaded."""

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from hub.journal.audit import audit
from hub.journal.tables import audit as table

if TYPE_CHECKING:
    from hub.runtime import Hub

SEEN = "person_seen"
EVERY = timedelta(hours=1)
LATEST = 20
"""Of so many rows about the person: an index leads there."""


def note_seen(hub: "Hub", actor_id: str, person_id: str, partner_id: str | None = None) -> None:
    """Write a row that ``actor_id`` read about the person, unless one of the last hour says so; nobody notes themselves."""
    if actor_id == person_id:
        return
    newest = (
        sa.select(table.c.actor_id, table.c.action, table.c.at)
        .where(table.c.subject_id == person_id)
        .order_by(table.c.position.desc())
        .limit(LATEST)
    )
    with hub.reading() as uow:
        rows = uow.connection.execute(newest).all()
        told = any(r.actor_id == actor_id and r.action == SEEN and r.at > uow.now - EVERY for r in rows)
    if not told:
        with hub.unit_of_work() as uow:
            audit(uow, SEEN, person_id, actor_id=actor_id, partner_id=partner_id)
