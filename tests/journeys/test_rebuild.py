"""What must hold whatever happens in whatever order (I1 to I6), on both databases."""

import pytest
import sqlalchemy as sa
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from hub.audiences.rules.conditions import Conditions
from hub.rebuild.verify import verify
from hub.training.tables import credit_ledger
from tests.databases import Kind
from tests.journeys.happenings import (
    Appointed,
    Arrived,
    CatalogueRead,
    Drained,
    Happening,
    Linked,
    RuleSet,
)
from tests.journeys.histories import histories, pools, two_orders
from tests.journeys.outcomes import outcome
from tests.journeys.world import Sent, World, activity, new_world

QUICK: dict[Kind, int] = {"sqlite": 10, "postgres": 3}
"""How many histories ``make test`` tries; ``make soak`` tries many more."""
WITHOUT_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)

A_LEARNER: list[Happening] = [
    Linked(0, 0, "mbox"),
    Appointed(0, 0, 0, "technician", "internal", (), -100, None),
]
COMPLETED = Sent(0, 0, "mbox", activity(0, 0), "completed", 0)
AGAIN = Sent(0, 0, "mbox", activity(0, 0), "passed", 5)


@pytest.fixture(params=["quick", pytest.param("soak", marks=[pytest.mark.soak, pytest.mark.timeout(3600)])])
def examples(request: pytest.FixtureRequest, database_kind: Kind) -> settings:
    """How many histories to try. Only the long run takes the minutes it needs to make a failing one small."""
    if request.param == "soak":
        return settings(max_examples=40 * QUICK[database_kind], deadline=None)
    return settings(max_examples=QUICK[database_kind], deadline=None, phases=WITHOUT_SHRINKING)


def live_through(world: World, history: list[Happening]) -> None:
    for happening in history:
        happening.happen(world)
    world.drain()


def everybody(key: str, dimension: str) -> RuleSet:
    return RuleSet(key, dimension, "brand", ("offering", "course-0-0"), Conditions(), -300, None, None, None)


def assert_rebuild_is_equal(world: World) -> None:
    comparison = verify(world.hub, patience=0)
    assert comparison.equal, "\n".join("\n".join((str(d), *d.examples)) for d in comparison.differences)


def test_whatever_happens_the_state_is_what_the_journals_say(database_kind: Kind, examples: settings) -> None:
    """After any history: a rebuild gives the same (I2), and credits are what an independent reckoning says (I3, I4).

    Then more statements only ever add (I6), and the voiding of one takes away just what rested on it alone (I5).
    """

    @examples
    @given(histories, pools, st.data())
    def holds(history: list[Happening], later: list[Sent], data: st.DataObject) -> None:
        with new_world(database_kind) as world:
            live_through(world, history)
            assert_rebuild_is_equal(world)
            before = outcome(world.hub)
            assert before.credits == before.expected_credits()

            world.send(later)
            world.drain()
            after = outcome(world.hub)
            assert before.completions <= after.completions
            assert before.credits.keys() <= after.credits.keys()

            voided = data.draw(st.sampled_from(later))
            world.void(voided)
            world.drain()
            left = outcome(world.hub)
            assert left.completions == {c for c in after.completions if c.statement != voided.id}
            assert left.credits == after.expected_credits(without=voided.id)

    holds()


def test_statements_may_come_in_any_order(database_kind: Kind, examples: settings) -> None:
    """I1: the same statements and voidings, in other batches, repeated, before or after what gives them a meaning."""

    @examples
    @given(two_orders())
    def holds(orders: tuple[list[Happening], list[Happening]]) -> None:
        outcomes = []
        for history in orders:
            with new_world(database_kind) as world:
                live_through(world, history)
                outcomes.append(outcome(world.hub))
        assert outcomes[0] == outcomes[1]

    holds()


def test_one_completion_credits_the_goals_of_all_dimensions_with_the_same_evidence(
    database_kind: Kind,
) -> None:
    """I3; and a second completion changes nothing about it."""
    dimensions = ("service", "sales", "general")
    with new_world(database_kind) as world:
        live_through(world, [*A_LEARNER, *(everybody(d, d) for d in dimensions), Arrived((COMPLETED,))])
        credits = outcome(world.hub).credits
        assert sorted(goal.dimension for goal in credits) == sorted(dimensions)
        assert set(credits.values()) == {COMPLETED.id}
        live_through(world, [Arrived((AGAIN, COMPLETED))])
        assert outcome(world.hub).credits == credits


def test_evidence_that_is_voided_is_replaced_by_what_is_left(database_kind: Kind) -> None:
    """I5, step by step: first the other statement takes its place, then nothing is left."""
    with new_world(database_kind) as world:
        live_through(world, [*A_LEARNER, everybody("brakes", "service"), Arrived((COMPLETED, AGAIN))])
        assert list(outcome(world.hub).credits.values()) == [COMPLETED.id]
        for voided, left in ((COMPLETED, [AGAIN.id]), (AGAIN, [])):
            world.void(voided)
            world.drain()
            assert list(outcome(world.hub).credits.values()) == left
        assert_rebuild_is_equal(world)


def test_a_system_voids_only_what_it_sent_itself(database_kind: Kind) -> None:
    with new_world(database_kind) as world:
        live_through(world, [*A_LEARNER, everybody("brakes", "service"), Arrived((COMPLETED,))])
        world.void(COMPLETED, by=1)
        world.drain()
        assert list(outcome(world.hub).credits.values()) == [COMPLETED.id]


def test_a_course_that_is_reported_under_another_activity_loses_what_the_old_one_said(
    database_kind: Kind,
) -> None:
    """And gets it back when it returns: a statement means what the catalogue of now says."""
    usual = "completed-or-passed"
    with new_world(database_kind) as world:
        live_through(world, [*A_LEARNER, everybody("brakes", "service"), Arrived((COMPLETED,)), Drained()])
        for version, expected in ((2, []), (1, [COMPLETED.id])):
            live_through(world, [CatalogueRead(0, ((0, version, usual), (1, 1, usual)))])
            assert list(outcome(world.hub).credits.values()) == expected
            assert_rebuild_is_equal(world)


@pytest.mark.parametrize("change", [sa.update(credit_ledger).values(amount=0), sa.delete(credit_ledger)])
def test_the_database_refuses_to_change_the_ledger(database_kind: Kind, change: sa.UpdateBase) -> None:
    """I4: not even by mistake."""
    with new_world(database_kind) as world:
        live_through(world, [*A_LEARNER, everybody("brakes", "service"), Arrived((COMPLETED,))])
        before = outcome(world.hub)
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), world.hub.unit_of_work() as uow:
            uow.connection.execute(change)
        assert outcome(world.hub) == before
        assert before.credits
