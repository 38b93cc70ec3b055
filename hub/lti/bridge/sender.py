"""The sender of grades: takes scores from their lanes and sends them, several gradebooks at once, none held up by another."""

import queue
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hub.errors import OutsideFailed
from hub.journal import audit, lanes
from hub.journal.lanes import Failure, Taken
from hub.logging import get_logger
from hub.lti.bridge.grade import send_grade
from hub.lti.bridge.lease import Lease
from hub.lti.bridge.outcome import failure_of
from hub.lti.bridge.pass_back import AGS_SCORE
from hub.lti.bridge.returned import release_returned
from hub.runtime import Hub

logger = get_logger(__name__)

THREADS = 8
"""Scores that one worker sends at once."""
IDLE_SECONDS = 0.5
BUSY_SECONDS = 0.02
ERROR_SECONDS = 1.0
STOP_SECONDS = 8.0
RETURNED_EVERY = timedelta(minutes=1)
_Work = queue.SimpleQueue[Taken | None]


@dataclass
class GradeSender:
    """Sends scores to the gradebooks of platforms, each until it has arrived or is parked."""

    hub: Hub
    _busy: Counter[str] = field(default_factory=Counter, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _looked_at: datetime = field(default=datetime.min.replace(tzinfo=UTC), init=False)

    def turn(self) -> bool:
        """Send what is due, a few, one after the other; whether there was anything."""
        taken = self._take(THREADS)
        for each in taken:
            self._send(each)
        return bool(taken)

    def run(self, stop: threading.Event) -> None:
        """Send until ``stop`` is set. What takes too long then is left: its lease ends, and it is sent again."""
        work: _Work = queue.SimpleQueue()
        threads = [
            threading.Thread(target=self._work, args=(work, stop), daemon=True) for _ in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        try:
            while not stop.is_set():
                stop.wait(self._hand_out(work, stop))
        finally:
            deadline = time.monotonic() + STOP_SECONDS
            for _ in threads:
                work.put(None)
            for thread in threads:
                thread.join(max(0.0, deadline - time.monotonic()))

    def _hand_out(self, work: _Work, stop: threading.Event) -> float:
        """Give what is due to the threads; seconds to wait before the next time."""
        with self._lock:
            free = THREADS - self._busy.total()
        if free <= 0:
            return BUSY_SECONDS
        try:
            taken = self._take(free)
        except Exception:
            logger.exception("grade_sender_failed")
            return ERROR_SECONDS
        for each in taken:
            work.put(each)
        # Never at the same beat as other workers, or the same one would always come first.
        return BUSY_SECONDS if taken else IDLE_SECONDS * random.uniform(0.5, 1.5)  # noqa: S311

    def _take(self, limit: int) -> list[Taken]:
        now = self.hub.clock.now()
        if now - self._looked_at >= RETURNED_EVERY:
            self._looked_at = now
            release_returned(self.hub)
        with self.hub.reading() as uow:
            if not lanes.has_due(uow, AGS_SCORE):
                return []
        with self._lock:
            busy = Counter(self._busy)
        with self.hub.unit_of_work() as uow:
            taken = lanes.take(uow, AGS_SCORE, limit, busy)
        with self._lock:
            self._busy.update(each.delivery.receiver for each in taken)
        return taken

    def _work(self, work: _Work, stop: threading.Event) -> None:
        while (taken := work.get()) is not None:
            try:
                self._send(taken)
            except Exception:  # its lease ends, and it is sent again
                logger.exception("grade_not_settled", delivery=taken.delivery.id)
                stop.wait(ERROR_SECONDS)

    def _send(self, taken: Taken) -> None:
        try:
            self._settle(taken, self._try(taken))
        finally:
            with self._lock:
                self._busy[taken.delivery.receiver] -= 1

    def _try(self, taken: Taken) -> int | Failure:
        """The status of the gradebook's answer, or what went wrong."""
        try:
            return send_grade(self.hub, taken.delivery.body, Lease(self.hub, taken).keep)
        except OutsideFailed as error:
            return failure_of(error)
        except Exception as error:
            logger.exception("grade_failed", delivery=taken.delivery.id)
            reason = f"The hub could not send it ({type(error).__name__}); its log says more."
            return Failure("hub_failed", reason, passing=True)

    def _settle(self, taken: Taken, outcome: int | Failure) -> None:
        delivery = taken.delivery
        with self.hub.unit_of_work() as uow:
            if isinstance(outcome, Failure):
                lanes.settle_failed(uow, taken, outcome)
            else:
                lanes.settle_delivered(uow, taken, outcome)
                audit(
                    uow,
                    "score_passed_back",
                    delivery.body["statement_id"],
                    actor_id=delivery.person_id,
                    connection_id=delivery.receiver,
                    detail={
                        "delivery": delivery.id,
                        delivery.body["target_kind"]: delivery.body["target_id"],
                    },
                )
        if isinstance(outcome, Failure):
            logger.info(
                "grade_not_delivered",
                delivery=delivery.id,
                receiver=delivery.receiver,
                code=outcome.code,
                status=outcome.status,
            )
