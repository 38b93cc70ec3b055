"""Handing on what changed, a hundred rows at a time, outside any unit of work."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from hub.exports.certified import CertifiedChange, Export, Refusals, exports_of
from hub.exports.compare import compare_people
from hub.exports.tables import export_row, of_list
from hub.exports.turns import Turn, TurnLost, end_turn, fail_turn, keep_turn, take_turn
from hub.logging import get_logger
from hub.runtime import Hub
from hub.store import UnitOfWork

logger = get_logger(__name__)
HOOK = "certified_changed"
ROWS = 100
EVERY_SECONDS = 5.0


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
        turn = take_turn(uow, plugin, export.key)
    if turn is None:
        return False
    try:
        return _send(hub, export, turn)
    except TurnLost:
        logger.warning("export_turn_lost", plugin=plugin, export=export.key)
        return False


def _send(hub: Hub, export: Export, turn: Turn) -> bool:
    try:
        with hub.reading() as uow:
            found = compare_people(uow, turn.plugin, export, turn.people)
        for start in range(0, len(found.changes), ROWS):
            part = found.changes[start : start + ROWS]
            refusals = Refusals()
            hub.hooks.tell(HOOK, turn.plugin, export=export, changes=part, refusals=refusals, http=hub.http)
            with hub.unit_of_work() as uow:
                keep_turn(uow, turn)
                _note_sent(uow, turn, part, found.owners, refusals)
    except TurnLost:
        raise
    except Exception as error:  # noqa: BLE001  (whatever a plugin does is noted and tried again)
        logger.warning("export_failed", plugin=turn.plugin, export=export.key, error=type(error).__name__)
        with hub.unit_of_work() as uow:
            fail_turn(uow, turn, error)
        return False
    with hub.unit_of_work() as uow:
        end_turn(uow, turn)
    return True


def _note_sent(
    uow: UnitOfWork,
    turn: Turn,
    changes: Sequence[CertifiedChange],
    owners: Mapping[str, str],
    refusals: Refusals,
) -> None:
    table = export_row
    ids = [change.id for change in changes if change.row is not None or change.id not in refusals.reasons]
    mine = of_list(table, turn.plugin, turn.export)
    uow.connection.execute(sa.delete(table).where(mine, uow.among(table.c.id, ids)))
    uow.execute_many(
        sa.insert(table),
        [
            {
                "plugin": turn.plugin,
                "export": turn.export,
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
