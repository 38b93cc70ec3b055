"""A worker that stops between an answer and the place it would write down, and waits to be killed.

``python -m tests.xapi.forward.doomed_forwarder DATABASE_URL HOST:PORT BATCHES``
"""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from hub.app import open_hub
from hub.clock import SettableClock
from hub.config import Settings
from hub.store import UnitOfWork
from hub.xapi.forward import lease
from hub.xapi.forward.forwarder import Forwarder
from hub.xapi.forward.lease import Hold


def wait_after(batches: int) -> None:
    """Write so many batches down, then say that one more was sent, and wait."""
    real, left = lease.note_delivered, iter(range(batches))

    def note_delivered(uow: UnitOfWork, hold: Hold, positions: Sequence[int], upto: int) -> Hold:
        if next(left, None) is None:
            print("sent", flush=True)
            sys.stdin.read()
        return real(uow, hold, positions, upto)

    lease.note_delivered = note_delivered


if __name__ == "__main__":
    url, host, batches = sys.argv[1:]
    wait_after(int(batches))
    hub = open_hub(
        Settings(database_url=url, secret_key="only-for-tests-0123456789abcdefghij", outgoing_allow=[host]),
        clock=SettableClock(datetime(2026, 5, 4, 9, tzinfo=UTC)),
    )
    Forwarder(hub, "doomed").turn()
