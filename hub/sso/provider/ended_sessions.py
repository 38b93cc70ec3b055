"""What a worker does for clients: sessions that ended by themselves are told as well."""

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass

from hub.logging import get_logger
from hub.runtime import Hub
from hub.sso.provider.grants import sessions_over, stray_sessions
from hub.sso.provider.tell import tell_clients
from hub.store import UnitOfWork

logger = get_logger(__name__)
EVERY_SECONDS = 60
STRAYS_EVERY = 10
BATCH = 200


@dataclass(frozen=True)
class EndedSessions:
    """An errand of the worker; any number of workers may have it, telling twice is telling once."""

    hub: Hub

    def turn(self) -> bool:
        """Tell the clients of sessions that are over; whether there were any."""
        return self.tell(sessions_over) or self.tell(stray_sessions)

    def tell(self, find: Callable[[UnitOfWork, int], list[str]]) -> bool:
        """Tell the clients of some of the sessions that are found; whether there were any."""
        with self.hub.reading() as uow:
            over = find(uow, BATCH)
        if over:
            with self.hub.unit_of_work() as uow:
                tell_clients(uow, over)
        return bool(over)

    def run(self, stop: threading.Event) -> None:
        """Look once a minute until ``stop`` is set; for those that ended in another way than by time every ten minutes."""
        for minute in itertools.count():
            if stop.wait(EVERY_SECONDS):
                return
            try:
                while self.tell(sessions_over) and not stop.is_set():
                    pass
                while minute % STRAYS_EVERY == 0 and self.tell(stray_sessions) and not stop.is_set():
                    pass
            except Exception:
                logger.exception("ended_sessions_failed")  # the next look comes all the same
