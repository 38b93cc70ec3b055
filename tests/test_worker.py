"""The worker: readers, queue and deliveries go on, whatever one of them does."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.journal import CHANGES, Delivery, Reader, enqueue
from hub.limits.tables import request_count
from hub.runtime import Hub
from hub.worker import Worker
from tests.journal.following import append_change, handled, note_each

NOTING = Reader("noting", CHANGES, note_each)


@contextmanager
def running(worker: Worker) -> Iterator[threading.Thread]:
    """The worker in a thread; told to stop at the end."""
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join()


def wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(1000):
        if holds():
            return
        threading.Event().wait(0.01)
    pytest.fail("it did not happen within ten seconds")


def append(hub: Hub, name: str) -> None:
    with hub.unit_of_work() as uow:
        append_change(uow, name)


def test_receiver_that_hangs_delays_no_reader(hub: Hub) -> None:
    reached, release = threading.Event(), threading.Event()

    def hang(delivery: Delivery) -> None:
        reached.set()
        assert release.wait(20)

    with hub.unit_of_work() as uow:
        enqueue(uow, "call", "south", "a", {})
    with running(Worker(hub, [NOTING], {"call": hang})):
        assert reached.wait(10)
        append(hub, "meanwhile")
        wait_until(lambda: handled(hub) == ["meanwhile"])
        assert not release.is_set()
        release.set()


def test_error_in_a_turn_is_not_the_end(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.worker.ERROR_SECONDS", 0.01)
    monkeypatch.setattr("hub.worker.HOUSEKEEPING_SECONDS", 0)
    missing = sa.Table("there_is_no_such_table", sa.MetaData(), sa.Column("expires_at", sa.Text))
    with running(Worker(hub, [NOTING], {}, expiring=[missing])) as thread:
        for names in (["first"], ["first", "second"]):
            append(hub, names[-1])
            wait_until(lambda names=names: handled(hub) == names)  # type: ignore[misc]
        assert thread.is_alive()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_worker_ends_when_its_deliveries_do_so_that_it_can_be_started_anew(hub: Hub) -> None:
    def leave(delivery: Delivery) -> None:
        raise SystemExit

    with hub.unit_of_work() as uow:
        enqueue(uow, "call", "south", "a", {})
    with running(Worker(hub, [NOTING], {"call": leave})) as thread:
        thread.join(10)
        assert not thread.is_alive()


def test_what_has_been_out_of_date_for_a_day_is_removed(hub: Hub, clock: SettableClock) -> None:
    with hub.unit_of_work() as uow:
        for key, hours in (("yesterday", -25), ("today", -23), ("tomorrow", 24)):
            expires_at = uow.now + timedelta(hours=hours)
            uow.connection.execute(sa.insert(request_count).values(key=key, count=1, expires_at=expires_at))
    Worker(hub, [], {}, expiring=[request_count]).remove_expired()
    with hub.reading() as uow:
        assert set(uow.connection.scalars(sa.select(request_count.c.key))) == {"today", "tomorrow"}


@dataclass
class Errand:
    """Work that takes its time: it waits until it is let go on, or until the worker stops."""

    reached: threading.Event = field(default_factory=threading.Event)
    stopped: bool = False
    ends: bool = False

    def turn(self) -> bool:
        return False

    def run(self, stop: threading.Event) -> None:
        self.reached.set()
        if not self.ends:
            self.stopped = stop.wait(20)


def test_an_errand_runs_beside_the_readers_and_ends_with_the_worker(hub: Hub) -> None:
    errand = Errand()
    with running(Worker(hub, [NOTING], {}, errands=[errand])):
        assert errand.reached.wait(10)
        append(hub, "meanwhile")
        wait_until(lambda: handled(hub) == ["meanwhile"])
        assert not errand.stopped
    assert errand.stopped


def test_a_worker_whose_errand_ends_ends_too_so_that_it_can_be_started_anew(hub: Hub) -> None:
    with running(Worker(hub, [NOTING], {}, errands=[Errand(ends=True)])) as thread:
        thread.join(10)
        assert not thread.is_alive()


def test_the_queue_of_assignments_is_taken_seldom_while_it_fills(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.worker.QUEUE_SECONDS", 3600)
    worker = Worker(hub, [], {})
    assert worker._takes_queue(is_filling=True)
    assert not worker._takes_queue(is_filling=True)
    assert worker._takes_queue(is_filling=False)
