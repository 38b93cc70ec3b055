"""The worker: runs the readers, the queue of assignments and the outbox, until it is told to stop."""

import os
import random
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

import sqlalchemy as sa

from hub.audiences.assigning.reassign import CHUNK, has_queue, reassign, reassign_chunk
from hub.audiences.assigning.unasked import are_back, ask_again
from hub.garbage import seldom_collected
from hub.hooks.memory import resident_bytes
from hub.journal import Reader
from hub.journal.aside import heed_aside
from hub.journal.outbox import Handler, deliver, has_deliveries
from hub.journal.readers import register_readers, run_reader, with_work
from hub.journal.timings import save_timings
from hub.logging import get_logger
from hub.runtime import Hub
from hub.store.statistics import count_anew
from hub.training import tables as training

logger = get_logger(__name__)
IDLE_SECONDS = 0.1
ERROR_SECONDS = 1
QUEUE_SECONDS = 5
MANY = 5_000
"""People worked out one after the other, from which on the database is told to look at their goals anew."""
STOP_SECONDS = 10
TIMINGS_SECONDS = 5
ASIDE_SECONDS = 2
HOUSEKEEPING_SECONDS = 300
KEEP_EXPIRED = timedelta(days=1)


class Errand(Protocol):
    """Work with other systems that reads a log at its own pace, and so never inside a unit of work."""

    def turn(self) -> bool:
        """Do a little of what waits, and return when it is done; whether there was anything."""

    def run(self, stop: threading.Event) -> None:
        """Do what waits until ``stop`` is set, in threads of its own."""


def worker_name() -> str:
    """How this process is called where it says what it did."""
    return f"{socket.gethostname()}:{os.getpid()}"


