"""The forwarder: gives each receiving store its turns, several stores at once, one worker at a store at a time."""

import queue
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from hub.logging import get_logger
from hub.runtime import Hub
from hub.xapi.forward import lease
from hub.xapi.forward.client import StoreClient
from hub.xapi.forward.turn import Turn

logger = get_logger(__name__)

THREADS = 8
"""Stores that one worker sends to at once. Those that do not answer hold a thread for seconds, and then wait."""
IDLE_SECONDS = 0.1
RENEW_SECONDS = 5.0
ERROR_SECONDS = 1.0
STOP_SECONDS = 8.0


@dataclass
class Forwarder:
    """Sends statements to every receiving store for which some wait. Stores are rows: new ones are found at once."""

    hub: Hub
    worker: str
    jitter: Callable[[], float] = random.random
    _client: StoreClient = field(init=False)
    _tokens: dict[str, str] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        """One client, and so one set of access tokens, for all turns."""
        self._client = StoreClient(self.hub.http, self.hub.sealer, self.hub.clock)

    def turn(self) -> bool:
        """Give every store that is due one turn, one after the other, whatever happens at one; whether any came further."""
        with self.hub.reading() as uow:
            due = lease.due_stores(uow)
        further = [self._send_to(store_id) for store_id in due]
        return any(further)

    def run(self, stop: threading.Event) -> None:
        """Send until ``stop`` is set. What takes too long then is left: its lease ends, and it is sent again."""
        work: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threads = [
            threading.Thread(target=self._take_turns, args=(work, stop), daemon=True) for _ in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        try:
            self._hand_out_until(stop, work)
        finally:
            deadline = time.monotonic() + STOP_SECONDS
            for _ in threads:
                work.put(None)
            for thread in threads:
                thread.join(max(0.0, deadline - time.monotonic()))

    def _hand_out_until(self, stop: threading.Event, work: "queue.SimpleQueue[str | None]") -> None:
        renewed = time.monotonic()
        while not stop.is_set():
            try:
                self._hand_out(work)
                if time.monotonic() - renewed > RENEW_SECONDS:
                    renewed = time.monotonic()
                    self._renew()
            except Exception:
                logger.exception("forwarder_failed")
                stop.wait(ERROR_SECONDS)
            stop.wait(IDLE_SECONDS)

    def _hand_out(self, work: "queue.SimpleQueue[str | None]") -> None:
        with self._lock:
            busy = set(self._tokens)
        if len(busy) >= THREADS:
            return
        with self.hub.reading() as uow:
            due = [store_id for store_id in lease.due_stores(uow) if store_id not in busy]
        for store_id in due[: THREADS - len(busy)]:
            with self._lock:
                self._tokens[store_id] = ""
            work.put(store_id)

    def _take_turns(self, work: "queue.SimpleQueue[str | None]", stop: threading.Event) -> None:
        while (store_id := work.get()) is not None:
            try:
                self._send_to(store_id, stop.is_set)
            except Exception:
                logger.exception("forward_turn_failed", store=store_id)
                stop.wait(ERROR_SECONDS)
            finally:
                with self._lock:
                    self._tokens.pop(store_id, None)

    def _send_to(self, store_id: str, stopped: Callable[[], bool] = lambda: False) -> bool:
        with self.hub.unit_of_work() as uow:
            hold = lease.take_lease(uow, store_id, self.worker)
        if hold is None:
            return False
        with self._lock:
            if store_id in self._tokens:
                self._tokens[store_id] = hold.token
        turn = Turn(self.hub, self._client, hold, self.jitter, stopped)
        try:
            return turn.run()
        except Exception as error:
            logger.exception("forward_turn_failed", store=hold.store.slug)
            turn.give_up(error)
            return False

    def _renew(self) -> None:
        with self._lock:
            tokens = [token for token in self._tokens.values() if token]
        if tokens:
            with self.hub.unit_of_work() as uow:
                lease.renew_all(uow, tokens)
