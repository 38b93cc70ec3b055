"""Holding on to a score for as long as sending it takes: a gradebook may need many calls, each of them slow."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hub.journal import lanes
from hub.journal.lanes import Taken
from hub.journal.outbox import LEASE
from hub.lti.bridge.outcome import ServiceFailed
from hub.runtime import Hub

NEEDED = timedelta(seconds=45)
"""What must be left of a lease when a call begins: one waits for its turn, for a connection and for the answer."""


@dataclass
class Lease:
    """The lease of one score that is being sent."""

    hub: Hub
    taken: Taken
    _until: datetime = field(init=False)

    def __post_init__(self) -> None:
        self._until = self.taken.leased_until

    def keep(self) -> None:
        """Renew the lease where less than NEEDED is left; ServiceFailed ``overtaken`` when the score is no longer ours to send.

        So an older score never sets out after a newer one, nor one that somebody else is sending by now.
        """
        if self.hub.clock.now() + NEEDED <= self._until:
            return
        with self.hub.unit_of_work() as uow:
            if not lanes.hold(uow, self.taken):
                raise ServiceFailed("overtaken", "Sending took so long that a newer score went first.")
            self._until = uow.now + LEASE
