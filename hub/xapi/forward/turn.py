"""One turn of sending to one store: read a little, send it, write down that it arrived; again, for a while.

Sending stands between two units of work. Dying anywhere in between sends the last batch again, with the same ids.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from hub.logging import get_logger
from hub.runtime import Hub
from hub.xapi.forward import lease
from hub.xapi.forward.bodies import (
    Batch,
    Outgoing,
    load_statements,
    take_first,
    with_files,
)
from hub.xapi.forward.client import StoreClient
from hub.xapi.forward.lease import Hold, LostLease
from hub.xapi.forward.outcome import Outcome, Verdict, send_batch
from hub.xapi.forward.resend import MAX_BODY, resend_waiting
from hub.xapi.forward.select import select_stretch
from hub.xapi.forward.stores import StoreConfig

logger = get_logger(__name__)

MAX_BATCH = 50
MAX_WAIT = 300.0
"""Seconds between two attempts at a store that does not answer, unless it asks for more."""
MAX_REFUSED = 20
"""A receiver that refuses so many statements in a row, and takes none, may itself be at fault: it is given them slowly."""
MAX_REFUSED_WAIT = 10.0
MAX_WINDOWS = 20
"""Stretches looked at in vain before the place is written down."""
TURN_SECONDS = 5.0


@dataclass
class Turn:
    """A turn at one store. ``jitter`` gives numbers from 0 to 1, so that receivers are not all tried in the same moment."""

    hub: Hub
    client: StoreClient
    hold: Hold
    jitter: Callable[[], float]
    stopped: Callable[[], bool] = lambda: False
    settled: int = 0
    batch_size: int = field(init=False)
    ahead: list[Outgoing] = field(default_factory=list, init=False)
    """What has been read and not been sent yet; below ``ahead_upto`` there is nothing else for this store."""
    ahead_upto: int = field(default=0, init=False)
    ahead_for: StoreConfig = field(init=False)
    """What was decided about the store when that was read."""

    def __post_init__(self) -> None:
        """After failures a small batch goes first: what was too much for the receiver may be less the next time."""
        self.batch_size = max(1, MAX_BATCH >> min(self.hold.failures, 5))
        self.ahead_for = self.hold.store.config

    def run(self) -> bool:
        """Send until nothing waits, something fails or the turn is over; whether it came any further.

        A turn does not end before it has come anywhere: a refused batch that is being split would be whole again.
        """
        deadline = time.monotonic() + TURN_SECONDS
        begin = self.hold.position
        try:
            going, further = True, False
            while going and not self.stopped() and not self.hold.store.paused:
                going = self._resend() and self._send_next()
                further = self.settled > 0 or self.hold.position > begin
                going &= time.monotonic() < deadline or not further
            with self.hub.unit_of_work() as uow:
                lease.release(uow, self.hold.token)
        except LostLease:
            logger.info("forward_lease_lost", store=self.hold.store.slug)
        return further

    def give_up(self, error: Exception) -> None:
        """Something went wrong that nobody foresaw: note it, and let the store wait as after a failure of its own."""
        reason = f"The hub could not go on sending ({type(error).__name__}); its log says more."
        try:
            self._fail(Outcome(Verdict.DOWN, reason=reason))
            with self.hub.unit_of_work() as uow:
                lease.release(uow, self.hold.token)
        except LostLease:
            logger.info("forward_lease_lost", store=self.hold.store.slug)

    def _resend(self) -> bool:
        """Send one batch again, if a person asked for some; False when that failed."""
        if not self.hold.resends:
            return True
        resent = resend_waiting(self.hub, self.client, self.hold, self.batch_size)
        self.settled += resent.settled
        if resent.failure:
            return self._fail(resent.failure)
        with self.hub.unit_of_work() as uow:
            self.hold = lease.renew(uow, self.hold)
        return True

    def _send_next(self) -> bool:
        """Send the next batch; False when nothing waits, or when it failed."""
        if not self.ahead:
            self._read_ahead()
        if self.ahead:
            return self._send_first()
        if self.ahead_upto > self.hold.position:
            with self.hub.unit_of_work() as uow:
                self.hold = lease.note_passed(uow, self.hold, self.ahead_upto)
            return True
        return self.hold.resends

    def _read_ahead(self) -> None:
        """Read what is next for this store, some batches of it; nothing when nothing is."""
        hold = self.hold
        after = hold.position
        self.ahead_for = hold.store.config
        for _ in range(MAX_WINDOWS):
            if after >= hold.safe or self.ahead:
                break
            with self.hub.reading() as uow:
                stretch = select_stretch(
                    uow, hold.store.config.filter, after, hold.safe, not_from=hold.store.config.connection_id
                )
                self.ahead = load_statements(uow, stretch.positions, MAX_BODY)
            cut = bool(self.ahead) and self.ahead[-1].position != stretch.positions[-1]
            after = self.ahead[-1].position if cut else stretch.upto
        self.ahead_upto = after

    def _send_first(self) -> bool:
        """Send the first of what was read ahead, as it is now."""
        limit = min(MAX_BODY, self.hold.store.body_limit or MAX_BODY)
        chosen = take_first(self.ahead, self.batch_size, limit)
        with self.hub.reading() as uow:
            now = lease.look(uow, self.hold)
            # What was erased, or rewritten without somebody, since it was read goes nowhere.
            fresh = load_statements(uow, [each.position for each in chosen], sys.maxsize)
        changed = now.store.config != self.ahead_for or now.store.paused
        self.ahead = [] if changed else [*fresh, *self.ahead[len(chosen) :]]
        self.hold = replace(self.hold, store=now.store)
        if changed or not fresh:
            return True
        upto = self.ahead_upto if len(fresh) == len(self.ahead) else fresh[-1].position
        return self._send(with_files(self.hub, fresh), upto)

    def _send(self, batch: Batch, upto: int) -> bool:
        outcome = send_batch(self.client, self.hub.blobs, self.hold.store, batch)
        if outcome.verdict is Verdict.DELIVERED:
            with self.hub.unit_of_work() as uow:
                self.hold = lease.note_delivered(uow, self.hold, batch.positions, upto)
            self.settled += len(batch.statements)
            self._leave(len(batch.statements))
            self.batch_size = min(MAX_BATCH, self.batch_size * 2)
            return True
        if outcome.verdict is Verdict.DOWN:
            return self._fail(outcome)
        if len(batch.statements) > 1:
            self._send_less(batch, outcome)
            return True
        return self._park(batch.statements[0], outcome)

    def _send_less(self, batch: Batch, outcome: Outcome) -> None:
        """Split until what is refused stands alone."""
        self.batch_size = max(1, len(batch.statements) // 2)
        if outcome.verdict is Verdict.TOO_LARGE:
            with self.hub.unit_of_work() as uow:
                self.hold = lease.renew(uow, self.hold, body_limit=max(1, outcome.size // 2))

    def _park(self, refused: Outgoing, outcome: Outcome) -> bool:
        with self.hub.unit_of_work() as uow:
            self.hold = lease.note_parked(uow, self.hold, refused, outcome.status, outcome.reason)
        self.settled += 1
        self._leave(1)
        logger.info("forward_parked", store=self.hold.store.slug, status=outcome.status)
        in_a_row = self.hold.store.refused_in_a_row
        if in_a_row < MAX_REFUSED:
            return True
        reason = f"has refused {in_a_row} statements in a row; it {outcome.reason}"
        return self._fail(
            Outcome(Verdict.DOWN, outcome.status, reason), in_a_row - MAX_REFUSED, MAX_REFUSED_WAIT
        )

    def _leave(self, count: int) -> None:
        """These are settled."""
        self.ahead = self.ahead[count:]

    def _fail(self, outcome: Outcome, failures: int | None = None, at_most: float = MAX_WAIT) -> bool:
        """Leave everything as it is, and wait: longer each time."""
        failures = self.hold.failures if failures is None else failures
        longest = min(2.0 ** min(failures, 10), at_most)
        wait = max(timedelta(seconds=longest * (0.5 + self.jitter() / 2)), outcome.wait)
        with self.hub.unit_of_work() as uow:
            lease.note_failure(uow, self.hold, outcome.reason, wait)
        logger.warning(
            "forward_failed", store=self.hold.store.slug, status=outcome.status, wait=wait.total_seconds()
        )
        return False
