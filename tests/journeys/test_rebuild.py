"""What must hold whatever happens in whatever order (I1 to I6), on both databases."""

from pathlib import Path

import hypothesis
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from hub.rebuild.verify import verify
from tests.databases import Kind
from tests.journeys.happenings import Happening, histories, pools, two_orders
from tests.journeys.outcomes import outcome
from tests.journeys.world import Sent, World, new_world

QUICK: dict[Kind, int] = {"sqlite": 12, "postgres": 4}
"""How many histories ``make test`` tries; ``make soak`` tries many more."""


WITHOUT_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)


@pytest.fixture(params=["quick", pytest.param("soak", marks=pytest.mark.soak)])
def examples(request: pytest.FixtureRequest, database_kind: Kind) -> settings:
    """How many histories to try. Only the long run takes the minutes it needs to make a failing one small."""
    if request.param == "soak":
        return settings(max_examples=40 * QUICK[database_kind], deadline=None)
    return settings(max_examples=QUICK[database_kind], deadline=None, phases=WITHOUT_SHRINKING)


def live_through(world: World, history: list[Happening]) -> None:
    for happening in history:
        happening.happen(world)
    world.drain()


def test_a_rebuild_gives_what_is_there(database_kind: Kind, tmp_path: Path, examples: settings) -> None:
    """I2, and that the credits are what an independent reckoning says (I3, I4)."""

    @examples
    @given(histories())
    def holds(history: list[Happening]) -> None:
        with new_world(database_kind, tmp_path) as world:
            live_through(world, history)
            comparison = verify(world.hub, patience=0)
            assert comparison.equal, "\n".join(
                f"{d}\n" + "\n".join(d.examples) for d in comparison.differences
            )
            seen = outcome(world.hub)
            assert seen.credits == seen.expected_credits()
            hypothesis.event("credits", f"{min(len(seen.credits), 5)}")

    holds()


def test_statements_may_come_in_any_order(database_kind: Kind, tmp_path: Path, examples: settings) -> None:
    """I1: the same statements and voidings, in other batches, repeated, before or after what gives them a meaning."""

    @examples
    @given(two_orders())
    def holds(orders: tuple[list[Happening], list[Happening]]) -> None:
        outcomes = []
        for history in orders:
            with new_world(database_kind, tmp_path) as world:
                live_through(world, history)
                outcomes.append(outcome(world.hub))
        assert outcomes[0] == outcomes[1]

    holds()


def test_evidence_only_adds_until_it_is_voided(
    database_kind: Kind, tmp_path: Path, examples: settings
) -> None:
    """I6 for statements that arrive, I5 for their voiding."""

    @examples
    @given(histories(), pools, st.data())
    def holds(history: list[Happening], later: list[Sent], data: st.DataObject) -> None:
        with new_world(database_kind, tmp_path) as world:
            live_through(world, history)
            before = outcome(world.hub)
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
