"""The outbox: delivered once, tried again with growing waits, parked when it is no use."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.errors import Missing, OutsideFailed
from hub.hooks import SetAside
from hub.ids import new_id
from hub.journal import Delivery, enqueue, outbox
from hub.journal.outbox import LEASE, MAX_ATTEMPTS, MAX_WAIT_SECONDS, deliver, has_deliveries, resend
from hub.journal.tables import outbox as outbox_table
from hub.runtime import Hub


class Killed(BaseException):
    """As if the process had been killed: nothing after it happens."""


class Receiver:
    """Another system. Raises what stands in ``fails`` instead of taking what comes."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.got: list[Delivery] = []
        self.fails: BaseException | None = None

    def __call__(self, delivery: Delivery) -> None:
        if self.fails:
            raise self.fails
        self.got.append(delivery)

    def deliver(self) -> int:
        """One turn of a worker."""
        return deliver(self.hub.unit_of_work, {"call": self})


@pytest.fixture
def receiver(hub: Hub) -> Receiver:
    return Receiver(hub)


def add(hub: Hub, *keys: str) -> None:
    with hub.unit_of_work() as uow:
        for key in keys:
            enqueue(uow, "call", "south", key, {"says": key})


def row(hub: Hub, key: str = "a") -> sa.Row[Any]:
    with hub.reading() as uow:
        return uow.connection.execute(sa.select(outbox_table).where(outbox_table.c.key == key)).one()


def waits(hub: Hub) -> bool:
    with hub.reading() as uow:
        return has_deliveries(uow)


def test_effect_is_delivered_once(hub: Hub, receiver: Receiver) -> None:
    add(hub, "a")
    assert waits(hub)
    assert [receiver.deliver(), receiver.deliver()] == [1, 0]
    assert [(d.receiver, d.body, d.attempts) for d in receiver.got] == [("south", {"says": "a"}, 1)]
    assert (row(hub).state, row(hub).done_at, row(hub).last_error) == ("delivered", hub.clock.now(), None)
    assert not waits(hub)


def test_effect_of_a_unit_that_fails_is_never_delivered(hub: Hub, receiver: Receiver) -> None:
    def enqueue_and_fail() -> None:
        with hub.unit_of_work() as uow:
            enqueue(uow, "call", "south", "a", {})
            raise Killed

    with pytest.raises(Killed):
        enqueue_and_fail()
    assert receiver.deliver() == 0


def test_same_key_is_the_same_effect_also_after_it_was_delivered(hub: Hub, receiver: Receiver) -> None:
    add(hub, "a", "a")
    receiver.deliver()
    add(hub, "a")
    assert receiver.deliver() == 0
    assert len(receiver.got) == 1


def test_same_key_from_many_at_once_is_one_effect_and_no_error(hub: Hub, receiver: Receiver) -> None:
    together = threading.Barrier(4)

    def send(_: int) -> None:
        together.wait()
        add(hub, "a")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send, range(4)))
    receiver.deliver()
    assert len(receiver.got) == 1


def test_two_workers_at_once_deliver_nothing_twice(hub: Hub, receiver: Receiver) -> None:
    keys = [f"{number:02}" for number in range(30)]
    add(hub, *keys)

    def work(_: int) -> None:
        while receiver.deliver():
            pass

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    assert sorted(d.body["says"] for d in receiver.got) == keys


def test_failed_delivery_is_tried_again_after_growing_waits_and_then_parked(
    hub: Hub, receiver: Receiver, clock: SettableClock
) -> None:
    add(hub, "a")
    receiver.fails = OutsideFailed("timeout", "LMS South did not answer.")
    waited = []
    while row(hub).state == "waiting":
        assert receiver.deliver() == 1
        wait = row(hub).next_attempt_at - clock.now()
        waited.append(wait.total_seconds())
        assert not waits(hub)
        clock.advance(seconds=wait.total_seconds())
    assert waited == sorted(waited)
    assert waited[:4] == [2, 4, 8, 16]
    assert max(waited) <= MAX_WAIT_SECONDS
    parked = row(hub)
    assert (parked.state, parked.attempts) == ("parked", MAX_ATTEMPTS)
    assert parked.last_error == "OutsideFailed: LMS South did not answer."
    assert not waits(hub)


def test_failure_that_would_only_repeat_itself_is_parked_at_once(hub: Hub, receiver: Receiver) -> None:
    add(hub, "a")
    receiver.fails = OutsideFailed("refused_address", "The hub does not call this address.", retryable=False)
    receiver.deliver()
    assert (row(hub).state, row(hub).attempts) == ("parked", 1)


def test_one_that_fails_holds_no_other_back(hub: Hub) -> None:
    got: list[str] = []

    def take(delivery: Delivery) -> None:
        if delivery.body["says"] == "a":
            raise ValueError("a bug in the adapter")
        got.append(delivery.body["says"])

    add(hub, "a", "b", "c")
    deliver(hub.unit_of_work, {"call": take})
    assert sorted(got) == ["b", "c"]
    assert (row(hub, "a").state, row(hub, "a").last_error) == ("waiting", "ValueError: a bug in the adapter")


