"""Two bosses in two dimensions: who looks after whom, seen from both sides, as of any instant (B20, B60, I22, I23)."""

import random
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.access.managers import managers_of
from hub.access.team import read_team
from hub.access.visibility import dimensions_of_manager, people_looked_after
from hub.app import open_worker
from hub.errors import BadInput, NotAllowed
from hub.network import tables as network
from hub.network.importing.import_network import import_network
from hub.network.importing.roster_keys import find_id
from hub.network.people.appointments import leave, transfer
from hub.network.structure.field import move_node
from hub.network.structure.partners import create_partner, link_partners
from hub.network.structure.representatives import look_after
from hub.network.structure.superiors import end_manager, end_superior, name_manager, set_superior
from hub.rebuild.verify import verify
from hub.runtime import Hub
from hub.store import UnitOfWork
from tests.network.small_network import SmallNetwork
from tests.world import LONG_AGO, World


@pytest.fixture
def world(hub: Hub) -> World:
    """Ann and Bob are technicians at Riverside, which Mary manages; Ann also sells at Hillside."""
    world = World(hub).begin()
    world.add(positions=["technician", "seller", "manager"])
    for place in ("Riverside", "Hillside"):
        world.add_location(place)
    world.add_courses("south", "brakes", "selling")
    for person in ("ann", "bob", "mary", "nora"):
        world.add_person(person)
    world.appoint("ann", "technician", "Riverside")
    world.appoint("bob", "technician", "Riverside")
    world.appoint("mary", "manager", "Riverside")
    world.appoint("ann", "seller", "Hillside")
    world.add_rule("brakes", "brakes", "service", positions=("technician",))
    world.add_rule("selling", "selling", "sales", positions=("seller",))
    with hub.unit_of_work() as uow:
        set_superior(uow, world.ids["technician"], world.ids["manager"], "service", LONG_AGO)
    world.drain()
    return world


def seen(world: World, manager: str, dimension: str) -> dict[str, tuple[set[str], tuple[str, ...]]]:
    with world.hub.reading() as uow:
        page = read_team(uow, world.ids[manager], dimension)
    return {m.name.split()[0]: ({g.title for g in m.goals}, m.roles) for m in page.members}


@pytest.mark.requirement("B60", "B61")
def test_a_superior_and_a_named_manager_each_see_the_own_dimension(world: World) -> None:
    assert seen(world, "mary", "service") == {
        "ann": ({"Brakes"}, ("technician, Riverside",)),
        "bob": ({"Brakes"}, ("technician, Riverside",)),
    }
    with world.hub.unit_of_work() as uow:
        relation = name_manager(uow, world.ids["nora"], "sales", person_id=world.ids["ann"])
        managers = managers_of(uow, world.ids["ann"])
        lines = [(m.name, m.dimension_name, m.ways) for m in managers]
        assert lines == [("nora Tester", "Sales", ("named",)), ("mary Tester", "Service", ("superior",))]
        assert managers_of(uow, world.ids["mary"]) == []
    assert set(seen(world, "nora", "sales")) == {"ann"}
    with pytest.raises(NotAllowed):
        seen(world, "nora", "service")
    with world.hub.unit_of_work() as uow:
        later = uow.now + timedelta(days=1)
        assert end_manager(uow, relation, later)
        assert not end_manager(uow, relation, later)
        assert end_superior(uow, world.ids["technician"], world.ids["manager"], "service", later)
        assert dimensions_of_manager(uow, world.ids["nora"]) == {"sales": "Sales"}
        assert dimensions_of_manager(uow, world.ids["nora"], later) == {}
        assert managers_of(uow, world.ids["ann"], later) == []
        assert len(managers_of(uow, world.ids["ann"])) == 2


@pytest.mark.requirement("B20", "S2.13")
def test_who_leaves_or_moves_is_seen_no_longer_and_sees_no_longer(world: World) -> None:
    ids = world.ids
    with world.hub.unit_of_work() as uow:
        later = uow.now + timedelta(days=1)
        one = uow.connection.scalar(
            sa.select(network.appointment.c.id).where(network.appointment.c.person_id == ids["bob"])
        )
        name_manager(uow, ids["nora"], "sales", appointment_id=one)
        transfer(uow, str(one), ids["Hillside"], later)
        assert {m.name for m in managers_of(uow, ids["bob"])} == {"nora Tester", "mary Tester"}
        assert managers_of(uow, ids["bob"], later) == []
        leave(uow, ids["mary"], later)
        leave(uow, ids["nora"], later)
        assert dimensions_of_manager(uow, ids["mary"], later) == {}
        assert dimensions_of_manager(uow, ids["nora"], later) == {}
        for bad in ({}, {"person_id": ids["nora"]}, {"person_id": ids["ann"], "appointment_id": one}):
            with pytest.raises(BadInput):
                name_manager(uow, ids["nora"], "sales", **bad)


