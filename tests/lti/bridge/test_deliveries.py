"""Scores on their way, as people see and steer them, and scores that come back."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.errors import Missing
from hub.journal.listed import ROWS
from hub.journal.views import count_undelivered, list_deliveries
from hub.lifecycle.erase import erase
from hub.lifecycle.subject import subject_of_person
from hub.lti.bridge.deliveries import STATES, dismiss_grade, list_grades, resend_grade
from hub.lti.bridge.echo import is_echo
from hub.store.types import metadata
from tests.lti.bridge.rig import Bridge


@pytest.fixture
def parked(bridge: Bridge) -> Bridge:
    """One score that West refused."""
    bridge.ready()
    bridge.west.fail("scores", 422, "not gradable")
    bridge.complete()
    bridge.work()
    return bridge


def test_a_parked_score_is_sent_again_as_the_same_delivery(parked: Bridge) -> None:
    parked.west.recover()
    id = parked.grade().id
    with parked.hub.unit_of_work() as uow:
        resend_grade(uow, id, parked.world.ids["bob"])
    parked.work()
    assert (parked.grade().id, parked.grade().state) == (id, "delivered")
    (audited,) = parked.audited("delivery_resent")
    assert (audited.subject_id, audited.actor_id) == (id, parked.world.ids["bob"])


def test_a_dismissed_score_is_not_sent(parked: Bridge, clock: SettableClock) -> None:
    parked.west.recover()
    with parked.hub.unit_of_work() as uow:
        dismiss_grade(uow, parked.grade().id, parked.world.ids["bob"])
    clock.advance(days=1)
    parked.work()
    assert parked.grade().state == "dismissed"
    assert parked.west.posts == []
    assert len(parked.audited("delivery_dismissed")) == 1


def test_the_next_score_takes_the_place_of_a_parked_one(parked: Bridge, clock: SettableClock) -> None:
    parked.west.recover()
    clock.advance(minutes=1)
    parked.complete()  # the same points, of which the gradebook has not heard yet
    parked.work()
    assert parked.states() == ["superseded", "delivered"]


@pytest.mark.parametrize("change", [resend_grade, dismiss_grade])
@pytest.mark.parametrize("id", ["", "'; --", "0198a5a5-0000-7000-8000-000000000001"])
def test_only_what_is_parked_can_be_changed(parked: Bridge, change: Any, id: str) -> None:
    with pytest.raises(Missing), parked.hub.unit_of_work() as uow:
        change(uow, id, None)


def test_scores_are_listed_by_person_gradebook_and_state(bridge: Bridge) -> None:
    bridge.ready("ann", "bob")
    bridge.platform("east", bridge.east)
    bridge.place("east")
    for person in ("ann", "bob"):
        bridge.complete(person)
    bridge.work()
    ids = bridge.world.ids
    assert len(bridge.grades()) == 4
    assert {g.person_id for g in bridge.grades(person_id=ids["ann"])} == {ids["ann"]}
    assert {g.connection_id for g in bridge.grades(connection_id=ids["east"])} == {ids["east"]}
    assert [g.code for g in bridge.grades(state="parked")] == ["no_identity"] * 2
    assert {g.offering_id for g in bridge.grades()} == {ids["tires"]}
    assert {g.state for g in bridge.grades()} < set(STATES)
    with bridge.hub.reading() as uow:
        assert count_undelivered(uow) == {"waiting": 0, "parked": 2}
        assert len(list_deliveries(uow, person_id=ids["ann"]).rows) == 2


def test_scores_are_listed_in_pages(bridge: Bridge) -> None:
    bridge.platform("west", bridge.west)
    body = dict.fromkeys(("placement_id", "target_kind", "target_id", "statement_id", "progress"), "")
    bridge.enqueue(ROWS + 1, body=body | {"given": None, "maximum": None})
    with bridge.hub.reading() as uow:
        first = list_grades(uow)
        second = list_grades(uow, before=first.older)
    assert (len(first.rows), len(second.rows), second.older) == (ROWS, 1, None)


def echo(bridge: Bridge, **changes: Any) -> bool:
    asked: dict[str, Any] = {
        "connection_id": bridge.world.ids["west"],
        "person_id": bridge.world.ids["ann"],
        "offering_id": bridge.world.ids["tires"],
        "timestamp": bridge.hub.clock.now(),
        "given": 70.0,
        "maximum": 100.0,
    }
    with bridge.hub.reading() as uow:
        return is_echo(uow, **{**asked, **changes})


def test_i7_a_score_that_comes_back_from_the_gradebook_it_was_sent_to_is_an_echo(bridge: Bridge) -> None:
    bridge.ready()
    assert not echo(bridge)
    bridge.complete()
    bridge.work()
    assert echo(bridge)
    assert echo(bridge, given=7, maximum=10)
    assert echo(bridge, given=0.7, maximum=1)
    assert echo(bridge, timestamp=bridge.hub.clock.now() + timedelta(milliseconds=3))


@pytest.mark.parametrize(
    "change",
    [
        {"given": 71.0},
        {"given": None, "maximum": None},
        {"timestamp": timedelta(seconds=1)},
        {"connection_id": "south"},
        {"person_id": "bob"},
        {"offering_id": "brakes"},
    ],
)
def test_i7_any_other_score_is_none(bridge: Bridge, change: dict[str, Any]) -> None:
    bridge.ready("ann", "bob")
    bridge.complete()
    bridge.work()
    now = bridge.hub.clock.now()
    other = {
        name: bridge.world.ids[value]
        if isinstance(value, str)
        else now + value
        if name == "timestamp"
        else value
        for name, value in change.items()
    }
    assert not echo(bridge, **other)


def test_what_was_never_sent_has_no_echo(bridge: Bridge) -> None:
    bridge.platform("west", bridge.west)
    bridge.place("west")
    bridge.complete()
    bridge.work()
    assert bridge.states() == ["parked"]
    assert not echo(bridge)


def test_after_an_erasure_nothing_is_sent_and_no_name_is_left(bridge: Bridge, clock: SettableClock) -> None:
    bridge.ready()
    bridge.west.fail("scores", 503, "ann-there is not here")
    bridge.complete()
    bridge.work()
    with bridge.hub.reading() as uow:
        subject = subject_of_person(uow, bridge.world.ids["ann"])
    erase(bridge.hub, subject)
    bridge.west.recover()
    clock.advance(hours=1)
    bridge.work()
    assert bridge.west.posts == []
    assert bridge.grade().state == "dismissed"
    assert bridge.grade().reason == ""
    with bridge.hub.reading() as uow:
        for table in metadata.sorted_tables:
            rows = [str(row) for row in uow.connection.execute(sa.select(table))]
            assert not [row for row in rows if "ann-there" in row], table.name
