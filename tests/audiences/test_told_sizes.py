"""Sizes of audiences as they are told to whoever sees only some of the people (D12, I36)."""

from collections import Counter

import pytest
import sqlalchemy as sa

from hub.access.reach import OPERATOR, Reach
from hub.audiences.told.sizes import Size, read_size, tell_sizes
from hub.audiences.told.tables import told_cohort, told_person
from hub.clock import SettableClock
from hub.runtime import Hub
from tests.world import World

PEOPLE = 24
AUDIENCES = ("all", "north", "technicians")


@pytest.fixture
def world(hub: Hub) -> World:
    """Technicians, the first dozen at North and the others at South; everybody is asked for one course."""
    world = World(hub).begin()
    world.add(positions=("technician", "clerk"))
    world.add_courses("south", "brakes")
    for place in ("North", "South"):
        world.add_location(place)
    world.add_rule("r", "brakes", "service")
    for n in range(PEOPLE):
        world.add_person(f"n{n}")
        world.appoint(f"n{n}", "technician", "North" if n < PEOPLE // 2 else "South")
        world.link(f"n{n}")
    world.add_audience("all")
    world.add_audience("technicians", positions=("technician",))
    world.add_audience("clerks", positions=("clerk",))
    world.drain()
    return world


def told(world: World, key: str, reach: Reach | None = None) -> tuple[int | None, int | None]:
    with world.hub.reading() as uow:
        size = read_size(uow, reach or Reach("partner", world.ids["partner"]), key)
    return size.people, size.reached


def next_month(world: World, clock: SettableClock) -> int:
    clock.advance(days=31)
    return tell_sizes(world.hub)


@pytest.mark.requirement("D12")
def test_others_are_told_sizes_of_the_month_in_which_nobody_is_counted_alone(
    world: World, clock: SettableClock
) -> None:
    assert next_month(world, clock) == 3
    assert tell_sizes(world.hub) == 0
    assert told(world, "technicians") == told(world, "all") == (PEOPLE, None)
    assert told(world, "clerks") == (None, None)
    assert told(world, "technicians", OPERATOR) == (PEOPLE, 0)

    # One clerk comes, who has learned it all; nobody is told so, neither of clerks nor of all less technicians.
    world.add_person("victim")
    world.appoint("victim", "clerk", "North", since=clock.now())
    world.link("victim")
    world.send("victim", "brakes")
    world.drain()
    next_month(world, clock)
    assert [told(world, key) for key in ("all", "technicians", "clerks")] == [
        (24, None),
        (24, None),
        (None, None),
    ]
    assert [told(world, key, OPERATOR) for key in ("all", "clerks")] == [(25, 1), (1, 1)]

    # With nine more clerks ten are told at once, and the twelve who have learned it.
    for n in range(9):
        world.add_person(f"c{n}")
        world.appoint(f"c{n}", "clerk", "North", since=clock.now())
    for n in range(12):
        world.send(f"n{n}", "brakes")
    world.drain()
    next_month(world, clock)
    assert [told(world, key) for key in ("all", "technicians", "clerks")] == [(34, 12), (24, 12), (10, None)]
    assert told(world, "all", OPERATOR) == (34, 13)
    with world.hub.reading() as uow:
        size = read_size(uow, Reach("partner", world.ids["partner"]), "clerks")
        cohorts = Counter(uow.connection.scalars(sa.select(told_person.c.cohort_id)))
        floors = {row.id: row.floor for row in uow.connection.execute(sa.select(told_cohort))}
    assert size == Size(
        "clerks", 10, None, clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0), 10
    )
    assert set(cohorts) == set(floors)
    assert all(people >= floors[id] for id, people in cohorts.items())