def forward(
    uow: UnitOfWork, people: list[str], dimensions: list[str], at: object
) -> set[tuple[str, str, str]]:
    return {
        (manager, dimension, person)
        for manager in people
        for dimension in dimensions
        for person in uow.connection.scalars(people_looked_after(uow, manager, dimension, at))  # type: ignore[arg-type]
    }


@pytest.mark.requirement("B60", "B22")
@pytest.mark.parametrize("seed", range(3))
def test_both_sides_agree_in_random_networks_at_every_instant(hub: Hub, seed: int) -> None:
    choose = random.Random(seed)
    world = World(hub).begin()
    world.add(positions=["p0", "p1", "p2"])
    with hub.unit_of_work() as uow:
        partners = [create_partner(uow, f"Partner {n}") for n in range(3)]
    for n in range(4):
        world.add_location(f"L{n}")
        with hub.unit_of_work() as uow:
            table = network.location
            values = table.update().where(table.c.id == world.ids[f"L{n}"])
            uow.connection.execute(values.values(partner_id=choose.choice(partners)))
    for dimension in ("sales", "service"):
        world.add_node(f"{dimension}-top", dimension)
        for n in range(2):
            places = [f"L{place}" for place in range(n, 4, 2)]
            world.add_node(f"{dimension}-{n}", dimension, above=[f"{dimension}-top"], locations=places)
    people = [f"person{n}" for n in range(6)]
    for person in people:
        world.add_person(person)
        for _ in range(choose.randint(1, 2)):
            world.appoint(person, f"p{choose.randrange(3)}", f"L{choose.randrange(4)}")
    ids = world.ids
    with hub.unit_of_work() as uow:
        days = [uow.now + timedelta(days=n) for n in range(3)]
        for _ in range(6):
            who, dimension, at = (
                ids[choose.choice(people)],
                choose.choice(["sales", "service"]),
                choose.choice(days),
            )
            scope = choose.choice(
                [
                    {"node_id": ids[f"{dimension}-{choose.choice(['top', '0', '1'])}"]},
                    {"location_id": ids[f"L{choose.randrange(4)}"]},
                    {"upstream_id": choose.choice(partners), "link": "distributor"},
                ]
            )
            look_after(uow, who, dimension, at=at, **scope)  # type: ignore[arg-type]
        for _ in range(3):
            upper, lower = choose.sample(partners, 2)
            link_partners(uow, upper, lower, "distributor", choose.choice(days))
            set_superior(
                uow,
                ids[f"p{choose.randrange(3)}"],
                ids[f"p{choose.randrange(3)}"],
                "sales",
                choose.choice(days),
            )
            one, other = choose.sample(people, 2)
            name_manager(uow, ids[one], "service", person_id=ids[other], at=choose.choice(days))
        move_node(uow, ids["sales-0"], ids["sales-1"], days[1])
    with hub.reading() as uow:
        found = 0
        for at in days:
            backward = {
                (m.person_id, m.dimension, ids[person])
                for person in people
                for m in managers_of(uow, ids[person], at)
            }
            assert backward == forward(uow, [ids[p] for p in people], ["sales", "service"], at)
            found += len(backward)
            for person in people:
                mine = {dimension for manager, dimension, _ in backward if manager == ids[person]}
                assert mine <= dimensions_of_manager(uow, ids[person], at).keys()
        assert found


@pytest.mark.requirement("B60")
def test_files_bring_managers_and_a_rebuild_agrees(hub: Hub, tmp_path: Path) -> None:
    network_files = SmallNetwork()
    network_files.add("superiors.csv", "tech,seller,service,2024-01-01,")
    network_files.add("managers.csv", "U3,sales,U1,,2020-01-01,", "U2,service,,A1,,2027-01-01")
    network_files.add("representatives.csv", "U3,sales,,,2020-01-01,,P2,distributor,Visits")
    import_network(hub, network_files.write(tmp_path))
    assert import_network(hub, tmp_path).changes == 0
    with hub.reading() as uow:
        lena = find_id(uow, "person", "U1")
        found = {(m.name, m.dimension, m.ways, m.services) for m in managers_of(uow, lena)}
    assert found == {
        ("Suda Wong", "sales", ("named", "representative"), ("Visits",)),
        ("Suda Wong", "service", ("representative",), ()),
        ("Marco Conti", "service", ("named",), ()),
    }
    open_worker(hub).drain()
    assert not verify(hub).differences
    network_files.files["managers.csv"] = []
    import_network(hub, network_files.write(tmp_path))
    with hub.reading() as uow:
        assert "named" not in {way for m in managers_of(uow, lena) for way in m.ways}
