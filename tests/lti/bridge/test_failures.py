"""Gradebooks that do not do their part: down, slow, wrong, and back again (D14)."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from hub.app import READERS
from hub.clock import SettableClock
from hub.journal import lanes
from hub.journal.outbox import LEASE
from hub.journal.tables import reader
from hub.lti.bridge.deliveries import resend_grade
from hub.lti.bridge.sender import GradeSender
from hub.lti.tool.platforms import set_platform_disabled
from hub.rebuild.verify import verify
from hub.worker import Worker
from tests.lti.bridge.rig import Bridge


class Killed(BaseException):
    """As if the process had been killed: nothing after it happens."""


def wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(1000):
        if holds():
            return
        threading.Event().wait(0.01)
    pytest.fail("it did not happen within ten seconds")


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 408, 425])
def test_a_passing_failure_is_tried_again_until_the_gradebook_is_back(
    bridge: Bridge, clock: SettableClock, status: int
) -> None:
    bridge.ready()
    bridge.west.fail("scores", status, "not now")
    bridge.complete()
    bridge.work()
    grade = bridge.grade()
    assert (grade.state, grade.code, grade.status) == ("waiting", f"a_{status}", status)
    for _ in range(20):
        clock.advance(minutes=3)
        bridge.work()
    assert 10 < bridge.west.attempts <= 21
    bridge.west.recover()
    clock.advance(minutes=5)
    bridge.work()
    assert bridge.west.points == [(70, 100)]
    assert bridge.grade().state == "delivered"


def test_three_days_without_the_gradebook_park_the_score_and_a_resend_delivers_it(
    bridge: Bridge, clock: SettableClock
) -> None:
    bridge.ready()
    bridge.west.fail("scores", 503)
    bridge.complete()
    for _ in range(4):
        bridge.work()
        clock.advance(days=1)
    bridge.work()
    grade = bridge.grade()
    assert (grade.state, grade.code) == ("parked", "a_503")
    bridge.west.recover()
    with bridge.hub.unit_of_work() as uow:
        resend_grade(uow, grade.id, None)
    bridge.work()
    assert bridge.west.points == [(70, 100)]
    assert bridge.grade().id == grade.id


def test_the_gradebook_says_when_to_come_again(bridge: Bridge, clock: SettableClock) -> None:
    bridge.ready()
    bridge.west.fail("scores", 429, "", Retry_After="3600")
    bridge.complete()
    bridge.work()
    clock.advance(minutes=59)
    bridge.work()
    assert bridge.west.attempts == 1
    clock.advance(minutes=2)
    bridge.work()
    assert bridge.west.attempts == 2


def test_one_probe_tries_a_gradebook_that_is_down(bridge: Bridge, clock: SettableClock) -> None:
    people = [f"learner-{number}" for number in range(10)]
    for person in people:
        bridge.world.add_person(person)
        bridge.world.link(person)
    bridge.ready(*people)
    bridge.west.fail("scores", 503)
    for person in people:
        bridge.complete(person)
    bridge.work()
    first = bridge.west.attempts
    assert first <= lanes.PER_RECEIVER
    clock.advance(minutes=10)
    bridge.work()
    assert bridge.west.attempts == first + 1
    bridge.west.recover()
    clock.advance(minutes=10)
    bridge.work()
    assert len(bridge.west.posts) == 10
    assert set(bridge.states()) == {"delivered"}


@pytest.mark.parametrize("error", ["invalid_client", "invalid_scope", "unauthorized_client"])
def test_a_platform_that_refuses_the_hub_a_token_parks_the_score(
    bridge: Bridge, clock: SettableClock, error: str
) -> None:
    bridge.ready()
    bridge.west.fail("token", 400, {"error": error, "error_description": "eyJ0 ann@riverside.example"})
    bridge.complete()
    bridge.work()
    clock.advance(days=1)
    bridge.work()
    grade = bridge.grade()
    assert (grade.state, grade.code, grade.status) == ("parked", "token_refused", 400)
    assert error in grade.reason
    assert "riverside" not in grade.reason


@pytest.mark.parametrize("answer", [{}, {"access_token": ""}, {"access_token": 7}, [], {"access_token": "ä"}])
def test_a_token_answer_without_a_token_parks_the_score(bridge: Bridge, answer: Any) -> None:
    bridge.ready()
    bridge.west.fail("token", 200, answer)
    bridge.complete()
    bridge.work()
    assert (bridge.grade().state, bridge.grade().code) == ("parked", "bad_token_answer")


def test_a_token_without_the_scope_parks_the_score(bridge: Bridge) -> None:
    bridge.ready()
    bridge.west.fail("token", 200, {"access_token": "abc", "scope": "something else"})
    bridge.complete()
    bridge.work()
    assert (bridge.grade().state, bridge.grade().code) == ("parked", "no_scope")


def test_a_token_endpoint_that_is_down_is_tried_again(bridge: Bridge, clock: SettableClock) -> None:
    bridge.ready()
    bridge.west.fail("token", 500)
    bridge.complete()
    bridge.work()
    assert (bridge.grade().state, bridge.grade().code) == ("waiting", "a_500")
    bridge.west.recover()
    clock.advance(minutes=5)
    bridge.work()
    assert bridge.grade().state == "delivered"


def test_a_token_taken_back_before_its_time_is_fetched_anew(bridge: Bridge, clock: SettableClock) -> None:
    bridge.ready("ann", "bob")
    bridge.complete("ann")
    bridge.work()
    bridge.west.tokens.clear()
    bridge.complete("bob")
    bridge.work()
    assert len(bridge.west.posts) == 2
    assert bridge.states() == ["delivered"] * 2


def test_a_token_that_is_never_accepted_parks_the_score(bridge: Bridge) -> None:
    bridge.ready()
    bridge.west.fail("scores", 401)
    bridge.complete()
    bridge.work()
    assert bridge.west.attempts == 2
    assert (bridge.grade().state, bridge.grade().code) == ("parked", "token_rejected")


def test_one_token_serves_until_shortly_before_its_end(bridge: Bridge, clock: SettableClock) -> None:
    bridge.ready()
    for minutes, given in ((0, 5), (58, 6), (2, 7)):
        clock.advance(minutes=minutes)
        bridge.complete(given=given)
        bridge.work()
    assert len(bridge.west.posts) == 3
    assert (
        bridge.west.calls.count("token") == 3
    )  # to read the column, to write scores, and to write again an hour later


def test_a_platform_that_is_switched_off_gets_nothing(bridge: Bridge) -> None:
    bridge.ready()
    with bridge.hub.unit_of_work() as uow:
        set_platform_disabled(uow, bridge.world.ids["west"], disabled=True)
    bridge.complete()
    bridge.work()
    assert (bridge.grade().state, bridge.grade().code) == ("parked", "platform_off")
    assert bridge.west.calls == []


def test_an_address_inside_the_network_is_not_called(bridge: Bridge) -> None:
    bridge.platform("west", bridge.west)
    bridge.know("ann", "west")
    bridge.place("west", line_item_url="http://127.0.0.1:1/items/1")
    bridge.complete()
    bridge.work()
    assert (bridge.grade().state, bridge.grade().code) == ("parked", "refused_address")


def test_a_worker_killed_between_answer_and_note_sends_the_same_score_again(
    bridge: Bridge, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its timestamp is the same, so that the gradebook holds one result (AGS 2.0, section 3.4.9)."""
    bridge.ready()
    bridge.complete()

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("hub.journal.lanes.settle_delivered", die)
        with pytest.raises(Killed):
            bridge.work()
    bridge.work()
    assert bridge.west.attempts == 1  # its lease is not over
    clock.advance(seconds=LEASE.total_seconds())
    bridge.work()
    first, second = bridge.west.posts
    assert first.body == second.body
    assert bridge.grade().state == "delivered"


