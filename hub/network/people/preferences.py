"""What people chose about messages and language, as it is read; where they chose nothing, the hub's defaults."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from hub.network.tables import message_preference
from hub.store import UnitOfWork

NewsKind = Literal["new", "soon", "overdue", "credited"]
KINDS: tuple[NewsKind, ...] = ("new", "soon", "overdue", "credited")
"""What a digest tells: newly asked for, due within days, overdue, credited."""
QUIET_FROM, QUIET_TO = 20, 7
"""Hours of the day, where somebody works, between which they get no digest."""


@dataclass(frozen=True)
class Preferences:
    """``language`` is empty where the person chose none. Quiet hours go over midnight; equal ones mean never."""

    language: str = ""
    digests: bool = True
    unwanted: frozenset[str] = frozenset()
    quiet_from: int = QUIET_FROM
    quiet_to: int = QUIET_TO


def read_preferences(uow: UnitOfWork, person_id: str) -> Preferences:
    """What the person chose."""
    return _preferences(uow.find(message_preference, person_id=person_id))


def preferences_of(uow: UnitOfWork, person_ids: Collection[str]) -> dict[str, Preferences]:
    """Those of many people at once; whoever is missing has the defaults."""
    table = message_preference
    rows = uow.connection.execute(sa.select(table).where(uow.among(table.c.person_id, person_ids)))
    return {row.person_id: _preferences(row) for row in rows}


def _preferences(row: Any) -> Preferences:
    if row is None:
        return Preferences()
    return Preferences(row.language or "", row.digests, frozenset(row.unwanted), row.quiet_from, row.quiet_to)
