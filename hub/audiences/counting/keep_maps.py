"""An errand of the worker: bitmaps are built when there is a network they are worth it for, and again when much has changed."""

import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from hub.audiences.counting.build_maps import build_maps
from hub.audiences.counting.maps import changed_since
from hub.audiences.counting.tables import appointment_map_state
from hub.logging import get_logger
from hub.network.tables import appointment
from hub.store import UnitOfWork

if TYPE_CHECKING:
    from hub.runtime import Hub

logger = get_logger(__name__)
EVERY_SECONDS = 60.0
WORTH_IT = 50_000
"""Appointments: fewer are counted as quickly without."""
CHANGED = 5_000
"""People: so many are looked at beside the bitmaps without being felt."""
AGAIN, OLD = timedelta(minutes=10), timedelta(days=1)


@dataclass
class KeepMaps:
    """Any number of workers may have it; one builds at a time."""

    hub: "Hub"
    look_at: float = 0.0
    """When to look next, on the clock of ``time.monotonic``."""

    def turn(self) -> bool:
        """Build if it is time; True never, for nobody waits for it."""
        if time.monotonic() < self.look_at:
            return False
        self.look_at = time.monotonic() + EVERY_SECONDS
        with self.hub.reading() as uow:
            due = is_due(uow)
        if due:
            with self.hub.unit_of_work() as uow:
                if not build_maps(uow):
                    self.look_at = time.monotonic() + AGAIN.total_seconds()
        return False

    def run(self, stop: threading.Event) -> None:
        """Look until ``stop`` is set; what fails is logged and tried again."""
        while not stop.is_set():
            try:
                self.turn()
            except Exception:
                logger.exception("maps_failed")
            stop.wait(EVERY_SECONDS)


def is_due(uow: UnitOfWork, worth_it: int = WORTH_IT) -> bool:
    """Whether bitmaps are to be built: there are none, they are a day old, or many people have changed since."""
    if uow.is_sqlite:
        return False
    state = uow.connection.execute(sa.select(appointment_map_state)).one_or_none()
    if state is None:
        enough = sa.select(appointment.c.id).offset(worth_it).limit(1)
        return uow.connection.scalar(enough) is not None
    if uow.now - state.built_at < AGAIN:
        return False
    changed = changed_since(state.position).limit(CHANGED + 1).subquery()
    return (
        uow.now - state.built_at > OLD
        or (uow.connection.scalar(sa.select(sa.func.count()).select_from(changed)) or 0) > CHANGED
    )
