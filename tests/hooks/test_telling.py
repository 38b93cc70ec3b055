"""completion_recognized, credit_granted, credit_revoked: plugins hear of what happened, each on its own."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.api import CompletionRecognized, CreditGranted, CreditRevoked, hookimpl
from hub.clock import SettableClock
from hub.journal.outbox import MAX_ATTEMPTS
from hub.journal.tables import outbox as outbox_table
from hub.journal.views import list_timings
from hub.training.tables import goal as goal_table
from tests.hooks.conftest import MakeWorld
from tests.world import World


class Hears:
    """Remembers what it was told; ``fails`` is raised instead."""

    hub_api = "1.1"

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.fails: Exception | None = None

    def hear(self, event: object) -> None:
        if self.fails:
            raise self.fails
        self.heard.append(event)

    @hookimpl
    def completion_recognized(self, event: CompletionRecognized) -> None:
        self.hear(event)

    @hookimpl
    def credit_granted(self, event: CreditGranted) -> None:
        self.hear(event)

    @hookimpl
    def credit_revoked(self, event: CreditRevoked) -> None:
        self.hear(event)


class HearsOnlyCredits:
    hub_api = "1.1"

    def __init__(self) -> None:
        self.heard: list[CreditGranted] = []

    @hookimpl
    def credit_granted(self, event: CreditGranted) -> None:
        self.heard.append(event)


def complete(world: World, **options: Any) -> str:
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",))
    statement = world.send("ann", "brakes", **options)
    world.drain()
    return statement


def deliveries(world: World) -> list[tuple[str, str, str, int]]:
    """Receiver, hook, state and attempts, in order of time."""
    with world.hub.reading() as uow:
        rows = uow.connection.execute(sa.select(outbox_table).order_by(outbox_table.c.id)).all()
    return [(row.receiver, row.body["hook"], row.state, row.attempts) for row in rows]


def test_completion_recognized_and_credit_granted_tell_what_happened(world_with: MakeWorld) -> None:
    hears = Hears()
    world = world_with(hears=hears)
    at = world.hub.clock.now() - timedelta(hours=3)
    statement, ann = complete(world, at=at), world.ids["ann"]
    with world.hub.reading() as uow:
        goal_of_ann = sa.select(goal_table.c.id).where(goal_table.c.person_id == ann)
        goal_id = uow.connection.scalar(goal_of_ann)
    assert sorted(hears.heard, key=str) == [
        CompletionRecognized(ann, world.ids["brakes"], statement, at),
        CreditGranted(ann, str(goal_id), "offering", world.ids["brakes"], "service", statement, at),
    ]


def test_credit_revoked_tells_when_the_evidence_is_voided(world_with: MakeWorld) -> None:
    hears = Hears()
    world = world_with(hears=hears)
    statement = complete(world)
    (granted,) = [event for event in hears.heard if isinstance(event, CreditGranted)]
    hears.heard.clear()
    world.send("ann", statement, verb="voided")
    world.drain()
    assert hears.heard == [CreditRevoked(world.ids["ann"], granted.goal_id, statement)]


@pytest.mark.requirement("B71")
def test_credits_of_performance_reviews_are_told_to_nobody(world_with: MakeWorld) -> None:
    hears = Hears()
    world = world_with(hears=hears)
    world.add_rule("talk", "brakes", "service", kind="review", positions=("technician",))
    statement = world.send("ann", "brakes")
    world.drain()
    world.send("ann", statement, verb="voided")
    world.drain()
    assert [type(event) for event in hears.heard] == [CompletionRecognized]


def test_same_evidence_again_tells_nothing_again(world_with: MakeWorld) -> None:
    hears = Hears()
    world = world_with(hears=hears)
    statement = complete(world)
    count = len(hears.heard)
    world.send("ann", "brakes", id=statement)
    world.drain()
    assert len(hears.heard) == count == 2


def test_plugin_is_told_only_by_hooks_it_implements(world_with: MakeWorld) -> None:
    credits = HearsOnlyCredits()
    world = world_with(credits=credits)
    complete(world)
    assert [type(event) for event in credits.heard] == [CreditGranted]
    assert deliveries(world) == [("credits", "credit_granted", "delivered", 1)]


def test_plugin_that_raises_is_told_again_later_and_the_others_only_once(
    world_with: MakeWorld, clock: SettableClock
) -> None:
    hears, other = Hears(), HearsOnlyCredits()
    hears.fails = RuntimeError("the chat is down")
    world = world_with(hears=hears, other=other)
    complete(world)
    assert [d[2:] for d in deliveries(world) if d[0] == "hears"] == [("waiting", 1)] * 2
    hears.fails = None
    clock.advance(seconds=2)
    world.drain()
    assert len(hears.heard) == 2
    assert len(other.heard) == 1
    assert {state for _, _, state, _ in deliveries(world)} == {"delivered"}
    with world.hub.reading() as uow:
        timings = {(row.plugin, row.hook): row for row in list_timings(uow)}
    shown = timings["hears", "credit_granted"]
    assert (shown.calls, shown.errors, shown.last_error) == (2, 1, "RuntimeError: the chat is down")
    assert timings["other", "credit_granted"].errors == 0


def test_telling_that_never_works_is_parked_for_that_plugin_alone(
    world_with: MakeWorld, clock: SettableClock
) -> None:
    hears, other = Hears(), HearsOnlyCredits()
    hears.fails = RuntimeError("the chat is gone")
    world = world_with(hears=hears, other=other)
    complete(world)
    for _ in range(MAX_ATTEMPTS):
        clock.advance(hours=2)
        world.drain()
    assert {(plugin, state) for plugin, _, state, _ in deliveries(world)} == {
        ("hears", "parked"),
        ("other", "delivered"),
    }


def test_telling_a_plugin_that_is_no_longer_on_is_parked_and_not_called_delivered(
    world_with: MakeWorld, clock: SettableClock
) -> None:
    hears = Hears()
    hears.fails = RuntimeError("not yet")
    complete(world_with(hears=hears))
    clock.advance(hours=1)
    restarted = world_with()
    restarted.drain()
    assert {state for _, _, state, _ in deliveries(restarted)} == {"parked"}


@pytest.mark.requirement("B62")
def test_telling_that_fails_takes_no_credit_back(world_with: MakeWorld) -> None:
    hears = Hears()
    hears.fails = RuntimeError("the chat is down")
    world = world_with(hears=hears)
    statement = complete(world)
    assert world.live_goals("ann") == {("brakes", "service"): statement}
