"""Any one change, on its own, brings everything that rests on it up to date, and nothing else has to happen for it."""

import pytest

from hub.rebuild.state_hash import TableHash, hash_state
from tests.databases import Kind
from tests.journeys.eventful import BEGINNING, CHANGES
from tests.journeys.happenings import Linked
from tests.journeys.outcomes import outcome
from tests.journeys.test_rebuild import assert_rebuild_is_equal, live_through
from tests.journeys.world import World, new_world

DECIDED = {"goal", "goal_source", "credit", "completion"}


def decided(world: World) -> list[TableHash]:
    with world.hub.reading() as uow:
        return [h for h in hash_state(uow) if h.name in DECIDED]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_it_is_noticed_and_the_rest_follows(database_kind: Kind, change: str) -> None:
    with new_world(database_kind) as world:
        live_through(world, [*BEGINNING])
        before = decided(world)
        live_through(world, [CHANGES[change]])
        assert_rebuild_is_equal(world)
        seen = outcome(world.hub)
        assert seen.credits == seen.expected_credits()
        assert (decided(world) != before) is (change != "evidence is voided before its actor is known")


def test_all_of_them_together(database_kind: Kind) -> None:
    """One after the other, the worker at work in between, on each kind of database."""
    with new_world(database_kind) as world:
        for change in (*BEGINNING, *CHANGES.values(), Linked(1, 1, "mbox")):
            live_through(world, [change])
        assert_rebuild_is_equal(world)
        seen = outcome(world.hub)
        assert seen.credits == seen.expected_credits()
        assert seen.credits
