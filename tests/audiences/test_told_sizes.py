"""Sizes of audiences as they are told to whoever sees only some of the people (D12, I36)."""

from collections import Counter
from datetime import timedelta
from random import Random

import pytest
import sqlalchemy as sa

from hub.access.floor import FLOOR
from hub.access.reach import OPERATOR, Reach
from hub.access.tables import told_number, told_piece
from hub.access.tell_counts import KEPT
from hub.audiences.rules.conditions import Conditions
from hub.audiences.told_sizes import members_at, tell_size
from hub.clock import SettableClock
from hub.runtime import Hub
from tests.world import World

POSITIONS, PLACES, BRANDS = ("p1", "p2", "p3", "p4"), ("north", "south"), ("A", "B")
PEOPLE, QUESTIONS = 48, 60


@pytest.fixture
def world(hub: Hub) -> World:
    """People in few kinds of appointments, some of them rare."""
    world, random = World(hub).begin(), Random(3)
    world.add(brands=BRANDS, positions=POSITIONS)
    for place in PLACES:
        world.add_location(place, brands={brand: ["sell"] for brand in BRANDS})
    for n in range(PEOPLE):
        world.add_person(f"n{n}")
        position = random.choices(POSITIONS, [8, 4, 2, 1])[0]
        brands = random.sample(BRANDS, random.choice([0, 1, 2]))
        kind = random.choice(["internal", "external", "external"])
        world.appoint(f"n{n}", position, random.choice(PLACES), brands=brands, audience_class=kind)
    return world


def some_conditions(world: World, random: Random) -> Conditions:
    def ids(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(world.ids[n] for n in random.sample(names, random.randrange(1, len(names)))))

    return Conditions(
        ids(POSITIONS) if random.random() < 0.7 else (),
        ids(BRANDS) if random.random() < 0.4 else (),
        None,
        random.choice([None, None, "internal", "external"]),
    )


@pytest.mark.requirement("D12")
def test_whatever_is_told_is_about_at_least_five(world: World, clock: SettableClock) -> None:
    random, reach = Random(5), Reach("partner", world.ids["partner"])
    told: list[set[str]] = []
    for _ in range(QUESTIONS):
        conditions = some_conditions(world, random)
        with world.hub.unit_of_work() as uow:
            answer = tell_size(uow, reach, conditions)
            again = tell_size(uow, reach, conditions)
            members = {str(id) for id in uow.connection.scalars(members_at(uow, conditions, uow.now))}
            exact = tell_size(uow, OPERATOR, conditions)
        assert again == answer
        assert exact.people == len(members)
        assert answer.people in (None, len(members))
        if answer.people is not None:
            told.append(members)
    everybody = {world.ids[f"n{n}"] for n in range(PEOPLE)}
    pieces = Counter(tuple(person in each for each in told) for person in everybody)
    assert len(pieces) > 2
    assert min(pieces.values()) >= FLOOR


def test_who_comes_later_is_in_no_number_until_all_are_new(world: World, clock: SettableClock) -> None:
    reach = Reach("partner", world.ids["partner"])

    def size(conditions: Conditions) -> int | None:
        with world.hub.unit_of_work() as uow:
            return tell_size(uow, reach, conditions).people

    external = Conditions(audience_class="external")
    before = size(external)
    clock.advance(days=1)
    world.add_person("late")
    world.appoint("late", "p1", "north", since=clock.now())
    assert size(external) == before
    p1 = Conditions(positions=(world.ids["p1"],), audience_class="external")
    with world.hub.reading() as uow:
        now = {world.ids["late"]} & set(uow.connection.scalars(members_at(uow, p1, uow.now)))
        then = {world.ids["late"]} & set(
            uow.connection.scalars(members_at(uow, p1, uow.now - timedelta(days=1)))
        )
    assert (len(now), len(then)) == (1, 0)
    clock.advance(days=KEPT.days)
    assert size(external) == (before or 0) + 1
    with world.hub.reading() as uow:
        rows = [
            uow.connection.scalar(sa.select(sa.func.count()).select_from(t))
            for t in (told_number, told_piece)
        ]
    assert rows == [2, (before or 0) + 1]
