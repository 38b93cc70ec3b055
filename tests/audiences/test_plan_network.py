"""What is planned for the network is what happens to everybody's goals, and planning writes nothing (D2, I16)."""

import random
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.audiences.plans.plan_network import (
    NetworkPlanOutdated,
    NetworkWish,
    make_network_change,
    plan_network_change,
)
from hub.errors import HubError
from hub.network.attribute_values import AttributeKind
from hub.network.attributes import define_attribute
from hub.network.structure.locations import carry_brand
from hub.runtime import Hub
from hub.training import tables as training
from tests.rows import count_rows
from tests.world import World

PLACES, PEOPLE, STEPS = 4, 10, 7
NODES = ("top", "left", "right", "low")


@pytest.fixture
def world(hub: Hub) -> World:
    """Four locations under a tree of four nodes, ten people, and rules that ask for nodes, brands and positions."""
    world = World(hub).begin()
    world.add(brands=["A", "B"], positions=["technician", "seller"])
    world.add_courses("south", "one", "two", "three")
    for n in range(PLACES):
        world.add_location(f"L{n}", brands={"A": ["sell", "service"], "B": ["sell"]})
    world.add_node("top", "sales")
    world.add_node("left", "sales", above=["top"], locations=["L0"])
    world.add_node("low", "sales", above=["left", "top"], locations=["L1"])
    world.add_node("right", "sales", above=["top"], locations=["L2"])
    for n in range(PEOPLE):
        world.add_person(f"p{n}")
        position = ("technician", "seller")[n % 2]
        world.ids[f"a{n}"] = world.appoint(
            f"p{n}", position, f"L{n % PLACES}", brands=["A", "B"][: 1 + n % 2]
        )
    world.appoint("p1", "technician", "L2", brands=["B"])
    world.add_rule("one", "one", "sales", nodes=("left",))
    world.add_rule("two", "two", "service", brands=("A",), activity="service")
    world.add_rule("three", "three", "service", positions=("technician",), brands=("B",))
    world.drain()
    return world


def asked(hub: Hub) -> set[str]:
    """Ids of goals that something asks for now or later."""
    source = training.goal_source
    with hub.reading() as uow:
        ahead = sa.or_(source.c.valid_to.is_(None), source.c.valid_to > uow.now)
        return set(uow.connection.scalars(sa.select(source.c.goal_id).where(ahead)))


def some_wish(world: World, choose: random.Random) -> NetworkWish:
    ids, at = world.ids, choose.choice([None, world.hub.clock.now() + timedelta(days=choose.randint(1, 9))])
    place = ids[f"L{choose.randrange(PLACES)}"]
    node, parent = choose.sample(NODES, 2)
    until = (at or world.hub.clock.now()) + timedelta(days=30) if choose.random() < 0.3 else None
    people = tuple(sorted(ids[f"a{n}"] for n in choose.sample(range(PEOPLE), 2)))
    wishes: list[Any] = [
        NetworkWish("move_node", (ids[node],), ids[parent], at, until),
        NetworkWish("move_node", (ids[node],), ids[parent], at),
        NetworkWish(
            "end_brand", (place,), ids[choose.choice("AB")], at, activity=choose.choice(["", "sell"])
        ),
        NetworkWish("end_appointments", people, at=at),
        NetworkWish("close_location", (place,), at=at),
    ]
    return wishes[choose.randrange(5)]  # type: ignore[no-any-return]


@pytest.mark.requirement("D2", "B22")
@pytest.mark.parametrize("seed", range(3))
def test_what_is_planned_happens(world: World, seed: int) -> None:
    hub, choose, moved = world.hub, random.Random(seed), 0
    for _ in range(STEPS):
        wish, rows, before = some_wish(world, choose), count_rows(hub), asked(hub)
        try:
            with hub.reading() as uow:
                plan = plan_network_change(uow, wish)
        except HubError as refused:  # a circle, say: whoever does it without a plan is told the same
            with pytest.raises(type(refused), match=refused.message):
                make_network_change(hub, wish)
            assert count_rows(hub) == rows
            continue
        assert count_rows(hub) == rows
        assert make_network_change(hub, wish, plan.hash) == plan
        world.drain()
        after = asked(hub)
        assert (plan.effects.gained, plan.effects.lost) == (len(after - before), len(before - after)), wish
        moved += plan.effects.gained + plan.effects.lost + plan.effects.changed
    assert moved


def test_a_plan_that_is_outdated_is_not_carried_out(world: World) -> None:
    hub = world.hub
    wish = NetworkWish("end_brand", (world.ids["L0"],), world.ids["A"])
    with hub.unit_of_work() as uow:
        plan = plan_network_change(uow, wish)
        define_attribute(uow, AttributeKind("ev", "EV", "person", "boolean"))
        assert (plan.locations, plan.appointments, plan.people, plan.effects.lost) == (1, 3, 3, 3)
        assert plan_network_change(uow, wish).hash == plan.hash
    make_network_change(hub, NetworkWish("end_appointments", (world.ids["a0"],)))
    rows = count_rows(hub)
    with pytest.raises(NetworkPlanOutdated) as outdated:
        make_network_change(hub, wish, plan.hash)
    assert outdated.value.plan.effects.lost == 2
    assert count_rows(hub) == rows
    with hub.unit_of_work() as uow:
        for bad in (
            NetworkWish("close_location", ()),
            NetworkWish("close_location", ("nothing",)),
            NetworkWish("end_appointments", (world.ids["L0"],)),
            NetworkWish("end_brand", (world.ids["L0"],), world.ids["L0"]),
        ):
            with pytest.raises(HubError):
                plan_network_change(uow, bad)
        assert carry_brand(uow, world.ids["L0"], world.ids["A"], "make")
