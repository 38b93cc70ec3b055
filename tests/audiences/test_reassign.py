"""Who gets which goals, as appointments, rules and plugins change."""

import threading
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from hub.audiences.assigning.reassign import reassign_chunk
from hub.clock import SettableClock
from hub.runtime import Hub
from hub.store import UnitOfWork
from tests.world import World, days


@pytest.fixture
def world(hub: Hub) -> World:
    world = World(hub).begin()
    world.add(brands=["A", "B", "C"], positions=["technician", "salesperson"])
    world.add_location("Riverside", brands={"A": ["sell"], "B": ["sell", "service"]})
    world.add_location("Hillside", brands={"A": ["sell"]})
    world.add_courses("north", "brakes", "selling")
    world.add_person("ann")
    return world


@pytest.mark.requirement("B14", "B15")
def test_position_and_brand_must_hold_on_the_same_appointment(world: World) -> None:
    world.appoint("ann", "technician", "Riverside", brands=["B"])
    world.appoint("ann", "salesperson", "Hillside", brands=["A"])
    world.add_rule("false-positive", "brakes", "service", positions=("technician",), brands=("A",))
    world.add_rule("right", "selling", "sales", positions=("salesperson",), brands=("A",))
    world.drain()
    assert list(world.live_goals("ann")) == [("selling", "sales")]


@pytest.mark.requirement("B10")
def test_brand_the_location_does_not_carry_is_not_in_force(world: World) -> None:
    world.appoint("ann", "technician", "Riverside", brands=["C"])
    world.add_rule("all-of-c", "brakes", "service", brands=("C",))
    world.drain()
    assert world.live_goals("ann") == {}


@pytest.mark.requirement("B53", "S2.07")
def test_goal_lives_while_one_of_its_appointments_does(world: World, clock: SettableClock) -> None:
    first = world.appoint("ann", "technician", "Riverside", brands=["B"])
    second = world.appoint("ann", "salesperson", "Riverside", brands=["B"])
    world.add_rule("b-basics", "brakes", "service", brands=("B",))
    world.drain()
    assert list(world.live_goals("ann")) == [("brakes", "service")]
    world.end_appointment("ann", first, clock.now())
    world.drain()
    assert list(world.live_goals("ann")) == [("brakes", "service")]
    world.end_appointment("ann", second, clock.now())
    world.drain()
    assert world.live_goals("ann") == {}


def test_future_appointment_begins_by_itself(world: World, clock: SettableClock) -> None:
    world.appoint("ann", "technician", "Riverside", since=clock.now() + days(3))
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",))
    world.drain()
    assert world.live_goals("ann") == {}
    clock.advance(days=3)
    assert list(world.live_goals("ann")) == [("brakes", "service")]


def test_a_date_behind_the_last_day_keeps_nobody_waiting(world: World) -> None:
    world.add_person("far")
    world.appoint("far", "technician", "Riverside", since=datetime(9999, 12, 20, tzinfo=UTC))
    world.appoint("ann", "technician", "Riverside")
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",), due_days=30)
    world.drain()
    assert list(world.live_goals("ann")) == [("brakes", "service")]


@pytest.mark.requirement("B70", "B73")
def test_rule_for_internal_people_leaves_external_appointments_alone(world: World) -> None:
    world.appoint("ann", "technician", "Riverside", audience_class="external")
    world.add_person("ida")
    world.appoint("ida", "technician", "Riverside", audience_class="internal")
    world.add_rule("compliance", "brakes", "general", audience_class="internal", kind="compliance")
    world.drain()
    assert world.live_goals("ann") == {}
    assert list(world.live_goals("ida")) == [("brakes", "general")]


def test_changed_rule_moves_the_goals_of_everybody_it_concerned(world: World) -> None:
    world.appoint("ann", "technician", "Riverside")
    world.add_person("sam")
    world.appoint("sam", "salesperson", "Riverside")
    world.add_rule("who", "brakes", "service", positions=("technician",))
    world.drain()
    world.add_rule("who", "brakes", "service", positions=("salesperson",))
    world.drain()
    assert world.live_goals("ann") == {}
    assert list(world.live_goals("sam")) == [("brakes", "service")]


@pytest.mark.requirement("B53")
def test_credit_stays_when_the_appointment_ends(world: World, clock: SettableClock) -> None:
    appointment = world.appoint("ann", "technician", "Riverside")
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",))
    world.link("ann", "north")
    statement = world.send("ann", "brakes", lms="north")
    world.drain()
    clock.advance(days=1)
    world.end_appointment("ann", appointment, clock.now())
    world.drain()
    assert world.live_goals("ann") == {}
    assert world.live_goals("ann", at=clock.now() - days(0.5)) == {("brakes", "service"): statement}


def test_a_long_queue_is_worked_off_two_chunks_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    at_work: set[int] = set()

    def work(uow: UnitOfWork) -> int:
        at_work.add(threading.get_ident())
        return reassign_chunk(uow)

    for module in ("hub.audiences.assigning.reassign", "hub.worker"):
        monkeypatch.setattr(f"{module}.CHUNK", 2)
    monkeypatch.setattr("hub.worker.reassign_chunk", work)
    monkeypatch.setattr("hub.worker.MANY", 5)
    people = [f"person {number}" for number in range(9)]
    for name in people:
        world.add_person(name)
        world.appoint(name, "technician", "Riverside")
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",))
    world.drain()
    assert all(list(world.live_goals(name)) == [("brakes", "service")] for name in people)
    if world.hub.engine.dialect.name != "sqlite":
        assert at_work - {threading.get_ident()}
        with world.hub.reading() as uow:  # and PostgreSQL plans with what was worked out
            known = uow.connection.scalar(sa.text("SELECT reltuples FROM pg_class WHERE relname = 'goal'"))
        assert known == 9
