"""Bitmaps of appointments are kept where they are worth it; what they cannot tell is looked at without them."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.audiences.counting import count_people, maps
from hub.audiences.counting.build_maps import build_maps
from hub.audiences.counting.keep_maps import AGAIN, OLD, KeepMaps, is_due
from hub.audiences.counting.tables import appointment_map, appointment_map_state
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.reach import read_reach
from hub.clock import SettableClock
from hub.runtime import Hub
from tests.world import World


@pytest.fixture
def world(hub: Hub) -> World:
    """Ann and Ida are technicians."""
    world = World(hub).begin()
    world.add(positions=["technician"])
    world.add_location("Riverside")
    for person in ("ann", "ida"):
        world.add_person(person)
        world.appoint(person, "technician", "Riverside")
    return world


@pytest.mark.requirement("D2")
def test_bitmaps_are_built_when_there_are_none_and_when_they_are_old(
    world: World, clock: SettableClock
) -> None:
    def due(worth_it: int = 1) -> bool:
        with world.hub.reading() as uow:
            return is_due(uow, worth_it)

    with world.hub.reading() as uow:
        if uow.is_sqlite:
            assert not is_due(uow, 0)
            return
    assert (due(), due(2)) == (True, False)
    KeepMaps(world.hub).turn()
    assert due(), "a small network needs none"
    with world.hub.unit_of_work() as uow:
        assert build_maps(uow)
    assert not due()
    clock.advance(seconds=int((AGAIN + timedelta(minutes=1)).total_seconds()))
    assert not due(), "nobody changed"
    clock.advance(seconds=int(OLD.total_seconds()))
    assert due()


@pytest.mark.requirement("D2")
def test_only_one_worker_builds_at_a_time(world: World) -> None:
    with world.hub.unit_of_work() as uow:
        if uow.is_sqlite:
            return
        assert build_maps(uow)
        with world.hub.unit_of_work() as other:
            assert not build_maps(other)


@pytest.mark.requirement("D2")
def test_whom_bitmaps_do_not_know_is_counted_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reached() -> int:
        with world.hub.reading() as uow:
            return read_reach(uow, Conditions()).people

    with world.hub.unit_of_work() as uow:
        if not uow.is_sqlite:
            assert build_maps(uow)
    assert reached() == 2
    world.add_person("new")
    world.appoint("new", "technician", "Riverside")
    assert reached() == 3
    with world.hub.reading() as uow:
        if uow.is_sqlite:
            assert maps.open_maps(uow) is None
            return
        assert count_people.count_with_maps(uow, Conditions(), None) is not None
    monkeypatch.setattr(maps, "STALE", 0)
    with world.hub.reading() as uow:
        assert count_people.count_with_maps(uow, Conditions(), None) is None
    assert reached() == 3
    monkeypatch.undo()
    monkeypatch.setattr(count_people, "LEFT", 0)
    assert reached() == 3
    with world.hub.unit_of_work() as uow:
        assert len(uow.connection.execute(sa.select(appointment_map.c.part)).all()) > 5
        uow.connection.execute(sa.delete(appointment_map_state))
    assert reached() == 3
