"""Many locations at once: what is planned happens to goals, done in parts that may stop anywhere; what refuses late is told."""

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from hub.access.explore.locations import Wanted
from hub.access.reach import OPERATOR, sight_of
from hub.bulk import run
from hub.bulk.run import BulkChanges, list_recent, read_progress, start_bulk_change
from hub.bulk.wish import BulkPlan, BulkPlanOutdated, WishForMany, plan_many
from hub.errors import BadInput, Missing
from hub.network import tables as network
from hub.network.structure.locations import carry_brand, close_location, read_location
from hub.network.structure.words import close_word
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.training import tables as training
from tests.rows import count_rows
from tests.world import World

PLACES = 3


@pytest.fixture
def world(hub: Hub) -> World:
    """Three locations, two of them under a node, with two people each; rules ask for a brand, a node and a position."""
    world = World(hub).begin()
    world.add(brands=["A", "B"], positions=["technician", "seller"])
    world.add_courses("south", "one", "two", "three")
    for n in range(PLACES):
        world.add_location(f"L{n}", brands={"A": ["service"]} if n else {})
    world.add_node("left", "sales", locations=["L0", "L1"])
    world.add_node("right", "sales", locations=[])
    for n in range(2 * PLACES):
        world.add_person(f"p{n}")
        world.appoint(f"p{n}", ("technician", "seller")[n % 2], f"L{n % PLACES}", brands=["A"])
    world.appoint("p0", "seller", "L2", brands=["A"])
    world.add_rule("one", "one", "sales", nodes=("right",))
    world.add_rule("two", "two", "service", brands=("A",), activity="service")
    world.add_rule("three", "three", "service", positions=("technician",))
    world.drain()
    return world


def asked(hub: Hub) -> set[str]:
    source = training.goal_source
    with hub.reading() as uow:
        ahead = sa.or_(source.c.valid_to.is_(None), source.c.valid_to > uow.now)
        return set(uow.connection.scalars(sa.select(source.c.goal_id).where(ahead)))


def plan(hub: Hub, wish: WishForMany, words: str = "") -> BulkPlan:
    with hub.reading() as uow:
        return plan_many(uow, sight_of(uow, OPERATOR), Wanted(words), wish)


def start(world: World, wish: WishForMany, plan_hash: str, words: str = "") -> str:
    with world.hub.unit_of_work() as uow:
        sight = sight_of(uow, OPERATOR)
        return start_bulk_change(uow, sight, Wanted(words), wish, plan_hash, actor_id=world.ids["p0"])


@pytest.mark.requirement("B40", "I16")
def test_what_is_planned_happens(world: World) -> None:
    hub, ids, moved = world.hub, world.ids, []
    for wish in (
        WishForMany("place", ids["right"]),
        WishForMany("carry", ids["A"], "service"),
        WishForMany("end_brand", ids["A"]),
        WishForMany("close"),
    ):
        before, rows = asked(hub), count_rows(hub)
        planned = plan(hub, wish)
        assert count_rows(hub) == rows
        assert (len(planned.location_ids), planned.people) == (PLACES, 2 * PLACES)
        id = start(world, wish, planned.hash)
        world.drain()
        after = asked(hub)
        assert planned.effects is not None
        assert (planned.effects.gained, planned.effects.lost) == (len(after - before), len(before - after))
        moved.append((planned.effects.gained, planned.effects.lost))
        with hub.reading() as uow:
            progress = read_progress(uow, id)
            assert (progress.done, progress.total, progress.late) == (PLACES, PLACES, ())
            assert progress.finished_at is not None
            assert list_recent(uow, 1) == [progress]
        hub.clock.advance(minutes=1)  # type: ignore[attr-defined]
    assert all(gained or lost for gained, lost in moved)


@pytest.mark.requirement("B40")
def test_it_goes_on_where_it_stopped_and_tells_what_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "CHUNK", 2)
    hub, errand = world.hub, BulkChanges(world.hub)
    wish = WishForMany("carry", world.ids["B"], "sell", date(2030, 5, 1))
    id = start(world, wish, plan(hub, wish).hash)
    assert errand.turn()
    with hub.unit_of_work() as uow:
        assert (read_progress(uow, id).done, read_progress(uow, id).finished_at) == (2, None)
        close_word(uow, "brand", world.ids["B"])
    assert BulkChanges(hub).turn()  # another worker
    assert not errand.turn()
    with hub.reading() as uow:
        progress = read_progress(uow, id)
        assert progress.finished_at is not None
        assert [why for _, why in progress.late] == ["B is closed."]
        carrying = [
            n
            for n in range(PLACES)
            if any(b["brand_id"] == world.ids["B"] for b in read_location(uow, world.ids[f"L{n}"])["brands"])
        ]
        assert len(carrying) == 2


def test_only_what_was_seen_is_done(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    hub, wish = world.hub, WishForMany("close", day=date(2031, 1, 1))
    planned = plan(hub, wish)
    with hub.unit_of_work() as uow:
        close_location(uow, world.ids["L0"])
    rows = count_rows(hub)
    with pytest.raises(BulkPlanOutdated) as outdated:
        start(world, wish, planned.hash)
    assert len(outdated.value.plan.location_ids) == PLACES - 1
    for words, bad in (
        ("nothing is called so", wish),
        ("", WishForMany("place", world.ids["A"])),
        ("", WishForMany("carry", world.ids["A"])),
        ("", WishForMany("sell", activity="steal")),  # type: ignore[arg-type]
    ):
        with pytest.raises(BadInput):
            plan(hub, bad, words)
    assert count_rows(hub) == rows
    with hub.reading() as uow, pytest.raises(Missing):
        read_progress(uow, "nothing")
    monkeypatch.setattr("hub.bulk.wish.MOST_PEOPLE", 1)
    assert plan(hub, wish).effects is None


def test_a_location_that_fails_holds_no_other_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    hub, wish = world.hub, WishForMany("carry", world.ids["B"], "sell")

    def fails(uow: UnitOfWork, location_id: str, *given: Any, **named: Any) -> bool:
        if location_id == world.ids["L1"]:
            raise KeyError(location_id)
        return carry_brand(uow, location_id, *given, **named)

    monkeypatch.setattr(run, "carry_brand", fails)
    id = start(world, wish, plan(hub, wish).hash)
    assert BulkChanges(hub).turn()
    with hub.reading() as uow:
        progress = read_progress(uow, id)
    assert (progress.done, progress.late) == (PLACES, (("L1", "It failed: KeyError."),))


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_who_works_at_any_of_them_is_locked_before_the_first_is_closed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, person, free = world.hub, network.person, list[str]()

    def look(uow: UnitOfWork, *given: Any, **named: Any) -> bool:
        with hub.unit_of_work() as other:
            anybody = sa.select(person.c.id).with_for_update(key_share=True, skip_locked=True)
            free.extend(other.connection.scalars(anybody))
        return close_location(uow, *given, **named)

    monkeypatch.setattr(run, "close_location", look)
    wish = WishForMany("close")
    start(world, wish, plan(hub, wish).hash)
    assert BulkChanges(hub).turn()
    assert free == []
