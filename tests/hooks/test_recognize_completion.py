"""recognize_completion: the first plugin that answers decides, and one that raises stops the reader where it is."""

import pytest
import sqlalchemy as sa

from hub.api import Completion, Evidence, Offering, hookimpl
from hub.clock import SettableClock
from hub.journal.tables import reader as reader_table
from hub.plugins.standard_completion import Plugin as StandardCompletion
from hub.training.tables import completion as completion_table
from tests.hooks.conftest import MakeWorld
from tests.world import World


class Accepts:
    """Takes every statement with one verb as completion, or raises."""

    hub_api = "1.1"

    def __init__(self, verb: str) -> None:
        self.verb = verb
        self.fails = False
        self.seen: list[tuple[Evidence, Offering]] = []

    @hookimpl
    def recognize_completion(self, statement: Evidence, offering: Offering) -> Completion | None:
        self.seen.append((statement, offering))
        if self.fails:
            raise RuntimeError("no rule for this")
        return Completion("attended", "7", 0.5) if statement.verb.endswith(self.verb) else None


def completions(world: World) -> list[tuple[str, str, float | None]]:
    with world.hub.reading() as uow:
        rows = uow.connection.execute(sa.select(completion_table).order_by(completion_table.c.completed_at))
        return [(row.recognized_by, row.policy, row.score) for row in rows]


def send(world: World, verb: str) -> None:
    world.send("ann", "brakes", verb=verb)
    world.drain()


def test_recognize_completion_gets_the_statement_and_the_course(world_with: MakeWorld) -> None:
    accepts = Accepts("attended")
    world = world_with(accepts=accepts)
    statement = world.send("ann", "brakes", verb="attended", result={"score": {"scaled": 0.9}})
    world.drain()
    evidence, offering = accepts.seen[0]  # asked again, it gets the same
    assert all(again == (evidence, offering) for again in accepts.seen)
    assert (evidence.statement_id, evidence.result) == (statement, {"score": {"scaled": 0.9}})
    assert (offering.key, offering.completion_policy) == ("brakes", "completed-or-passed")
    assert completions(world) == [("accepts", "attended", 0.5)]


@pytest.mark.parametrize("specific_first", [True, False])
def test_first_answer_to_recognize_completion_counts_in_the_order_of_the_settings(
    world_with: MakeWorld, specific_first: bool
) -> None:
    standard, specific = StandardCompletion(), Accepts("completed")
    world = world_with(
        standard_completion=specific if specific_first else standard,
        last=standard if specific_first else specific,
    )
    send(world, "completed")
    ((who, policy, _),) = completions(world)
    assert (who, policy) == ("standard_completion", "attended" if specific_first else "completed-or-passed")


def test_statement_that_nobody_takes_for_recognize_completion_is_none(world_with: MakeWorld) -> None:
    world = world_with(accepts=Accepts("attended"))
    send(world, "experienced")
    assert completions(world) == []


def test_recognize_completion_that_raises_loses_nothing_and_is_tried_again(
    world_with: MakeWorld, clock: SettableClock
) -> None:
    accepts = Accepts("attended")
    accepts.fails = True
    world = world_with(accepts=accepts)
    world.send("ann", "brakes", verb="attended")
    send(world, "experienced")
    with world.hub.reading() as uow:
        shown = uow.connection.execute(
            sa.select(reader_table).where(reader_table.c.name == "recognize")
        ).one()
    assert (shown.position, shown.failures) == (0, 1)
    assert "accepts" in shown.last_error
    assert "no rule for this" in shown.last_error
    accepts.fails = False
    clock.advance(seconds=1)
    world.drain()
    assert completions(world) == [("accepts", "attended", 0.5)]