def test_delivery_of_a_kind_nobody_handles_stays_and_says_so(hub: Hub) -> None:
    add(hub, "a")
    deliver(hub.unit_of_work, {})
    assert (row(hub).state, row(hub).last_error) == ("waiting", "KeyError: 'call'")


def test_parked_delivery_is_sent_again_when_somebody_says_so(
    hub: Hub, receiver: Receiver, clock: SettableClock
) -> None:
    add(hub, "a")
    receiver.fails = OutsideFailed("gone", "410", retryable=False)
    receiver.deliver()
    receiver.fails = None
    clock.advance(days=30)
    assert receiver.deliver() == 0
    with hub.unit_of_work() as uow:
        resend(uow, row(hub).id)
    assert receiver.deliver() == 1
    assert [d.attempts for d in receiver.got] == [1]
    assert row(hub).state == "delivered"


@pytest.mark.parametrize("state", ["waiting", "delivered", "unknown"])
def test_only_what_is_parked_can_be_sent_again(hub: Hub, receiver: Receiver, state: str) -> None:
    add(hub, "a")
    if state == "delivered":
        receiver.deliver()
    id = new_id() if state == "unknown" else row(hub).id
    with pytest.raises(Missing), hub.unit_of_work() as uow:
        resend(uow, id)


def test_delivery_of_a_killed_worker_is_taken_by_another_when_its_lease_is_over(
    hub: Hub, receiver: Receiver, clock: SettableClock
) -> None:
    add(hub, "a")
    receiver.fails = Killed()
    with pytest.raises(Killed):
        receiver.deliver()
    receiver.fails = None
    assert receiver.deliver() == 0
    clock.advance(seconds=LEASE.total_seconds())
    assert receiver.deliver() == 1
    assert [d.attempts for d in receiver.got] == [2]


@pytest.mark.parametrize("dies_at", range(1, 10))
def test_effects_happen_once_at_a_receiver_that_knows_repeats_wherever_a_worker_dies(
    hub: Hub, clock: SettableClock, monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    """I39: the worker is killed at each of its steps in turn, before or after the receiver has heard of an effect."""
    monkeypatch.setattr(outbox, "SETTLE_SECONDS", 0.0)
    keys, heard, step = ["a", "b", "c"], [], 0

    def die_in_time() -> None:
        nonlocal step
        step += 1
        if step == dies_at:
            raise Killed

    def hear(delivery: Delivery) -> None:
        die_in_time()
        heard.append(delivery.id)
        die_in_time()

    def open_unit() -> Any:
        if step:
            die_in_time()
        return hub.unit_of_work()

    add(hub, *keys)
    with pytest.raises(Killed):
        deliver(open_unit, {"call": hear})
    clock.advance(seconds=LEASE.total_seconds() + 1)
    while deliver(hub.unit_of_work, {"call": hear}):
        continue
    assert {row(hub, key).state for key in keys} == {"delivered"}
    assert set(heard) == {row(hub, key).id for key in keys}  # by the id it knows what it has had
    assert len(heard) <= len(keys) + 1  # and hears no more again than what was on its way


def test_what_there_is_no_time_for_is_given_back_as_if_never_taken(
    hub: Hub, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0

    def slow(delivery: Delivery) -> None:
        nonlocal now
        now += LEASE.total_seconds() / 3
        receiver(delivery)

    monkeypatch.setattr("hub.journal.outbox.monotonic", lambda: now)
    add(hub, "a", "b", "c", "d")
    assert deliver(hub.unit_of_work, {"call": slow}) == 2
    states = sorted((row(hub, key).state, row(hub, key).attempts) for key in "abcd")
    assert states == [("delivered", 1), ("delivered", 1), ("waiting", 0), ("waiting", 0)]
    assert receiver.deliver() == 2
    assert sorted(d.body["says"] for d in receiver.got) == ["a", "b", "c", "d"]


def test_worker_slower_than_its_lease_does_not_undo_what_another_delivered(
    hub: Hub, receiver: Receiver, clock: SettableClock
) -> None:
    def wait_too_long(delivery: Delivery) -> None:
        clock.advance(seconds=LEASE.total_seconds())
        assert receiver.deliver() == 1
        raise OutsideFailed("timeout", "at last")

    add(hub, "a")
    deliver(hub.unit_of_work, {"call": wait_too_long})
    assert (row(hub).state, row(hub).last_error) == ("delivered", None)


def test_attempt_that_meets_a_plugin_set_aside_is_none(
    hub: Hub, receiver: Receiver, clock: SettableClock
) -> None:
    add(hub, "a")
    for _ in range(MAX_ATTEMPTS + 1):
        receiver.fails = SetAside("plugin_set_aside", "It is set aside.")
        assert receiver.deliver() == 1
        assert receiver.deliver() == 0  # not at once
        clock.advance(seconds=10)
    assert (row(hub).state, row(hub).attempts) == ("waiting", 0)
    receiver.fails = None
    assert receiver.deliver() == 1
    assert row(hub).state == "delivered"
