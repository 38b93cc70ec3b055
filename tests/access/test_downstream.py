"""Whoever looks after what lies downstream of a partner sees its goals of that dimension, and no others (B03)."""

from datetime import timedelta
from typing import Any

import pytest

from hub.access.team import read_team
from hub.access.visibility import people_looked_after
from hub.errors import BadInput, NotAllowed
from hub.network import tables as network
from hub.network.record import record
from hub.network.structure.partners import create_partner, link_partners, unlink_partners
from hub.network.structure.representatives import look_after, stop_looking_after
from hub.runtime import Hub
from tests.world import LONG_AGO, World


@pytest.fixture
def world(hub: Hub) -> World:
    """Ann sells in a store of Corner, which buys from Middle, which buys from Maker; Dora looks after Maker's distribution."""
    world = World(hub).begin()
    world.add(positions=["seller"])
    world.add_courses("south", "selling", "shelves")
    with hub.unit_of_work() as uow:
        record(uow, "dimension_changed", {"distribution": {"key": "distribution", "name": "Distribution"}})
        world.ids |= {name: create_partner(uow, name) for name in ("Maker", "Middle", "Corner")}
    ids = world.ids
    for place, partner in (("Store", "Corner"), ("Depot", "Middle"), ("Plant", "Maker")):
        world.add_location(place)
        with hub.unit_of_work() as uow:
            table = network.location
            uow.connection.execute(
                table.update().where(table.c.id == ids[place]).values(partner_id=ids[partner])
            )
    for person, place in (("ann", "Store"), ("bob", "Depot"), ("cid", "Plant"), ("dora", "Plant")):
        world.add_person(person)
        world.appoint(person, "seller", place)
    world.add_rule("shelves", "shelves", "distribution", positions=("seller",))
    world.add_rule("selling", "selling", "sales", positions=("seller",))
    with hub.unit_of_work() as uow:
        link_partners(uow, ids["Maker"], ids["Middle"], "distributor", LONG_AGO)
        link_partners(uow, ids["Middle"], ids["Corner"], "distributor", LONG_AGO)
        link_partners(uow, ids["Corner"], ids["Maker"], "supplier", LONG_AGO)
        look_after(
            uow,
            ids["dora"],
            "distribution",
            upstream_id=ids["Maker"],
            link="distributor",
            service="Shelf visits",
        )
    world.drain()
    return world


def team(world: World, dimension: str = "distribution") -> dict[str, set[str]]:
    with world.hub.reading() as uow:
        page = read_team(uow, world.ids["dora"], dimension)
    return {member.name: {goal.title for goal in member.goals} for member in page.members}


@pytest.mark.requirement("B03")
def test_goals_of_everybody_downstream_in_the_own_dimension_alone(world: World) -> None:
    assert team(world) == {"ann Tester": {"Shelves"}, "bob Tester": {"Shelves"}}
    with pytest.raises(NotAllowed):
        team(world, "sales")


@pytest.mark.requirement("B03")
def test_a_supplier_link_works_the_same_way_and_circles_end(world: World) -> None:
    ids = world.ids
    with world.hub.unit_of_work() as uow:
        look_after(uow, ids["dora"], "sales", upstream_id=ids["Corner"], link="supplier")
    assert team_of(world, "sales") == {ids["cid"]}
    with world.hub.unit_of_work() as uow:
        # A circle of links puts everybody downstream of everybody, and ends.
        link_partners(uow, ids["Corner"], ids["Maker"], "distributor", LONG_AGO)
    assert team(world) == {f"{name} Tester": {"Shelves"} for name in ("ann", "bob", "cid")}


def team_of(world: World, dimension: str) -> set[str]:
    with world.hub.reading() as uow:
        return set(uow.connection.scalars(people_looked_after(uow, world.ids["dora"], dimension)))


@pytest.mark.requirement("B20")
def test_a_link_or_an_assignment_that_ends_takes_its_people_along(world: World) -> None:
    ids = world.ids
    with world.hub.unit_of_work() as uow:
        later = uow.now + timedelta(days=30)
        assert unlink_partners(uow, ids["Middle"], ids["Corner"], "distributor", later)
        assert not unlink_partners(uow, ids["Middle"], ids["Corner"], "distributor", later)
        rows = people_looked_after(uow, ids["dora"], "distribution", later)
        assert set(uow.connection.scalars(rows)) == {ids["bob"]}
        before = people_looked_after(uow, ids["dora"], "distribution", later - timedelta(days=1))
        assert set(uow.connection.scalars(before)) == {ids["ann"], ids["bob"]}
        rep = uow.connection.execute(network.rep_assignment.select()).one()
        assert rep.service == "Shelf visits"
        assert stop_looking_after(uow, rep.id, later)
        assert not stop_looking_after(uow, rep.id, later)
        rows = people_looked_after(uow, ids["dora"], "distribution", later)
        assert not set(uow.connection.scalars(rows))


def test_what_no_one_can_look_after_is_refused(world: World) -> None:
    ids = world.ids
    with world.hub.unit_of_work() as uow:
        scopes: tuple[dict[str, Any], ...] = (
            {},
            {"upstream_id": ids["Maker"]},
            {"upstream_id": ids["Maker"], "link": "friend"},
            {"location_id": ids["Store"], "upstream_id": ids["Maker"], "link": "supplier"},
        )
        for scope in scopes:
            with pytest.raises(BadInput):
                look_after(uow, ids["dora"], "sales", **scope)
