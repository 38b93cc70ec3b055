"""Arrivals: every statement counted once, in its hour, and still counted when it is deleted."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.journal import arrivals
from hub.journal.arrivals import count_arrivals, has_arrivals, read_arrivals
from hub.journal.tables import arrival_count, reader
from tests.world import World


@pytest.fixture
def world(hub: object) -> World:
    return World(hub).begin()  # type: ignore[arg-type]


def count(world: World) -> None:
    for _ in range(5):
        with world.hub.unit_of_work() as uow:
            count_arrivals(uow)


def read(world: World, since: datetime, **options: object) -> list[int]:
    with world.hub.reading() as uow:
        return [each.count for each in read_arrivals(uow, since, **options)]  # type: ignore[arg-type]


def test_statements_are_counted_by_hour_day_and_system(world: World, clock: SettableClock) -> None:
    start = clock.now()
    world.send("ann", "brakes")
    world.send("ann", "brakes", lms="north")
    clock.advance(minutes=70)
    world.send("ben", "brakes")
    clock.advance(hours=1)
    expected = [2, 1, 0]
    assert read(world, start) == expected, "before anything is counted"
    count(world)
    assert read(world, start) == expected
    world.send("cleo", "brakes")
    assert read(world, start) == [2, 1, 1], "counted and not yet counted together"
    count(world)
    assert read(world, start) == [2, 1, 1]
    assert read(world, start, connection_id=world.ids["north"]) == [1, 0, 0]
    assert read(world, start - timedelta(days=1), per_day=True) == [0, 4]
    with world.hub.reading() as uow:
        assert not has_arrivals(uow)


def test_counting_goes_on_in_parts(
    world: World, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(7):
        world.send("ann", "brakes")
    monkeypatch.setattr(arrivals, "BATCH", 3)
    count(world)
    with world.hub.reading() as uow:
        assert uow.connection.scalar(sa.select(sa.func.sum(arrival_count.c.count))) == 7
        position = sa.select(reader.c.position).where(reader.c.name == arrivals.READER)
        assert uow.connection.scalar(position) == 7
    assert read(world, clock.now()) == [7]