def test_one_slow_gradebook_holds_up_no_other(bridge: Bridge) -> None:
    bridge.ready()
    bridge.platform("east", bridge.east)
    bridge.know("ann", "east")
    bridge.place("east")
    bridge.west.hanging = threading.Event()
    stop = threading.Event()
    sender = threading.Thread(target=GradeSender(bridge.hub).run, args=(stop,))
    bridge.complete()
    Worker(bridge.hub, READERS, {}).drain()
    sender.start()
    try:
        assert bridge.west.reached.wait(10)
        wait_until(lambda: len(bridge.east.posts) == 1)
        assert bridge.west.posts == []
        bridge.west.hanging.set()
        wait_until(lambda: bridge.states() == ["delivered"] * 2)
    finally:
        stop.set()
        sender.join()


def test_an_error_nobody_foresaw_is_tried_again_and_holds_up_nothing(
    bridge: Bridge, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge.ready()
    bridge.complete()

    def fail(*_: object) -> None:
        raise ValueError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr("hub.lti.bridge.sender.send_grade", fail)
        bridge.work()
    grade = bridge.grade()
    assert (grade.state, grade.code) == ("waiting", "hub_failed")
    clock.advance(minutes=1)
    bridge.work()
    assert bridge.grade().state == "delivered"


def test_reading_everything_again_sends_nothing(bridge: Bridge) -> None:
    """As when a course or policy changes, or somebody puts the readers back to the start."""
    bridge.ready()
    bridge.complete()
    bridge.work()
    calls = len(bridge.west.calls)
    with bridge.hub.unit_of_work() as uow:
        uow.connection.execute(sa.update(reader).values(position=0))
    bridge.work()
    assert len(bridge.west.calls) == calls
    assert bridge.states() == ["delivered"]


def test_a_rebuild_sends_nothing(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    """It recognizes all statements anew beside the live tables, and reads no events."""
    monkeypatch.setattr(
        "hub.rebuild.rebuild.apply_journal", lambda *_: None
    )  # this network is not in the journal
    bridge.ready()
    bridge.complete()
    bridge.work()
    calls = len(bridge.west.calls)
    verify(bridge.hub, patience=0)
    bridge.work()
    assert len(bridge.west.calls) == calls
    assert len(bridge.grades()) == 1