@dataclass
class Worker:
    """One worker of any number. ``expiring`` are tables whose rows can go some time after their ``expires_at``.

    Deliveries of kinds that are ``left_alone`` wait until a worker takes them again.
    """

    hub: Hub
    readers: Sequence[Reader]
    handlers: Mapping[str, Handler]
    expiring: Sequence[sa.Table] = ()
    errands: Sequence[Errand] = ()
    left_alone: frozenset[str] = frozenset()
    name: str = field(default_factory=worker_name)
    _queue_due: float = 0.0
    _queue_is_long: bool = False
    _worked_out: int = 0
    is_outgrown: bool = False
    """Whether it ended because it had grown too large."""

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set; an error in one turn is logged and the next turn comes all the same.

        Deliveries have a thread of their own, so that a receiver that is slow delays no reader.
        """
        self.register()
        sender = threading.Thread(target=_repeat, args=(stop, self.send), name="deliveries", daemon=True)
        sender.start()
        running = [sender]
        for errand in self.errands:
            running.append(threading.Thread(target=_run_errand, args=(stop, errand), daemon=True))
            running[-1].start()
        try:
            with seldom_collected():
                _repeat(
                    stop,
                    self.follow_steadily,
                    (ASIDE_SECONDS, self.heed_aside),
                    (TIMINGS_SECONDS, self.save_timings),
                    (TIMINGS_SECONDS, lambda: self.end_if_outgrown(stop)),
                    (HOUSEKEEPING_SECONDS, self.remove_expired),
                )
        finally:
            deadline = time.monotonic() + STOP_SECONDS
            for thread in running:  # what hangs longer is taken by another worker when its lease is over
                thread.join(max(0.0, deadline - time.monotonic()))

    def register(self) -> None:
        """Give new readers their place, and learn which plugins are not to be called."""
        with self.hub.unit_of_work() as uow:
            register_readers(uow, self.readers)
        self.heed_aside()

    def turn(self) -> bool:
        """Do one batch of everything that waits; whether there was anything."""
        followed = self.follow()
        ran = [errand.turn() for errand in self.errands]
        return self.send() or any(ran) or followed

    def follow(self) -> bool:
        """Let every reader and the queue of assignments go on by one batch; whether there was anything."""
        return any(handled for handled, _ in self._follow())

    def follow_steadily(self) -> bool:
        """The same; whether something was left over.

        While statements keep coming, there is always one more. Whoever took each at once would spend on beginning and
        committing what is better left to those who send; a moment later there is a batch.
        """
        return any(handled >= batch for handled, batch in self._follow())

    def _follow(self) -> list[tuple[int, int]]:
        """How much was handled by each that had work, and how much it takes at most in a turn."""
        with self.hub.reading() as uow:
            waiting = with_work(uow, self.readers)
            queue = has_queue(uow)
        handled = {reader.name: run_reader(self.hub.unit_of_work, reader, self.name) for reader in waiting}
        turns = [(handled[reader.name], reader.batch) for reader in waiting]
        if queue and self._takes_queue(handled.get(reassign.name, 0) >= reassign.batch):
            turns.append((self._work_off(), 1))
        return turns

    def _work_off(self) -> int:
        """Work out one chunk of the queue; how many people that were.

        While the queue is long two at once: goals of the one are worked out while PostgreSQL writes those of the other.
        """
        at_once = 2 if self._queue_is_long and self.hub.engine.dialect.name != "sqlite" else 1
        if at_once == 1:
            done = self._chunk()
        else:
            with ThreadPoolExecutor(at_once) as threads:
                done = sum(each.result() for each in [threads.submit(self._chunk) for _ in range(at_once)])
        self._queue_is_long = done >= at_once * CHUNK
        self._worked_out += done
        if not self._queue_is_long:
            self._end_of_queue()
        return done

    def _end_of_queue(self) -> None:
        if self._worked_out >= MANY:
            with self.hub.unit_of_work() as uow:
                count_anew(uow, (training.goal, training.goal_source, training.waived_source))
        self._worked_out = 0

    def _chunk(self) -> int:
        with self.hub.unit_of_work() as uow:
            return reassign_chunk(uow)

    def _takes_queue(self, is_filling: bool) -> bool:
        """Whether it is time to work somebody out: seldom while the queue fills, or many would be worked out twice."""
        now = time.monotonic()
        if is_filling and now < self._queue_due:
            return False
        self._queue_due = now + QUEUE_SECONDS
        return True

    def send(self) -> bool:
        """Try deliveries that are due; whether there were any."""
        with self.hub.reading() as uow:
            if not has_deliveries(uow, self.left_alone):
                return False
        return deliver(self.hub.unit_of_work, self.handlers, left_alone=self.left_alone) > 0

    def drain(self) -> None:
        """Work until nothing waits; for commands and tests that want the result now."""
        self.register()
        with seldom_collected():
            while self.turn():
                pass
        self.save_timings()

    def save_timings(self) -> None:
        """Add up what this process measured of the plugins."""
        timings = self.hub.hooks.drain_timings()
        if timings:
            with self.hub.unit_of_work() as uow:
                save_timings(uow, timings)

    def heed_aside(self) -> None:
        """Learn which plugins are not to be called, and make up for those that can be asked again."""
        with self.hub.reading() as uow:
            heed_aside(uow)
            some_are_back = are_back(uow)
        if some_are_back:
            with self.hub.unit_of_work() as uow:
                ask_again(uow)

    def end_if_outgrown(self, stop: threading.Event) -> None:
        """End a worker that is larger than the settings allow, between two turns; and say which plugins it grew in."""
        limit, has = self.hub.settings.worker_megabytes, resident_bytes() // 2**20
        if not limit or has <= limit:
            return
        grown = [(plugin, hook, size // 2**20) for plugin, hook, size in self.hub.hooks.grown()[:3]]
        logger.error("worker_outgrown", megabytes=has, limit=limit, grown_in_plugins=grown)
        for plugin, hook, size in grown:
            if size > limit // 4:
                self.hub.hooks.note_error(
                    plugin,
                    hook,
                    f"a worker grew to {has:,} MB, about {size:,} MB of it here, and was started anew",
                )
        self.save_timings()
        self.is_outgrown = True
        stop.set()

    def remove_expired(self) -> None:
        """Delete what has been out of date for a day: flows, sessions, replay guards, tokens, counters."""
        with self.hub.unit_of_work() as uow:
            for table in self.expiring:
                uow.connection.execute(sa.delete(table).where(table.c.expires_at < uow.now - KEEP_EXPIRED))


def _run_errand(stop: threading.Event, errand: Errand) -> None:
    """Whatever ends it ends the worker, which is then started anew."""
    try:
        errand.run(stop)
    finally:
        stop.set()


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
                # Never at the same beat as the others, or the same one would always come first.
                stop.wait(IDLE_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311
    finally:
        stop.set()
