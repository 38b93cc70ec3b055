"""What a worker does beside the readers.

Counting arrivals, sealing the audit trail, carrying on with retention, ending erasures and deletions, and letting mails go
that waited for a server.
"""

import threading
import time
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from hub.journal.arrivals import BATCH, count_arrivals, has_arrivals
from hub.journal.seal import has_unsealed, seal_audit
from hub.lifecycle.apply_retention import begin_retention, carry_on, list_runs, unfinished_runs
from hub.lifecycle.delete_files import settle_files
from hub.lifecycle.erase import carry_on_in_plugins
from hub.lifecycle.erase_in_plugins import has_due, has_new_erasers, remember_erasers
from hub.lifecycle.plan_retention import RetentionPlanChanged, plan_retention
from hub.lifecycle.traces import finish_erasures, has_traces
from hub.logging import get_logger
from hub.notify.send_mail import has_waiting, queue_waiting

if TYPE_CHECKING:
    from hub.runtime import Hub

logger = get_logger(__name__)
PAUSE_SECONDS = 2.0
BUSY_SECONDS = 0.05
ERROR_SECONDS = 30.0
SETTLE_SECONDS = 600.0
DAY = timedelta(days=1)


@dataclass
class Upkeep:
    """An errand of the worker, in a thread of its own, so that it delays no reader."""

    hub: "Hub"
    planned_on: date | None = None
    """The last day for which this process has planned: planning reads much, and tomorrow's cutoffs are the next that differ."""
    settle_at: float = 0.0
    """When to look next for deletions of files that a kill interrupted, on the clock of ``time.monotonic``."""
    finish_at: float = 0.0
    """When to try again to end erasures, if the last attempt failed."""
    knows_erasers: bool = False
    """Whether it is remembered which plugins erase people. Once is enough: they are the same as long as the process lives."""

    def turn(self) -> bool:
        """Do a little of what waits; whether there was anything."""
        with self.hub.reading() as uow:
            arrived, runs, traces = has_arrivals(uow), unfinished_runs(uow), has_traces(uow)
            mails, unsealed, plugins = has_waiting(uow), has_unsealed(uow), has_due(uow)
            new_erasers = not self.knows_erasers and has_new_erasers(uow)
        if new_erasers:
            with self.hub.unit_of_work() as uow:
                remember_erasers(uow)
        self.knows_erasers = True
        sealed = 0
        if mails:
            with self.hub.unit_of_work() as uow:
                queue_waiting(uow)
        if unsealed:
            with self.hub.unit_of_work() as uow:
                sealed = seal_audit(uow)
        counted = 0
        if arrived:
            with self.hub.unit_of_work() as uow:
                counted = count_arrivals(uow)
        if runs and counted < BATCH:  # what is not counted yet cannot go
            carry_on(self.hub, runs[0], chunks=1)
        if traces and time.monotonic() >= self.finish_at:
            self.finish_at = time.monotonic() + ERROR_SECONDS  # even if the blob store fails
            if finish_erasures(self.hub):
                self.finish_at = 0.0
        if plugins:
            carry_on_in_plugins(self.hub)
        if time.monotonic() >= self.settle_at:
            self.settle_at = time.monotonic() + SETTLE_SECONDS
            settle_files(self.hub)
        return counted > 0 or bool(runs) or mails or sealed > 0

    def run(self, stop: threading.Event) -> None:
        """Do what waits until ``stop`` is set; what fails is logged and tried again."""
        while not stop.is_set():
            pause = PAUSE_SECONDS
            try:
                if self.turn():
                    pause = BUSY_SECONDS
                elif self.hub.settings.retention_daily:
                    self.begin_daily()
            except Exception:
                logger.exception("upkeep_failed")
                pause = ERROR_SECONDS
            stop.wait(pause)

    def begin_daily(self) -> bool:
        """Begin today's retention, if none was begun in the last day and the rules ask for anything; whether it did."""
        with self.hub.reading() as uow:
            today, runs = uow.now.date(), list_runs(uow)
            if self.planned_on == today or (runs and uow.now - runs[0].began_at < DAY):
                return False
            plan = plan_retention(uow)
        self.planned_on = today
        if not plan.statements:
            return False
        try:
            begin_retention(self.hub, plan.hash)
        except RetentionPlanChanged:
            self.planned_on = None  # somebody changed a rule at this moment; the next turn plans again
            return False
        return True
