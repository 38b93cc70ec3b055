"""Sizes of audiences as they are told to whoever sees only some of the people (D12, I36)."""

from collections import Counter, defaultdict
from random import Random

import pytest
import sqlalchemy as sa

from hub.access.reach import OPERATOR, Reach
from hub.audiences.told.sizes import Size, read_size, tell_sizes
from hub.audiences.told.tables import told_cohort, told_person, told_size
from hub.clock import SettableClock
from hub.ids import new_id
from hub.network import tables as network
from hub.runtime import Hub
from tests.world import World

PEOPLE = 24
MONTHS, QUESTIONS = 5, 1000


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


@pytest.mark.requirement("D12", "B04")
def test_a_partner_cannot_take_off_its_own_people(hub: Hub, clock: SettableClock) -> None:
    """Riverside sees by name who works there: of Summit's three nothing is told, not even that they are there."""
    world = World(hub).begin()
    world.add(positions=("clerk",))
    world.add_audience("shared")
    world.add_location("North")
    riverside, summit = world.ids["partner"], new_id()
    with hub.unit_of_work() as uow:
        uow.connection.execute(sa.insert(network.partner).values(id=summit, name="Summit"))
    world.ids["partner"] = summit
    world.add_location("Peak")
    for n in range(20):
        world.ids["partner"] = (
            summit if n < 5 else riverside
        )  # some are employed by Summit, and work at Riverside's
        world.add_person(f"r{n}")
        world.appoint(f"r{n}", "clerk", "North")
    world.ids["partner"] = summit
    for n in range(10):
        world.add_person(f"s{n}")
        world.appoint(f"s{n}", "clerk", "Peak")
        if n in (2, 8, 9):
            assert next_month(world, clock) == 1
            assert told(world, "shared") == ((30 if n == 9 else None), None)
            assert told(world, "shared", OPERATOR) == (21 + n, 0)


@pytest.mark.requirement("D12", "B04")
def test_whoever_is_lent_to_a_partner_is_not_what_is_left(hub: Hub, clock: SettableClock) -> None:
    """Riverside lists whom it employs; the one from Summit who works at its location would be the difference."""
    world = World(hub).begin()
    world.add(positions=("clerk",))
    world.add_audience("shared")
    world.add_location("North")
    riverside, summit = world.ids["partner"], new_id()
    with hub.unit_of_work() as uow:
        uow.connection.execute(sa.insert(network.partner).values(id=summit, name="Summit"))
    for n in range(20):
        world.ids["partner"] = riverside if n else summit
        world.add_person(f"r{n}")
        world.appoint(f"r{n}", "clerk", "North")
    assert next_month(world, clock) == 1
    assert told(world, "shared") == (None, None)
    assert told(world, "shared", OPERATOR) == (20, 0)


@pytest.mark.requirement("D12")
def test_a_thousand_questions_of_several_askers_isolate_nobody(hub: Hub, clock: SettableClock) -> None:
    """Sets that differ by few, people who come and go one by one; asked again wherever two answers are near each other."""
    world, random = World(hub).begin(), Random(8)
    positions = ("p1", "p2", "p3", "p4")
    world.add(positions=positions)
    world.add_location("North")
    for n in range(60):
        world.add_person(f"n{n}")
        kind = random.choice(["internal", "external", "external"])
        held = random.choices(positions, [8, 4, 2, 1])[0]
        world.appoint(f"n{n}", held, "North", audience_class=kind)
    world.add_audience("everybody")
    for first in range(4):
        for last in range(first, 4):
            world.add_audience(f"p{first}{last}", positions=positions[first : last + 1])
    world.add_audience("outside", audience_class="external")
    keys = ["everybody", "outside", *(f"p{a}{b}" for a in range(4) for b in range(a, 4))]
    world.ids["rival"] = world.ids["North"]  # an asker is an asker, whoever it is
    askers = [Reach("partner", world.ids[name]) for name in ("partner", "rival")]
    counted: dict[str, list[frozenset[str]]] = defaultdict(list)
    for month in range(MONTHS):
        for n in range(random.randrange(1, 15)):
            world.add_person(f"m{month}-{n}")
            world.appoint(f"m{month}-{n}", random.choice(positions[:2]), "North", since=clock.now())
        assert next_month(world, clock) == len(keys)
        answers: dict[str, int | None] = {}
        with world.hub.reading() as uow:
            wanted = list(keys)
            for _ in range(QUESTIONS // MONTHS):
                key = wanted.pop() if wanted else random.choice(keys)
                people = read_size(uow, random.choice(askers), key).people
                assert answers.setdefault(key, people) == people
                near = sorted((abs((size or 0) - (people or 0)), other) for other, size in answers.items())
                wanted += [other for _, other in near[:2] if not wanted]
            numbers = dict(uow.connection.execute(sa.select(told_size.c.audience, told_size.c.number)).all())
            rows = uow.connection.execute(
                sa.select(told_person.c.person_id, told_cohort.c.sets).join(told_cohort)
            ).all()
        for person_id, sets in rows:
            mine = frozenset(key for key in keys if int(sets) >> 2 * numbers[key] & 1)
            counted[person_id] += [frozenset()] * (month - len(counted[person_id])) + [mine]
        sums = Counter(key for person in counted.values() for key in person[month])
        assert {key: people or 0 for key, people in answers.items()} == {key: sums[key] for key in keys}
    # Answers are sums over people; whatever is worked out of them weighs those of one history alike.
    histories = Counter(tuple(each) for each in counted.values())
    assert min(histories.values()) >= 10
    assert len(histories) > 3
