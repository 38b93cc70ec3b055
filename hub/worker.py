"""The worker: runs the readers, the queue of assignments and the outbox, until it is told to stop."""

import os
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import sqlalchemy as sa

from hub.audiences.reassign import has_queue, reassign_chunk
from hub.journal import Reader
from hub.journal.outbox import Handler, deliver, has_deliveries
from hub.journal.readers import has_work, register_readers, run_reader
from hub.journal.timings import save_timings
from hub.logging import get_logger
from hub.runtime import Hub

logger = get_logger(__name__)
IDLE_SECONDS = 0.1
ERROR_SECONDS = 1
STOP_SECONDS = 10
TIMINGS_SECONDS = 5
HOUSEKEEPING_SECONDS = 300
KEEP_EXPIRED = timedelta(days=1)


@dataclass
class Worker:
    """One worker of any number. ``expiring`` are tables whose rows can go some time after their ``expires_at``."""

    hub: Hub
    readers: Sequence[Reader]
    handlers: Mapping[str, Handler]
    expiring: Sequence[sa.Table] = ()
    name: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}")

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set; an error in one turn is logged and the next turn comes all the same.

        Deliveries have a thread of their own, so that a receiver that is slow delays no reader.
        """
        self.register()
        sender = threading.Thread(target=_repeat, args=(stop, self.send), name="deliveries", daemon=True)
        sender.start()
        try:
            _repeat(
                stop,
                self.follow,
                (TIMINGS_SECONDS, self.save_timings),
                (HOUSEKEEPING_SECONDS, self.remove_expired),
            )
        finally:
            sender.join(STOP_SECONDS)  # what hangs longer is taken by another worker when its lease is over

    def register(self) -> None:
        """Give new readers their place."""
        with self.hub.unit_of_work() as uow:
            register_readers(uow, self.readers)

    def turn(self) -> bool:
        """Do one batch of everything that waits; whether there was anything."""
        followed = self.follow()
        return self.send() or followed

    def follow(self) -> bool:
        """Let every reader and the queue of assignments go on by one batch; whether there was anything."""
        with self.hub.reading() as uow:
            waiting = [reader for reader in self.readers if has_work(uow, reader)]
            queue = has_queue(uow)
        worked = False
        for reader in waiting:
            worked |= run_reader(self.hub.unit_of_work, reader, self.name) > 0
        if queue:
            with self.hub.unit_of_work() as uow:
                worked |= reassign_chunk(uow) > 0
        return worked

    def send(self) -> bool:
        """Try deliveries that are due; whether there were any."""
        with self.hub.reading() as uow:
            if not has_deliveries(uow):
                return False
        return deliver(self.hub.unit_of_work, self.handlers) > 0

    def drain(self) -> None:
        """Work until nothing waits; for commands and tests that want the result now."""
        self.register()
        while self.turn():
            pass
        self.save_timings()

    def save_timings(self) -> None:
        """Add up what this process measured of the plugins."""
        timings = self.hub.hooks.drain_timings()
        if timings:
            with self.hub.unit_of_work() as uow:
                save_timings(uow, timings)

    def remove_expired(self) -> None:
        """Delete what has been out of date for a day: flows, sessions, replay guards, tokens, counters."""
        with self.hub.unit_of_work() as uow:
            for table in self.expiring:
                uow.connection.execute(sa.delete(table).where(table.c.expires_at < uow.now - KEEP_EXPIRED))


def _repeat(
    stop: threading.Event, step: Callable[[], bool], *now_and_then: tuple[float, Callable[[], None]]
) -> None:
    """Take steps until told to stop, and every so many seconds do something else. Whatever ends this ends the worker."""
    due = [0.0 for _ in now_and_then]
    try:
        while not stop.is_set():
            worked = False
            try:
                worked = step()
                for place, (seconds, action) in enumerate(now_and_then):
                    if time.monotonic() >= due[place]:
                        due[place] = time.monotonic() + seconds
                        action()
            except Exception:
                logger.exception("worker_turn_failed")
                stop.wait(ERROR_SECONDS)
            if not worked:
                stop.wait(IDLE_SECONDS)
    finally:
        stop.set()
