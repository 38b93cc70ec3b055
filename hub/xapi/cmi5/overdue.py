"""What a worker does for sessions now and then: those whose time is over are abandoned, and old tokens go."""

import threading
from dataclasses import dataclass

from hub.logging import get_logger
from hub.runtime import Hub
from hub.xapi.cmi5.sessions import abandon_overdue, forget_old_tokens

logger = get_logger(__name__)
EVERY_SECONDS = 60


@dataclass(frozen=True)
class OverdueSessions:
    """An errand of the worker; any number of workers may have it, each registration is locked while it is done."""

    hub: Hub

    def turn(self) -> bool:
        """Abandon what is overdue; whether there was anything."""
        return abandon_overdue(self.hub) > 0

    def run(self, stop: threading.Event) -> None:
        """Look once a minute until ``stop`` is set."""
        while not stop.wait(EVERY_SECONDS):
            try:
                self.turn()
                forget_old_tokens(self.hub)
            except Exception:
                logger.exception("overdue_sessions_failed")  # the next look comes all the same
