"""Lanes of the outbox: the newest counts, few at a receiver, and a receiver that is down is left alone."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.errors import Missing
from hub.journal import outbox
from hub.journal.lanes import (
    MAX_WAIT,
    PER_RECEIVER,
    Failure,
    Taken,
    has_due,
    settle_delivered,
    settle_failed,
    take,
)
from hub.journal.outbox import LEASE, PATIENCE, Effect, dismiss, enqueue_all, has_deliveries, resend
from hub.journal.tables import outbox as outbox_table
from hub.journal.tables import outbox_pause
from hub.runtime import Hub

DOWN = Failure("a_down", "It does not answer.", passing=True)
REFUSED = Failure("refused_404", "It answered 404.", 404)


class Lanes:
    """A hub with receivers south and north."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def add(self, *sequences: int, lane: str = "a", receiver: str = "south", **more: Any) -> None:
        with self.hub.unit_of_work() as uow:
            enqueue_all(
                uow,
                [
                    Effect("grade", receiver, f"{lane}{s}", {}, lane=lane, sequence=f"{s:03}", **more)
                    for s in sequences
                ],
            )

    def add_lanes(self, count: int, receiver: str = "south") -> None:
        for number in range(count):
            self.add(1, lane=f"{receiver}-{number}-", receiver=receiver)

    def take(self, limit: int = 100, **busy: int) -> list[Taken]:
        with self.hub.unit_of_work() as uow:
            return take(uow, "grade", limit, busy)

    def settle(self, outcome: Failure | int, *taken: Taken) -> None:
        with self.hub.unit_of_work() as uow:
            for each in taken:
                if isinstance(outcome, Failure):
                    settle_failed(uow, each, outcome)
                else:
                    settle_delivered(uow, each, outcome)

    def due(self) -> bool:
        with self.hub.reading() as uow:
            return has_due(uow, "grade")

    def rows(self) -> dict[str, sa.Row[Any]]:
        with self.hub.reading() as uow:
            return {row.key: row for row in uow.connection.execute(sa.select(outbox_table))}

    def states(self) -> dict[str, str]:
        return {key: row.state for key, row in sorted(self.rows().items())}

    def pause(self, receiver: str = "south") -> sa.Row[Any] | None:
        with self.hub.reading() as uow:
            query = sa.select(outbox_pause).where(outbox_pause.c.receiver == receiver)
            return uow.connection.execute(query).one_or_none()


@pytest.fixture
def lanes(hub: Hub) -> Lanes:
    return Lanes(hub)


def keys(taken: list[Taken], lanes: Lanes) -> list[str]:
    by_id = {row.id: key for key, row in lanes.rows().items()}
    return sorted(by_id[each.delivery.id] for each in taken)


def test_of_a_lane_only_the_newest_waits(lanes: Lanes) -> None:
    lanes.add(1)
    lanes.add(2, 3)
    assert lanes.states() == {"a1": "superseded", "a2": "superseded", "a3": "waiting"}
    assert keys(lanes.take(), lanes) == ["a3"]


def test_an_older_one_that_comes_late_is_superseded_at_once(lanes: Lanes) -> None:
    lanes.add(2)
    lanes.settle(204, *lanes.take())
    lanes.add(1)
    assert lanes.states() == {"a1": "superseded", "a2": "delivered"}
    assert not lanes.due()


def test_lanes_do_not_touch_each_other(lanes: Lanes) -> None:
    lanes.add(1)
    lanes.add(2, lane="b")
    assert lanes.states() == {"a1": "waiting", "b2": "waiting"}


def test_deliveries_outside_lanes_leave_lanes_alone(lanes: Lanes, hub: Hub) -> None:
    lanes.add(1)
    with hub.reading() as uow:
        assert not has_deliveries(uow)
    assert outbox.deliver(hub.unit_of_work, {}) == 0
    assert lanes.due()


def test_a_delivered_one_is_not_taken_again(lanes: Lanes) -> None:
    lanes.add(1)
    lanes.settle(201, *lanes.take())
    row = lanes.rows()["a1"]
    assert (row.state, row.status, row.attempts, row.code, row.leased_until) == (
        "delivered",
        201,
        1,
        "",
        None,
    )
    assert lanes.take() == []


def test_a_newer_one_waits_until_the_older_one_on_its_way_is_settled(lanes: Lanes) -> None:
    lanes.add(1)
    (older,) = lanes.take()
    lanes.add(2)
    assert lanes.take() == []
    assert not lanes.due()
    lanes.settle(204, older)
    assert keys(lanes.take(), lanes) == ["a2"]
    assert lanes.states()["a1"] == "delivered"


