"""Timings of plugins: what several processes measured adds up."""

import threading
from concurrent.futures import ThreadPoolExecutor

from hub.clock import SettableClock
from hub.hooks import Timing
from hub.journal.timings import save_timings
from hub.journal.views import TimingRow, list_timings
from hub.runtime import Hub


def save(hub: Hub, *timings: Timing) -> None:
    with hub.unit_of_work() as uow:
        save_timings(uow, {("badges", f"hook_{place}"): timing for place, timing in enumerate(timings)})


def saved(hub: Hub) -> list[TimingRow]:
    with hub.reading() as uow:
        return list_timings(uow)


def test_timings_add_up_and_the_last_error_stays_until_the_next(hub: Hub, clock: SettableClock) -> None:
    save(hub, Timing(calls=2, errors=1, seconds=0.5, slowest=0.375, last_error="first"))
    failed_at = clock.now()
    clock.advance(hours=1)
    save(hub, Timing(calls=3, seconds=0.25, slowest=0.125))
    (row,) = saved(hub)
    assert (row.calls, row.errors, row.seconds, row.slowest) == (5, 1, 0.75, 0.375)
    assert (row.last_error, row.last_error_at, row.last_at) == ("first", failed_at, clock.now())
    save(hub, Timing(calls=1, errors=1, seconds=1, slowest=1, last_error="second"))
    (row,) = saved(hub)
    assert (row.slowest, row.last_error, row.last_error_at) == (1, "second", clock.now())


def test_processes_that_save_the_same_new_hooks_at_once_lose_nothing(hub: Hub) -> None:
    together = threading.Barrier(4)

    def save_together(_: int) -> None:
        together.wait()
        save(hub, *[Timing(calls=1, seconds=0.5, slowest=0.5)] * 5)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(save_together, range(4)))
    assert [(row.calls, row.seconds) for row in saved(hub)] == [(4, 2.0)] * 5
