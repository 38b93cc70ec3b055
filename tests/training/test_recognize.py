"""From statements to credit, through the journal and the readers."""

import itertools

import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.runtime import Hub
from hub.training import tables
from tests.world import World, days


@pytest.fixture
def world(hub: Hub) -> World:
    world = World(hub).begin()
    world.add(brands=["A", "B"], positions=["technician", "salesperson"])
    world.add_location("Riverside", brands={"A": ["sell", "service"], "B": ["service"]})
    world.add_courses("south", "brakes", "batteries")
    world.add_person("ann")
    world.appoint("ann", "technician", "Riverside", brands=["B"])
    return world


@pytest.mark.requirement("B62", "B53")
def test_one_completion_credits_the_goals_of_both_dimensions_with_the_same_evidence(world: World) -> None:
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",))
    world.add_rule("brake-pitch", "brakes", "sales", positions=("technician",))
    world.link("ann")
    statement = world.send("ann", "brakes")
    world.drain()
    assert world.live_goals("ann") == {("brakes", "service"): statement, ("brakes", "sales"): statement}


@pytest.mark.requirement("B62")
def test_both_credits_are_one_unit_of_work(world: World) -> None:
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",))
    world.add_rule("brake-pitch", "brakes", "sales", positions=("technician",))
    world.link("ann")
    world.send("ann", "brakes")
    world.drain()
    with world.hub.reading() as uow:
        recorded = uow.connection.scalars(sa.select(tables.credit_ledger.c.recorded_at)).all()
    assert len(recorded) == 2
    assert len(set(recorded)) == 1


def test_two_rules_of_one_dimension_are_one_goal_with_two_sources(world: World) -> None:
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",))
    world.add_rule("b-basics", "brakes", "service", brands=("B",))
    world.drain()
    assert list(world.live_goals("ann")) == [("brakes", "service")]
    with world.hub.reading() as uow:
        keys = set(uow.connection.scalars(sa.select(tables.goal_source.c.source_key)))
    assert keys == {"brake-safety", "b-basics"}


def test_statement_of_an_unknown_actor_waits_until_the_link_appears(world: World) -> None:
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",))
    statement = world.send("ann", "brakes")
    world.drain()
    assert world.live_goals("ann") == {("brakes", "service"): None}
    with world.hub.reading() as uow:
        assert uow.connection.scalars(sa.select(tables.waiting_statement.c.statement_id)).all() == [statement]
    world.link("ann")
    world.drain()
    assert world.live_goals("ann") == {("brakes", "service"): statement}
    with world.hub.reading() as uow:
        assert uow.connection.scalars(sa.select(tables.waiting_statement.c.statement_id)).all() == []


@pytest.mark.requirement("S1.11")
def test_the_same_account_name_at_another_lms_is_somebody_else(world: World) -> None:
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",))
    world.link("ann", "south")
    world.send("ann", "brakes", lms="north")
    world.drain()
    assert world.live_goals("ann") == {("brakes", "service"): None}


def test_course_that_joins_the_catalogue_after_its_statement_is_credited(world: World) -> None:
    world.link("ann")
    statement = world.send("ann", "steering")
    world.drain()
    world.add_courses("south", "brakes", "batteries", "steering")
    world.add_rule("steering", "steering", "service", positions=("technician",))
    world.drain()
    assert world.live_goals("ann") == {("steering", "service"): statement}


@pytest.mark.requirement("B63")
@pytest.mark.parametrize(
    ("look_back_days", "credited"), [(None, True), (30, True), (10, True), (9, False), (0, False)]
)
def test_goal_made_after_the_completion_looks_back(
    world: World, clock: SettableClock, look_back_days: int | None, credited: bool
) -> None:
    world.link("ann")
    statement = world.send("ann", "brakes")
    world.drain()
    clock.advance(days=10)
    world.add_rule(
        "late",
        "brakes",
        "service",
        positions=("technician",),
        look_back_days=look_back_days,
        valid_from=clock.now(),
    )
    world.drain()
    assert world.live_goals("ann") == {("brakes", "service"): statement if credited else None}


def test_voiding_the_evidence_takes_the_credit_back_and_other_evidence_stands_in(world: World) -> None:
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",))
    world.link("ann")
    first = world.send("ann", "brakes", at=world.hub.clock.now() - days(2))
    world.drain()
    world.send("ann", first, verb="voided")
    world.drain()
    assert world.live_goals("ann") == {("brakes", "service"): None}
    second = world.send("ann", "brakes")
    world.drain()
    assert world.live_goals("ann") == {("brakes", "service"): second}


def test_every_order_of_the_same_statements_gives_the_same_credit(world: World) -> None:
    """Duplicates, a voiding before its target, an earlier completion after a later one."""
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",))
    now = world.hub.clock.now()
    outcomes = set()
    for number, order in enumerate(itertools.permutations(range(4))):
        name = f"person{number}"
        world.add_person(name)
        world.appoint(name, "technician", "Riverside")
        world.link(name)
        ids = {part: f"{number:08d}-0000-4000-8000-{place:012d}" for place, part in enumerate("abc")}
        sends = [
            lambda n=name, i=ids: world.send(n, "brakes", at=now - days(3), id=i["a"]),
            lambda n=name, i=ids: world.send(n, "brakes", at=now - days(2), id=i["b"]),
            lambda n=name, i=ids: world.send(n, i["a"], verb="voided", id=i["c"], at=now),
            lambda n=name, i=ids: world.send(n, "brakes", at=now - days(2), id=i["b"]),
        ]
        for place in order:
            sends[place]()
            if number % 2:
                world.drain()
        world.drain()
        credit = world.live_goals(name)["brakes", "service"]
        outcomes.add(credit == ids["b"])
    assert outcomes == {True}


def test_path_is_reached_by_its_last_step_whatever_the_order(world: World) -> None:
    world.add_path("start", "brakes", "batteries")
    world.add_rule("start", "start", "service", target_kind="path", positions=("technician",))
    world.link("ann")
    now = world.hub.clock.now()
    later = world.send("ann", "batteries", at=now - days(1))
    world.drain()
    assert world.live_goals("ann") == {("start", "service"): None}
    world.send("ann", "brakes", at=now - days(5))
    world.drain()
    assert world.live_goals("ann") == {("start", "service"): later}


@pytest.mark.parametrize(
    ("policy", "verb", "result", "completes"),
    [
        ("completed-or-passed", "completed", {}, True),
        ("completed-or-passed", "passed", {}, True),
        ("completed-or-passed", "progressed", {"completion": True}, False),
        ("completed-or-passed", "completed", {"success": False}, False),
        ("passed", "completed", {}, False),
        ("score-at-least-0.8", "completed", {"score": {"raw": 8, "max": 10}}, True),
        ("score-at-least-0.8", "completed", {"score": {"scaled": 0.79}}, False),
        ("score-at-least-0.8", "completed", {}, False),
    ],
)
def test_completion_policy_decides(
    world: World, policy: str, verb: str, result: dict[str, object], completes: bool
) -> None:
    world.add_courses("south", "brakes", policy=policy)
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",))
    world.link("ann")
    statement = world.send("ann", "brakes", verb=verb, result=result)
    world.drain()
    assert world.live_goals("ann") == {("brakes", "service"): statement if completes else None}


def test_ledger_cannot_be_rewritten(world: World) -> None:
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",))
    world.link("ann")
    world.send("ann", "brakes")
    world.drain()
    for statement in (sa.update(tables.credit_ledger).values(amount=2), sa.delete(tables.credit_ledger)):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), world.hub.unit_of_work() as uow:
            uow.connection.execute(statement)
