"""Scores of people who left a partner and came back to it."""

from datetime import timedelta

import sqlalchemy as sa

from hub.clock import SettableClock
from hub.network import tables as network
from tests.lti.bridge.rig import Bridge


def employ(bridge: Bridge, partner: str) -> None:
    with bridge.hub.unit_of_work() as uow:
        uow.connection.execute(
            sa.update(network.person)
            .where(network.person.c.id == bridge.world.ids["ann"])
            .values(partner_id=bridge.world.ids[partner])
        )


def gone(bridge: Bridge) -> None:
    """Ann has gone to another partner, and her score for LMS West is parked."""
    bridge.add_partner("other")
    bridge.ready("ann", "bob")
    employ(bridge, "other")
    bridge.complete()
    bridge.work()
    assert (bridge.grade().state, bridge.grade().code) == ("parked", "left_partner")


def test_a_score_goes_out_by_itself_when_the_person_is_back_at_the_partner(
    bridge: Bridge, clock: SettableClock
) -> None:
    gone(bridge)
    clock.advance(minutes=2)
    bridge.work()
    assert (bridge.grade().state, bridge.west.posts) == ("parked", [])
    employ(bridge, "partner")
    clock.advance(minutes=2)
    bridge.work()
    assert bridge.west.points == [(70, 100)]
    assert bridge.states() == ["delivered"]


def test_a_score_goes_out_on_the_day_an_appointment_there_begins(
    bridge: Bridge, clock: SettableClock
) -> None:
    gone(bridge)
    bridge.world.add(positions=["clerk"])
    bridge.world.add_location("depot")
    bridge.world.appoint("ann", "clerk", "depot", since=clock.now() + timedelta(days=3))
    clock.advance(days=2)
    bridge.work()
    assert bridge.west.posts == []
    clock.advance(days=1)
    bridge.work()
    assert bridge.west.points == [(70, 100)]


def test_only_who_is_back_is_released_and_only_where(bridge: Bridge, clock: SettableClock) -> None:
    gone(bridge)
    bridge.platform("east", bridge.east, partner="other")
    bridge.know("bob", "east")
    bridge.place("east")
    bridge.complete("bob")  # East is the other partner's
    bridge.work()
    employ(bridge, "partner")
    clock.advance(minutes=2)
    bridge.work()
    assert [(grade.state, grade.code) for grade in bridge.grades(connection_id=bridge.world.ids["east"])] == [
        ("parked", "left_partner")
    ]
    assert [post.told["userId"] for post in bridge.west.posts] == ["bob-there", "ann-there"]
    assert bridge.east.posts == []