def test_a_newer_one_waits_until_the_lease_of_a_dead_worker_is_over(
    lanes: Lanes, clock: SettableClock
) -> None:
    lanes.add(1)
    lanes.take()
    lanes.add(2)
    clock.advance(seconds=LEASE.total_seconds())
    assert keys(lanes.take(), lanes) == ["a2"]


def test_an_older_one_that_fails_on_its_way_stays_superseded(lanes: Lanes) -> None:
    lanes.add(1)
    (older,) = lanes.take()
    lanes.add(2)
    lanes.settle(REFUSED, older)
    assert lanes.states() == {"a1": "superseded", "a2": "waiting"}
    assert keys(lanes.take(), lanes) == ["a2"]


def test_few_at_a_receiver_and_all_receivers_at_once(lanes: Lanes) -> None:
    lanes.add_lanes(10, "south")
    lanes.add_lanes(2, "north")
    receivers = [each.delivery.receiver for each in lanes.take()]
    assert (receivers.count("south"), receivers.count("north")) == (PER_RECEIVER, 2)
    assert lanes.take(south=PER_RECEIVER) == []
    assert len(lanes.take(south=PER_RECEIVER - 1)) == 1


def test_no_more_than_asked_for(lanes: Lanes) -> None:
    lanes.add_lanes(3)
    assert len(lanes.take(2)) == 2
    assert len(lanes.take(2)) == 1


def test_two_workers_at_once_take_nothing_twice(lanes: Lanes) -> None:
    lanes.add_lanes(20)
    together = threading.Barrier(4)

    def work(_: int) -> list[str]:
        together.wait()
        return [each.delivery.id for each in lanes.take()]

    with ThreadPoolExecutor(4) as pool:
        taken = [id for ids in pool.map(work, range(4)) for id in ids]
    assert len(taken) == len(set(taken)) > 0


def test_a_receiver_that_is_down_is_left_alone_and_tried_by_one(lanes: Lanes, clock: SettableClock) -> None:
    lanes.add_lanes(3)
    lanes.settle(DOWN, lanes.take(1)[0])
    assert lanes.take() == []
    assert not lanes.due()
    clock.advance(minutes=10)
    probe = lanes.take()
    assert [each.failures for each in probe] == [1]
    assert lanes.take() == []  # the others wait for how it went
    lanes.settle(204, *probe)
    assert lanes.pause() is None
    assert len(lanes.take()) == 2


def test_a_receiver_that_is_down_holds_up_no_other(lanes: Lanes) -> None:
    lanes.add_lanes(1, "south")
    lanes.settle(DOWN, *lanes.take())
    lanes.add_lanes(1, "north")
    assert [each.delivery.receiver for each in lanes.take()] == ["north"]


def test_another_one_tries_the_receiver_each_time(lanes: Lanes, clock: SettableClock) -> None:
    """One that makes its receiver fail does not stand in the way of the others for ever."""
    lanes.add_lanes(2)
    first = lanes.take(1)
    lanes.settle(DOWN, *first)
    clock.advance(seconds=2)
    second = lanes.take()
    assert keys(second, lanes) != keys(first, lanes)


def test_waits_grow_to_five_minutes(lanes: Lanes, clock: SettableClock) -> None:
    lanes.add(1)
    waited = []
    for _ in range(12):
        (taken,) = lanes.take()
        lanes.settle(DOWN, taken)
        wait = lanes.rows()["a1"].next_attempt_at - clock.now()
        waited.append(wait)
        clock.advance(seconds=wait.total_seconds())
    assert waited[:3] == [timedelta(seconds=s) for s in (2, 4, 8)]
    assert waited == sorted(waited)
    assert waited[-1] == MAX_WAIT


def test_the_receiver_may_ask_for_more(lanes: Lanes, clock: SettableClock) -> None:
    lanes.add_lanes(2)
    asked = Failure("a_429", "Slowly.", 429, passing=True, wait=timedelta(hours=1))
    first, second = lanes.take()
    lanes.settle(asked, first)
    lanes.settle(DOWN, second)  # it was on its way already
    pause = lanes.pause()
    assert pause is not None
    assert (pause.failures, pause.retry_at) == (1, clock.now() + timedelta(hours=1))
    clock.advance(minutes=59)
    assert lanes.take() == []


