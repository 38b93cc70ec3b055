"""Writing a change of the network that a service decided: into the journal and the tables, by the same door as an import."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.errors import Missing
from hub.ids import is_id
from hub.journal import Change, record_changes
from hub.network.apply_changes import apply_changes
from hub.store import UnitOfWork

NETWORK_LOCK = 7_170_002
"""On PostgreSQL whoever changes trees, locations or partners takes turns with all others, imports included."""


def lock_network(uow: UnitOfWork) -> None:
    """Let only this unit change the network until it ends; on SQLite writers take turns in any case."""
    if not uow.is_sqlite:
        uow.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(NETWORK_LOCK)))


def record(
    uow: UnitOfWork,
    kind: str,
    bodies: Mapping[str, Mapping[str, Any]],
    *,
    actor_id: str | None = None,
) -> None:
    """Let these subjects (by id) be as their snapshots say; ``kind`` is one of ``apply_changes.CHANGE_KINDS``."""
    record_changes(uow, [Change(kind, id, body, actor_id=actor_id) for id, body in bodies.items()])
    apply_changes(uow, kind, list(bodies.values()))


def find_row(uow: UnitOfWork, table: sa.Table, id: str, kind: str) -> Any:
    """The row with this id, or Missing ``no_<kind>``; a text that is no id finds nothing."""
    row = uow.find(table, id=id) if is_id(id) else None
    if row is None:
        raise Missing(f"no_{kind}", f"There is no such {kind}.")
    return row


def stated(start: datetime, end: datetime | None) -> dict[str, str | None]:
    """A validity as snapshots have it."""
    return {"valid_from": start.isoformat(), "valid_to": end.isoformat() if end else None}


def clipped(parts: Sequence[Mapping[str, Any]], at: datetime) -> list[dict[str, Any]]:
    """Dated parts of a snapshot up to an instant: what began before it ends there at the latest, the rest is left out."""
    kept = []
    for part in parts:
        if datetime.fromisoformat(part["valid_from"]) < at:
            end = part["valid_to"]
            over = end is not None and datetime.fromisoformat(end) <= at
            kept.append({**part, "valid_to": end if over else at.isoformat()})
    return kept
