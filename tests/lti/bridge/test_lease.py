"""Sending that takes longer than the lease: nobody else sends the same score, and nothing older sets out after something newer."""

import sqlalchemy as sa

from hub.clock import SettableClock
from hub.journal.outbox import LEASE
from hub.journal.tables import outbox
from hub.lti.bridge.columns import forget_column
from hub.lti.bridge.lease import NEEDED
from hub.lti.bridge.sender import GradeSender
from hub.lti.bridge.tables import lti_made_line_item
from hub.lti.tool.placements import read_placement
from tests.lti.bridge.rig import Bridge

MOST_OF_IT = LEASE.total_seconds() - 10
QUICK = (LEASE - NEEDED).total_seconds()


def test_a_score_that_takes_long_is_held_on_to(bridge: Bridge, clock: SettableClock) -> None:
    """Column and score take 50 seconds each, 100 together, and another worker looks whether there is something for it."""
    bridge.ready()
    bridge.complete()

    def score() -> None:
        clock.advance(seconds=MOST_OF_IT)
        assert not GradeSender(bridge.hub).turn()

    bridge.west.meanwhile = {"item": lambda: clock.advance(seconds=MOST_OF_IT), "scores": score}
    bridge.work()
    assert bridge.west.meanwhile == {}
    assert bridge.west.attempts == 1
    assert (bridge.grade().state, bridge.grade().attempts) == ("delivered", 1)


def test_whoever_was_overtaken_sends_no_older_score_after_the_newer(
    bridge: Bridge, clock: SettableClock
) -> None:
    bridge.ready()
    bridge.complete(given=5)

    def overtake() -> None:
        clock.advance(seconds=LEASE.total_seconds() + 1)
        bridge.complete(given=9)
        bridge.work()

    bridge.west.meanwhile = {"item": overtake}
    bridge.work()
    assert bridge.west.points == [(90, 100)]
    assert bridge.states() == ["superseded", "delivered"]


def test_whoever_was_overtaken_does_not_send_the_same_score_again(
    bridge: Bridge, clock: SettableClock
) -> None:
    bridge.ready()
    bridge.complete()

    def overtake() -> None:
        clock.advance(seconds=LEASE.total_seconds() + 1)
        bridge.work()

    bridge.west.meanwhile = {"item": overtake}
    bridge.work()
    assert bridge.west.attempts == 1
    assert (bridge.grade().state, bridge.grade().code) == ("delivered", "")


def test_a_quick_score_costs_no_renewal(bridge: Bridge, clock: SettableClock) -> None:
    bridge.ready()
    bridge.complete()
    begun, leases = clock.now(), []

    def score() -> None:
        with bridge.hub.reading() as uow:
            leases.append(uow.connection.scalar(sa.select(outbox.c.leased_until)))

    bridge.west.meanwhile = {"item": lambda: clock.advance(seconds=QUICK), "scores": score}
    bridge.work()
    assert leases == [begun + LEASE]
    assert bridge.grade().state == "delivered"


def test_a_column_that_was_made_anew_meanwhile_is_not_forgotten(bridge: Bridge) -> None:
    bridge.platform("west", bridge.west)
    id = bridge.place("west", line_item_url=None)
    with bridge.hub.unit_of_work() as uow:
        values = {"placement_id": id, "url": bridge.west.item_url("new"), "maximum": 100}
        uow.connection.execute(sa.insert(lti_made_line_item).values(**values))
        placement = read_placement(uow, id)
    forget_column(bridge.hub, placement, bridge.west.item_url("old"))
    with bridge.hub.reading() as uow:
        assert uow.connection.scalar(sa.select(lti_made_line_item.c.url)) == bridge.west.item_url("new")
    forget_column(bridge.hub, placement, bridge.west.item_url("new"))
    with bridge.hub.reading() as uow:
        assert uow.connection.scalar(sa.select(lti_made_line_item.c.url)) is None
