"""Timings of plugins: what several processes measured adds up."""

import threading
from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from hub.app import open_worker
from hub.clock import SettableClock
from hub.hooks import Timing
from hub.hooks.timing import BUCKET_SECONDS
from hub.journal.tables import plugin_bucket, plugin_hour
from hub.journal.timings import Lately, read_durations, read_lately, save_timings, share_within
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


def took(*seconds: float, errors: int = 0, last_error: str = "") -> Timing:
    """Calls that took so long."""
    timing = Timing(len(seconds), errors, sum(seconds), max(seconds, default=0.0), last_error)
    for each in seconds:
        timing.buckets[bisect_left(BUCKET_SECONDS, each)] += 1
    return timing


def lately(hub: Hub) -> Lately:
    with hub.reading() as uow:
        return read_lately(uow)["badges", "hook_0"]


def test_the_last_24_hours_are_known_apart_from_what_was_before(hub: Hub, clock: SettableClock) -> None:
    save(hub, took(*[5.0] * 90, errors=3, last_error="before"))
    clock.advance(hours=23)
    assert (lately(hub).calls, lately(hub).errors) == (90, 3)
    clock.advance(hours=2)
    quiet = lately(hub)
    assert (quiet.calls, quiet.errors, quiet.median, quiet.p95, quiet.slowest) == (0, 0, None, None, None)
    assert quiet.last_error == "before"
    save(hub, took(*[0.001] * 97, 0.4, 0.4, 0.4))
    save(hub, took(0.9))
    found = lately(hub)
    assert (found.calls, found.errors, found.slowest) == (101, 0, 0.9)
    assert found.median == pytest.approx(0.001, rel=0.4)
    assert found.p95 is not None
    assert found.p95 <= 0.001
    with hub.reading() as uow:
        (ever,) = read_durations(uow)
    assert sum(ever.buckets) == 191
    assert ever.seconds == pytest.approx(450 + 0.097 + 1.2 + 0.9)


def test_the_last_error_is_told_with_its_time_and_the_version_it_happened_in(
    hub: Hub, clock: SettableClock
) -> None:
    version = hub.hooks.version_of("standard_completion")
    with hub.unit_of_work() as uow:
        save_timings(uow, {("standard_completion", "h"): took(0.1, errors=1, last_error="broken")})
    failed_at = clock.now()
    clock.advance(days=40)
    with hub.unit_of_work() as uow:
        save_timings(uow, {("standard_completion", "h"): took(0.1)})
    with hub.reading() as uow:
        found = read_lately(uow)["standard_completion", "h"]
    assert (found.last_error, found.last_error_at, found.last_error_version) == ("broken", failed_at, version)
    assert (found.calls, found.errors) == (1, 0)


@pytest.mark.parametrize(
    ("seconds", "share", "expected"),
    [
        ([0.02] * 10, 0.5, 0.02),
        ([0.001] * 50 + [1.0] * 50, 0.5, 0.001),
        ([0.001] * 50 + [1.0] * 50, 0.95, 1.0),
        ([0.001] * 94 + [1.0] * 6, 0.95, 1.0),
        ([0.001] * 96 + [1.0] * 4, 0.95, 0.001),
        ([300.0], 0.95, 300.0),
        ([0.0], 0.5, 0.0),
    ],
)
def test_a_share_is_found_within_the_width_of_its_bucket(
    seconds: list[float], share: float, expected: float
) -> None:
    found = share_within(took(*seconds).buckets, share, max(seconds))
    assert found is not None
    assert expected / 1.6 <= found <= max(expected, 1e-6) * 1.01
    assert found <= max(seconds)


def test_nobody_called_has_no_median() -> None:
    assert share_within(Timing().buckets, 0.5, 0.0) is None


def test_hours_go_after_some_days_and_all_time_stays(hub: Hub, clock: SettableClock) -> None:
    save(hub, took(0.1, 0.2))
    clock.advance(days=9)
    save(hub, took(0.1))
    open_worker(hub).remove_expired()
    with hub.reading() as uow:
        hours = uow.connection.scalars(sa.select(plugin_hour.c.calls).order_by(plugin_hour.c.hour)).all()
        buckets = uow.connection.scalar(sa.select(sa.func.count()).select_from(plugin_bucket))
    assert hours == [3, 1]
    assert buckets == 3  # two of all time, one of this hour


def test_processes_that_measure_the_same_hooks_at_once_lose_no_duration(hub: Hub) -> None:
    together = threading.Barrier(4)

    def save_together(number: int) -> None:
        together.wait()
        for _ in range(5):
            save(hub, *[took(0.001, 10.0 ** -(number + 1))] * 4)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(save_together, range(4)))
    with hub.reading() as uow:
        assert [sum(each.buckets) for each in read_durations(uow)] == [40] * 4
        assert [each.calls for each in read_lately(uow).values()] == [40] * 4
