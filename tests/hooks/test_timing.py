"""Durations are counted in buckets, whatever the number of threads, and none is lost."""

from itertools import pairwise
from threading import Thread

import pytest

from hub.hooks.timing import BUCKET_SECONDS, FOLD_AT, Measured, Timing


def test_buckets_are_five_for_each_power_of_ten() -> None:
    assert len(BUCKET_SECONDS) == 41
    assert (BUCKET_SECONDS[0], BUCKET_SECONDS[-1]) == pytest.approx((1e-6, 100))
    assert all(1.5 < later / earlier < 1.7 for earlier, later in pairwise(BUCKET_SECONDS))
    assert len(Timing().buckets) == len(BUCKET_SECONDS) + 1


def test_each_duration_is_in_the_bucket_that_bounds_it() -> None:
    measured = Measured()
    measured.durations.extend([0.0, 1e-6, 1.1e-6, 0.001, 1000])
    timing = measured.drain()
    assert timing is not None
    assert [(place, count) for place, count in enumerate(timing.buckets) if count] == [
        (0, 2),
        (1, 1),
        (15, 1),
        (41, 1),
    ]
    assert (timing.calls, timing.slowest) == (5, 1000)
    assert measured.drain() is None


def test_no_call_of_any_thread_is_lost() -> None:
    measured = Measured()
    drained: list[Timing] = []

    def call() -> None:
        for _ in range(5 * FOLD_AT):
            measured.durations.append(0.001)
            if len(measured.durations) >= FOLD_AT:
                measured.fold()

    threads = [Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        timing = measured.drain()
        if timing:
            drained.append(timing)
    for thread in threads:
        thread.join()
    timing = measured.drain()
    if timing:
        drained.append(timing)
    assert sum(t.calls for t in drained) == sum(sum(t.buckets) for t in drained) == 20 * FOLD_AT
    assert sum(t.seconds for t in drained) == pytest.approx(20 * FOLD_AT * 0.001)
