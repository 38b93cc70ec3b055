"""Writing a change of the network that a service decided: into the journal and the tables, by the same door as an import."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from hub.errors import BadInput, Missing
from hub.ids import is_id
from hub.journal import Change, record_changes
from hub.network import tables
from hub.network.apply_changes import apply_changes
from hub.network.validity.dates import is_in_reach
from hub.network.validity.intervals import Interval
from hub.store import UnitOfWork

NETWORK_LOCK = 7_170_006
"""On PostgreSQL whoever changes trees, locations or partners takes turns with all others, imports included."""


def lock_network(uow: UnitOfWork) -> None:
    """Let only this unit change the network until it ends; on SQLite writers take turns in any case."""
    if not uow.is_sqlite:
        uow.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(NETWORK_LOCK)))


def lock_location(uow: UnitOfWork, location_id: str, *, closing: bool = False) -> None:
    """Let nobody close a location before this unit ends, or with ``closing`` nobody appoint there. Before people are locked.

    On SQLite writers take turns in any case.
    """
    if not uow.is_sqlite and is_id(location_id):
        place = sa.select(tables.location.c.id).where(tables.location.c.id == location_id)
        uow.connection.execute(place.with_for_update(read=not closing)).all()


def record(
    uow: UnitOfWork,
    kind: str,
    bodies: Mapping[str, Mapping[str, Any]],
    *,
    actor_id: str | None = None,
    person_id: str | None = None,
) -> None:
    """Let these subjects (by id) be as their snapshots say; ``kind`` is one of ``apply_changes.CHANGE_KINDS``.

    ``person_id``: whom it is about, where that is one person.
    """
    changes = [Change(kind, id, body, person_id=person_id, actor_id=actor_id) for id, body in bodies.items()]
    record_changes(uow, changes)
    apply_changes(uow, kind, list(bodies.values()))


def find_row(uow: UnitOfWork, table: sa.Table, id: str, kind: str) -> Any:
    """The row with this id, or Missing ``no_<kind>``; a text that is no id finds nothing."""
    row = uow.find(table, id=id) if is_id(id) else None
    if row is None:
        raise Missing(f"no_{kind}", f"There is no such {kind}.")
    return row


def a_time(uow: UnitOfWork, at: datetime | None, until: datetime | None = None) -> Interval:
    """From an instant on (now), until another or for good. BadInput ``bad_dates`` where it ends before it begins, or is far off."""
    start, end = an_instant(uow, at), an_instant(uow, until) if until else None
    if end is not None and end <= start:
        raise BadInput("bad_dates", "A time ends after it begins.", "Choose a later end.")
    return start, end


def an_instant(uow: UnitOfWork, at: datetime | None = None) -> datetime:
    """An instant (now) in UTC. BadInput ``bad_dates`` for one that is too far off to be reckoned with."""
    if at is not None and not is_in_reach(at):
        raise BadInput(
            "bad_dates", f"This date is too far off: {at.year}.", "Choose one of the years 1900 to 2199."
        )
    return (at or uow.now).astimezone(UTC)
