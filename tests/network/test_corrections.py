"""What is corrected late, asked twice, refused or closed leaves the network as it should be."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
import sqlalchemy as sa

import hub as hub_package
from hub.access.visibility import people_looked_after
from hub.app import open_worker
from hub.audiences.assigning.read_facts import read_facts
from hub.audiences.assigning.reassign import count_queue, queue_people
from hub.errors import BadInput, Conflict
from hub.journal.tables import change
from hub.network import tables as network
from hub.network.attribute_values import AttributeKind
from hub.network.attributes import define_attribute, read_values, set_attributes
from hub.network.importing.import_network import import_network
from hub.network.importing.roster_keys import find_id
from hub.network.people.appointments import add_appointment, transfer
from hub.network.people.person import employers_of, read_appointments, read_person
from hub.network.people.places import Place
from hub.network.structure.apply_nodes import read_branches
from hub.network.structure.field import add_node, end_node, locations_under, move_node, read_node, rename_node
from hub.network.structure.locations import close_location, move_location, read_location
from hub.network.structure.partners import create_partner, list_partners
from hub.network.structure.representatives import look_after
from hub.network.structure.superiors import name_manager, set_superior
from hub.rebuild import rebuild
from hub.rebuild.verify import verify
from hub.runtime import Hub
from hub.store import UnitOfWork
from tests.network.field_histories import closure_at, stored_closure
from tests.network.small_network import SmallNetwork, contents

START = datetime(2026, 1, 1, tzinfo=UTC)


def is_closure_right(hub: Hub, at: datetime) -> bool:
    with hub.reading() as uow:
        branches = read_branches(uow, uow.connection.scalars(sa.select(network.node.c.id)).all())
        return closure_at(branches, at) == stored_closure(uow, at)


def under(uow: UnitOfWork, node_id: str, at: datetime) -> list[str]:
    return list(uow.connection.scalars(locations_under(uow, node_id, at=at)))


def queued_by_the_last(uow: UnitOfWork, changes: int = 1) -> int:
    newest = sa.select(change).order_by(change.c.position.desc()).limit(changes)
    queue_people(uow, list(reversed(uow.connection.execute(newest).all())))
    return count_queue(uow)


@pytest.mark.requirement("B22")
def test_a_node_that_exists_longer_or_shorter_takes_along_what_is_ever_below_it(
    hub: Hub, imported: SmallNetwork, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported.replace("nodes.csv", "sales,north", "sales,north,Sales North,world,,2025-01-01")
    imported.replace("nodes.csv", "sales,city", "sales,city,Sales City,south,,2025-06-01")
    imported.add("nodes.csv", "sales,city,Sales City,north,2025-06-01,", "sales,late,Late,world")
    import_network(hub, imported.write(folder))
    open_worker(hub).drain()
    assert is_closure_right(hub, START)
    imported.replace("nodes.csv", "sales,north", "sales,north,Sales North,world,,")
    import_network(hub, imported.write(folder))
    assert is_closure_right(hub, START)
    with hub.unit_of_work() as uow:
        north = find_id(uow, "node", "sales/north")
        assert find_id(uow, "location", "L1") in under(uow, north, START)
        assert queued_by_the_last(uow) == 1  # Lena works at L1
    imported.replace("nodes.csv", "sales,north", "sales,north,Sales North,world,,2025-01-01")
    # A former parent comes after its child in the journal: any cut between the two is borne.
    imported.replace("nodes.csv", "sales,city,Sales City,south", "sales,city,Sales City,late,,2025-06-01")
    import_network(hub, imported.write(folder))
    with hub.unit_of_work() as uow:
        assert queued_by_the_last(uow, 2) == 1
    assert is_closure_right(hub, START)
    open_worker(hub).drain()
    monkeypatch.setattr(rebuild, "BATCH", 1)
    assert not verify(hub).differences


@pytest.mark.requirement("B12")
def test_names_queue_nobody_and_many_values_are_queued_at_once(hub: Hub, imported: SmallNetwork) -> None:
    open_worker(hub).drain()
    with hub.unit_of_work() as uow:
        rename_node(uow, find_id(uow, "node", "sales/world"), "The world")
        assert queued_by_the_last(uow) == 0
        define_attribute(uow, AttributeKind("ev", "EV", "person", "boolean"))
        people = [find_id(uow, "person", name) for name in ("U1", "U2", "U3")]
        for person_id in people:
            set_attributes(uow, "person", person_id, {"ev": True})
        asked: list[str] = []

        def note(_: object, __: object, statement: str, *___: object) -> None:
            asked.append(statement)

        sa.event.listen(uow.connection, "before_cursor_execute", note)
        assert queued_by_the_last(uow, 3) == 3
        sa.event.remove(uow.connection, "before_cursor_execute", note)
        assert len([statement for statement in asked if statement.startswith("INSERT")]) == 1


def test_a_refused_move_leaves_nothing_behind_for_whoever_goes_on(hub: Hub, imported: SmallNetwork) -> None:
    before = contents(hub)
    with hub.unit_of_work() as uow:
        world, city, north = (find_id(uow, "node", f"sales/{name}") for name in ("world", "city", "north"))
        with pytest.raises(Conflict) as refused:
            move_node(uow, world, city)
        assert refused.value.code == "node_circle"
        mid = add_node(uow, "sales", "Mid", north, START, external_id="mid")
        for at in (START, START + timedelta(days=9)):
            end_node(uow, mid, at + timedelta(days=30))
        with pytest.raises(BadInput, match="does not exist"):
            add_node(uow, "sales", "Leaf", mid, START + timedelta(days=1))
        leaf = add_node(uow, "sales", "Leaf", mid, START, START + timedelta(days=30))
        assert find_id(uow, "node", "sales/hub-leaf") == leaf
        with pytest.raises(Conflict, match="another node"):
            add_node(uow, "sales", "Mid", external_id="mid")
        with pytest.raises(BadInput, match="built in"):
            add_node(uow, "general", "Nowhere")
    after = contents(hub)
    assert after["location"] == before["location"]
    assert is_closure_right(hub, START)
    open_worker(hub).drain()
    assert not verify(hub).differences


@pytest.mark.requirement("B20")
def test_a_location_that_the_files_close_is_closed_for_all(
    hub: Hub, imported: SmallNetwork, folder: Path
) -> None:
    imported.replace(
        "locations.csv", "L1", "L1,P1,Riverside,New York,US,America/New_York,2015-01-01,2025-01-01"
    )
    import_network(hub, imported.write(folder))
    with hub.unit_of_work() as uow:
        lena, suda, place = (
            find_id(uow, *name) for name in (("person", "U1"), ("person", "U3"), ("location", "L1"))
        )
        assert list(uow.connection.scalars(people_looked_after(uow, suda, "sales"))) == []
        assert place not in under(uow, find_id(uow, "node", "sales/north"), uow.now)
        assert read_appointments(uow, lena) == []
        assert employers_of(uow, read_person(uow, lena)) == {find_id(uow, "partner", "P1")}
        assert all(each.during[1] for each in read_facts(uow, [lena])[lena])
        with pytest.raises(BadInput) as refused:
            add_appointment(uow, lena, Place(place, find_id(uow, "position", "tech")))
        assert [problem.place for problem in refused.value.problems] == ["location_id"]


@pytest.mark.requirement("I33")
def test_a_late_correction_leaves_what_came_later(hub: Hub, imported: SmallNetwork) -> None:
    with hub.unit_of_work() as uow:
        place = find_id(uow, "location", "L1")
        north, south, city = (find_id(uow, "node", f"sales/{name}") for name in ("north", "south", "city"))
        days = [uow.now - timedelta(days=n) for n in (100, 50, 10)]
        define_attribute(uow, AttributeKind("bays", "Bays", "location", "number"))
        set_attributes(uow, "location", place, {"bays": 4}, days[0])
        set_attributes(uow, "location", place, {"bays": 6}, days[2])
        set_attributes(uow, "location", place, {"bays": 5}, days[1], days[2])
        assert [each["value"] for each in read_values(uow, place)] == [4, 5, 6]
        assert move_location(uow, place, south, days[1], days[2])
        nodes = [
            each["node_id"] for each in read_location(uow, place)["nodes"] if each["dimension"] == "sales"
        ]
        assert nodes == [city, south, city]
        assert move_node(uow, city, south, days[1], days[2])
        assert not move_node(uow, city, south, days[1], days[2])
        assert [each["parent_id"] for each in read_node(uow, city)["parents"]] == [north, south, north]
        with pytest.raises(BadInput):
            move_node(uow, city, south, days[2], days[1])


def test_the_same_again_is_the_same_and_the_built_in_dimension_has_nobody(
    hub: Hub, imported: SmallNetwork
) -> None:
    with hub.unit_of_work() as uow:
        lena, suda = (find_id(uow, "person", name) for name in ("U1", "U3"))
        place, tech = find_id(uow, "location", "L1"), find_id(uow, "position", "tech")
        for _ in range(2):
            assert len({name_manager(uow, suda, "sales", person_id=lena) for _ in range(2)}) == 1
            assert len({look_after(uow, suda, "sales", location_id=place) for _ in range(2)}) == 1
            assert len({add_appointment(uow, lena, Place(place, tech)) for _ in range(2)}) == 1
        for again in (
            lambda: look_after(uow, suda, "general", location_id=place),
            lambda: name_manager(uow, suda, "general", person_id=lena),
            lambda: set_superior(uow, tech, tech, "general"),
        ):
            with pytest.raises(BadInput, match="built in"):
                again()
        relations = sa.select(change.c.person_id).where(change.c.kind == "manager_relations_changed")
        assert set(uow.connection.scalars(relations)) == {suda}


@pytest.mark.requirement("S2.13")
def test_attributes_of_an_appointment_go_along_to_another_location(hub: Hub, imported: SmallNetwork) -> None:
    with hub.unit_of_work() as uow:
        define_attribute(uow, AttributeKind("badge", "Badge", "appointment", "text"))
        assert find_id(uow, "attribute_kind", "badge")
        one, other = find_id(uow, "appointment", "A1"), find_id(uow, "location", "L3")
        set_attributes(uow, "appointment", one, {"badge": "17"}, uow.now - timedelta(days=9))
        later = uow.now + timedelta(days=1)
        new = transfer(uow, one, other, later)
        (value,) = read_values(uow, new)
        assert (value["value"], value["valid_from"]) == ("17", later.isoformat())


@pytest.mark.requirement("B01")
def test_partners_are_paged_in_one_order_whatever_their_letters(hub: Hub) -> None:
    names = ["Äbc", "Öbc", "Übc", "zed", "İzmir", "abc"]
    with hub.unit_of_work() as uow:
        for name in names:
            create_partner(uow, name)
        found: list[str] = []
        after = ("", "")
        while page := list_partners(uow, after=after, limit=1):
            found.append(page[0].name)
            after = (page[0].name, page[0].id)
        assert sorted(found) == sorted(names)
        assert found == [each.name for each in list_partners(uow)]


def test_whoever_is_appointed_while_a_location_closes_ends_with_it(hub: Hub, imported: SmallNetwork) -> None:
    with hub.reading() as uow:
        suda, place, tech = (
            find_id(uow, *name) for name in (("person", "U3"), ("location", "L1"), ("position", "tech"))
        )
    inside, closed = Event(), Event()

    def appoint() -> str:
        with hub.unit_of_work() as uow:
            id = add_appointment(uow, suda, Place(place, tech))
            inside.set()
            closed.wait(0.3)  # whoever closes the location must not get through meanwhile
        return id

    def close() -> None:
        inside.wait()
        with hub.unit_of_work() as uow:
            close_location(uow, place)
        closed.set()

    with ThreadPoolExecutor(2) as pool:
        made, done = pool.submit(appoint), pool.submit(close)
        done.result()
    with hub.reading() as uow:
        ends = [
            uow.find(table, id=id).valid_to
            for table, id in ((network.appointment, made.result()), (network.location, place))
        ]
    assert ends[0] == ends[1] is not None


def test_every_advisory_lock_has_a_number_of_its_own() -> None:
    sources = Path(hub_package.__file__).parent.rglob("*.py")
    numbers = [
        number for source in sources for number in re.findall(r"LOCK = (\d[\d_]+)", source.read_text())
    ]
    assert len(numbers) == len(set(numbers)) > 3
