"""Who cannot be worked out is put aside with the error, holds nobody else up, and is tried again."""

from collections.abc import Sequence
from typing import Any

import pytest

from hub.audiences.assigning import reassign
from hub.audiences.assigning.put_aside import count_put_aside, list_put_aside, try_again
from hub.audiences.assigning.read_facts import read_facts
from hub.errors import Missing
from hub.rebuild.verify import waiting_work
from hub.runtime import Hub
from hub.store import UnitOfWork
from tests.world import World

PEOPLE = 9


@pytest.fixture
def world(hub: Hub) -> World:
    world = World(hub).begin()
    world.add(brands=["A"], positions=["technician"])
    world.add_location("Riverside")
    world.add_courses("north", "brakes")
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",))
    for n in range(PEOPLE):
        world.add_person(f"p{n}")
        world.appoint(f"p{n}", "technician", "Riverside")
    return world


def test_one_person_holds_nobody_else_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = world.hub

    def fails(uow: UnitOfWork, person_ids: Sequence[str]) -> Any:
        if world.ids["p4"] in person_ids:
            raise OverflowError("far off")
        return read_facts(uow, person_ids)

    monkeypatch.setattr(reassign, "read_facts", fails)
    world.drain()
    given = {n for n in range(PEOPLE) if world.live_goals(f"p{n}")}
    assert given == set(range(PEOPLE)) - {4}
    with hub.unit_of_work() as uow:
        (one,) = list_put_aside(uow)
        assert (one.person_id, one.name, one.error) == (
            world.ids["p4"],
            "p4 Tester",
            "OverflowError: far off",
        )
        assert [problem.place for problem in waiting_work(uow)] == ["assignment"]
        with pytest.raises(Missing):
            try_again(uow, world.ids["p1"])
        assert try_again(uow, world.ids["p4"]) == 1
    world.drain()
    monkeypatch.undo()
    with hub.unit_of_work() as uow:
        assert count_put_aside(uow) == 1  # it failed once more
        assert try_again(uow) == 1
    world.drain()
    assert world.live_goals("p4")
    with hub.reading() as uow:
        assert not count_put_aside(uow)
        assert not waiting_work(uow)


def test_a_change_of_the_person_tries_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = {world.ids["p1"], world.ids["p2"]}

    def fails(uow: UnitOfWork, person_ids: Sequence[str]) -> Any:
        if odd & set(person_ids):
            raise ValueError("odd")
        return read_facts(uow, person_ids)

    monkeypatch.setattr(reassign, "read_facts", fails)
    world.drain()
    with world.hub.reading() as uow:
        assert count_put_aside(uow) == len(odd)
    monkeypatch.undo()
    world.appoint("p1", "technician", "Riverside")
    world.drain()
    assert world.live_goals("p1")
    with world.hub.reading() as uow:
        assert count_put_aside(uow) == len(odd) - 1


def test_what_fails_for_everybody_puts_nobody_aside(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ValueError("nothing works")

    monkeypatch.setattr(reassign, "read_facts", fails)
    with pytest.raises(ValueError, match="nothing works"):
        world.drain()
    with world.hub.reading() as uow:
        assert not count_put_aside(uow)
    monkeypatch.undo()
    world.drain()
    assert all(world.live_goals(f"p{n}") for n in range(PEOPLE))
