"""Handing on what changed, a hundred rows at a time, outside any unit of work."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from hub.errors import OutsideFailed
from hub.exports.certified import CertifiedChange, CertifiedPerson, Export, Refusals, exports_of
from hub.exports.queue import begin_day
from hub.exports.read_certified import read_certified
from hub.exports.tables import export_queue, export_row, export_state
from hub.logging import get_logger
from hub.runtime import Hub
from hub.store import UnitOfWork

logger = get_logger(__name__)
HOOK = "certified_changed"
PEOPLE, ROWS = 200, 100
LEASE = timedelta(minutes=5)
EVERY_SECONDS = 5.0
LONGEST_WAIT = 3600.0


@dataclass(frozen=True)
class CertifiedExports:
    """An errand of the worker; of any number of workers, one sends a list at a time."""

    hub: Hub

    def turn(self) -> bool:
        """Send some of every list; whether there was anything."""
        exports = exports_of(self.hub.hooks)
        turns = [send_some(self.hub, plugin, export) for (plugin, _), export in exports.items()]
        return any(turns)

    def run(self, stop: threading.Event) -> None:
        """Send until ``stop`` is set; what fails is logged and tried again."""
        while not stop.is_set():
            worked = False
            try:
                worked = self.turn()
            except Exception:
                logger.exception("exports_failed")
            if not worked:
                stop.wait(EVERY_SECONDS)


def send_some(hub: Hub, plugin: str, export: Export) -> bool:
    """Compare the next people with what the list has of them, and hand on the difference; whether there was anybody."""
    with hub.unit_of_work() as uow:
        begin_day(uow, plugin, export.key)
        queued = _take(uow, plugin, export.key)
    if not queued:
        return False
    try:
        with hub.reading() as uow:
            changes, owners = _compare(uow, plugin, export, list(queued))
        for start in range(0, len(changes), ROWS):
            part = changes[start : start + ROWS]
            refusals = Refusals()
            hub.hooks.tell(HOOK, plugin, export=export, changes=part, refusals=refusals, http=hub.http)
            with hub.unit_of_work() as uow:
                _note_sent(uow, plugin, export.key, part, owners, refusals)
    except Exception as error:  # noqa: BLE001  (whatever a plugin does is noted and tried again)
        logger.warning("export_failed", plugin=plugin, export=export.key, error=type(error).__name__)
        with hub.unit_of_work() as uow:
            _note_failure(uow, plugin, export.key, error)
        return False
    with hub.unit_of_work() as uow:
        _finish(uow, plugin, export.key, queued)
    return True


def _mine(table: sa.Table, plugin: str, export: str) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.plugin == plugin, table.c.export == export)


def _take(uow: UnitOfWork, plugin: str, export: str) -> dict[str, Any]:
    """The next people with when they were put there, under a lease; nobody while another sends, or the list must wait."""
    state, queue = export_state, export_queue
    free = (
        sa.select(state.c.plugin)
        .where(_mine(state, plugin, export), state.c.leased_until <= uow.now, state.c.retry_at <= uow.now)
        .with_for_update(skip_locked=True)
    )
    if uow.connection.execute(free).one_or_none() is None:
        return {}
    query = sa.select(queue.c.person_id, queue.c.since).where(_mine(queue, plugin, export))
    rows = uow.connection.execute(query.order_by(queue.c.since, queue.c.person_id).limit(PEOPLE)).all()
    if rows:
        lease = sa.update(state).where(_mine(state, plugin, export))
        uow.connection.execute(lease.values(leased_until=uow.now + LEASE))
    return {row.person_id: row.since for row in rows}


def _compare(
    uow: UnitOfWork, plugin: str, export: Export, people: Sequence[str]
) -> tuple[list[CertifiedChange], dict[str, str]]:
    """What the list lacks or has too much, and whose each row is. What goes comes first, so that a place is free before it is taken."""
    table = export_row
    had = {
        row.id: row
        for row in uow.connection.execute(
            sa.select(table).where(
                _mine(table, plugin, export.key), uow.among(table.c.person_id, list(people))
            )
        )
    }
    rows = {row.id: row for row in read_certified(uow, export, people)}
    owners = {id: row.person_id for id, row in had.items()} | {id: row.person_id for id, row in rows.items()}
    gone = [CertifiedChange(id, None) for id in sorted(had) if id not in rows]
    new = [CertifiedChange(id, row) for id, row in sorted(rows.items()) if _differs(row, had.get(id))]
    return [*gone, *new], owners


def _differs(row: CertifiedPerson, had: sa.Row[Any] | None) -> bool:
    return had is None or had.content_hash != row.hash


def _note_sent(
    uow: UnitOfWork,
    plugin: str,
    export: str,
    changes: Sequence[CertifiedChange],
    owners: Mapping[str, str],
    refusals: Refusals,
) -> None:
    table = export_row
    ids = [change.id for change in changes if change.row is not None or change.id not in refusals.reasons]
    uow.connection.execute(sa.delete(table).where(_mine(table, plugin, export), uow.among(table.c.id, ids)))
    uow.execute_many(
        sa.insert(table),
        [
            {
                "plugin": plugin,
                "export": export,
                "id": change.id,
                "person_id": owners[change.id],
                "content_hash": "" if change.id in refusals.reasons else change.row.hash,
                "refused": refusals.reasons.get(change.id, ""),
                "sent_at": uow.now,
            }
            for change in changes
            if change.row is not None
        ],
    )


def _finish(uow: UnitOfWork, plugin: str, export: str, queued: Mapping[str, Any]) -> None:
    queue, state = export_queue, export_state
    for since in sorted(set(queued.values())):
        # Whoever was put there again meanwhile is looked at again.
        ids = [id for id, at in queued.items() if at == since]
        done = _mine(queue, plugin, export) & uow.among(queue.c.person_id, ids) & (queue.c.since == since)
        uow.connection.execute(sa.delete(queue).where(done))
    values = {"leased_until": uow.now, "failures": 0, "last_error": ""}
    uow.connection.execute(sa.update(state).where(_mine(state, plugin, export)).values(**values))


def _note_failure(uow: UnitOfWork, plugin: str, export: str, error: Exception) -> None:
    state = export_state
    mine = _mine(state, plugin, export)
    failures = (uow.connection.scalar(sa.select(state.c.failures).where(mine)) or 0) + 1
    asked = error.wait if isinstance(error, OutsideFailed) else 0.0
    wait = min(max(2.0 ** min(failures, 12), asked), LONGEST_WAIT)
    uow.connection.execute(
        sa.update(state)
        .where(mine)
        .values(
            leased_until=uow.now,
            failures=failures,
            retry_at=uow.now + timedelta(seconds=wait),
            last_error=f"{type(error).__name__}: {error}"[:2000],
        )
    )