def test_several_that_fail_at_once_make_one_pause(lanes: Lanes, clock: SettableClock) -> None:
    lanes.add_lanes(4)
    for taken in lanes.take():
        lanes.settle(DOWN, taken)
    pause = lanes.pause()
    assert pause is not None
    assert pause.failures == 1
    clock.advance(minutes=1)
    lanes.settle(DOWN, *lanes.take())
    pause = lanes.pause()
    assert pause is not None
    assert pause.failures == 2


def test_a_refusal_is_parked_and_shows_that_the_receiver_is_at_work(
    lanes: Lanes, clock: SettableClock
) -> None:
    lanes.add_lanes(3)
    lanes.settle(DOWN, lanes.take(1)[0])
    clock.advance(seconds=1)
    probe = lanes.take()
    lanes.settle(REFUSED, *probe)
    row = next(row for row in lanes.rows().values() if row.id == probe[0].delivery.id)
    assert (row.state, row.code, row.status, row.last_error) == (
        "parked",
        "refused_404",
        404,
        "It answered 404.",
    )
    assert lanes.pause() is None


def test_one_that_was_not_even_sent_lets_the_next_one_try(lanes: Lanes, clock: SettableClock) -> None:
    lanes.add_lanes(3)
    lanes.settle(DOWN, lanes.take(1)[0])
    clock.advance(seconds=1)
    lanes.settle(Failure("no_identity", "Nobody."), *lanes.take())
    assert [each.failures for each in lanes.take()] == [1]


def test_after_three_days_everything_for_the_receiver_is_parked_with_the_reason(
    lanes: Lanes, clock: SettableClock
) -> None:
    lanes.add_lanes(50)
    clock.advance(days=1)
    lanes.add(1, lane="younger")
    clock.advance(seconds=(PATIENCE - timedelta(days=1)).total_seconds())
    lanes.settle(DOWN, lanes.take(1)[0])
    states = [row.state for row in lanes.rows().values()]
    assert (states.count("parked"), states.count("waiting")) == (50, 1)
    assert {row.code for row in lanes.rows().values() if row.state == "parked"} == {"a_down"}


def test_what_was_parked_is_sent_again_with_new_patience(lanes: Lanes, clock: SettableClock) -> None:
    lanes.add(1)
    clock.advance(days=4)
    lanes.settle(DOWN, *lanes.take())
    assert lanes.states() == {"a1": "parked"}
    with lanes.hub.unit_of_work() as uow:
        resend(uow, lanes.rows()["a1"].id)
    (taken,) = lanes.take()  # at once, whatever the receiver was like before
    lanes.settle(DOWN, taken)
    assert lanes.states() == {"a1": "waiting"}
    assert lanes.rows()["a1"].attempts == 1


def test_what_was_superseded_while_it_was_parked_cannot_be_sent_again(lanes: Lanes) -> None:
    lanes.add(1)
    lanes.settle(REFUSED, *lanes.take())
    lanes.add(2)
    assert lanes.states() == {"a1": "superseded", "a2": "waiting"}
    with pytest.raises(Missing), lanes.hub.unit_of_work() as uow:
        resend(uow, lanes.rows()["a1"].id)


def test_what_is_dismissed_stays_so(lanes: Lanes) -> None:
    lanes.add(1)
    lanes.settle(REFUSED, *lanes.take())
    id = lanes.rows()["a1"].id
    with lanes.hub.unit_of_work() as uow:
        dismiss(uow, id)
    assert lanes.states() == {"a1": "dismissed"}
    assert lanes.take() == []
    for again in (dismiss, resend):
        with pytest.raises(Missing), lanes.hub.unit_of_work() as uow:
            again(uow, id)


def test_one_can_be_parked_from_the_start(lanes: Lanes) -> None:
    lanes.add(1, parked="no_identity", reason="Nobody knows whom to name.")
    row = lanes.rows()["a1"]
    assert (row.state, row.code, row.last_error) == ("parked", "no_identity", "Nobody knows whom to name.")
    assert lanes.take() == []


def test_worker_slower_than_its_lease_does_not_undo_what_another_delivered(
    lanes: Lanes, clock: SettableClock
) -> None:
    lanes.add(1)
    (slow,) = lanes.take()
    clock.advance(seconds=LEASE.total_seconds())
    (quick,) = lanes.take()
    lanes.settle(204, quick)
    lanes.settle(REFUSED, slow)
    assert (lanes.rows()["a1"].state, lanes.rows()["a1"].last_error) == ("delivered", None)
