"""Noting who is new in an audience, once for each appointment, while a plugin wants to hear of it."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.audiences.assigning.read_facts import read_facts
from hub.audiences.events import AudienceJoined
from hub.audiences.profiles.compile import read_audiences
from hub.audiences.rules.conditions import AppointmentFacts, match
from hub.audiences.rules.rule import Audience
from hub.audiences.tables import audience_joining
from hub.journal import CHANGES, Reader, announce
from hub.store import UnitOfWork

NEW_FOR = timedelta(days=30)
"""Whoever has been in an audience for longer is nobody new, whenever the hub learns of it."""
_KEPT = timedelta(days=60)
_TOLD_BY = ("audience_joined", "news_gathered")


def note_joinings(uow: UnitOfWork, changes: Sequence[sa.Row[Any]]) -> None:
    """Announce who is new, or will be; the handler of the reader ``joinings``. Nothing is noted that no plugin would be told."""
    if not any(uow.hooks.implementers(hook) for hook in _TOLD_BY):
        return
    people = sorted({change.person_id or change.subject_id for change in changes})
    audiences = list(read_audiences(uow).values())
    found = [
        joined
        for mine in read_facts(uow, people).values()
        for each in mine
        for joined in _joined(each, audiences, uow.now)
    ]
    table = audience_joining
    mine = uow.among(table.c.appointment_id, [joined.appointment_id for joined in found])
    noted = sa.select(table.c.appointment_id, table.c.audience).where(mine)
    known = {(row.appointment_id, row.audience) for row in uow.connection.execute(noted)}
    new = [joined for joined in found if (joined.appointment_id, joined.audience) not in known]
    if new:
        rows = [
            {"appointment_id": j.appointment_id, "audience": j.audience, "expires_at": j.starts + _KEPT}
            for j in new
        ]
        uow.execute_many(sa.insert(table), rows)
        announce(uow, new)


joinings = Reader(
    "joinings",
    CHANGES,
    note_joinings,
    batch=500,
    kinds=frozenset({"person_changed"}),
    without_body=frozenset({"person_changed"}),
)


def _joined(
    facts: AppointmentFacts, audiences: Sequence[Audience], now: datetime
) -> Iterator[AudienceJoined]:
    for audience in audiences:
        found = match(audience.conditions, facts)
        starts = [start for start, end in found.during if end is None or end > now] if found else []
        if starts and min(starts) > now - NEW_FOR:
            yield AudienceJoined(facts.person_id, facts.id, audience.key, min(starts))
