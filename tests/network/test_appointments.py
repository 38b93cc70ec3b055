"""What people do where: appoint, transfer, leave, come back (S2.13, B13, B50)."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.errors import BadInput, Conflict, Missing
from hub.ids import new_id
from hub.journal.tables import audit as audit_table
from hub.network import tables as network
from hub.network.importing.import_network import import_network
from hub.network.importing.roster_keys import find_id
from hub.network.people.appointments import add_appointment, end_appointment, leave, rehire, transfer
from hub.network.people.person import read_appointments
from hub.network.people.places import Place, read_places, set_places
from hub.network.structure.locations import close_location, end_brand
from hub.network.structure.representatives import look_after
from hub.network.structure.words import add_brand, add_position, close_word
from hub.runtime import Hub
from hub.training import tables as training
from hub.training.goals.decide_goals import give_goal
from hub.training.goals.goal import GoalKey
from tests.network.small_network import SmallNetwork
from tests.world import World


@pytest.fixture
def world(hub: Hub) -> World:
    """Riverside sells A and services B, Hillside services both; a rule of each brand for technicians."""
    world = World(hub).begin()
    world.add(brands=["A", "B"], positions=["technician", "seller"])
    world.add_location("Riverside", brands={"A": ["sell"], "B": ["service"]})
    world.add_location("Hillside", brands={"A": ["service"]})
    world.add_courses("south", "brakes", "batteries")
    world.add_person("ann")
    world.link("ann")
    world.add_rule("brakes", "brakes", "service", positions=("technician",))
    world.add_rule("batteries", "batteries", "service", positions=("technician",), brands=("B",))
    return world


@pytest.mark.requirement("S2.13")
def test_a_transfer_leaves_no_gap_and_takes_no_credit(world: World) -> None:
    hub, ids = world.hub, world.ids
    with hub.unit_of_work() as uow:
        place = Place(ids["Riverside"], ids["technician"], brand_ids=(ids["A"], ids["B"]))
        first = add_appointment(uow, ids["ann"], place)
        later = uow.now + timedelta(days=10)
    world.send("ann", "brakes")
    world.drain()
    assert {goal for goal, credit in world.live_goals("ann").items() if credit} == {("brakes", "service")}
    with hub.unit_of_work() as uow:
        second = transfer(uow, first, ids["Hillside"], later)
        with pytest.raises(BadInput, match="cannot be an appointment"):
            transfer(uow, first, ids["Hillside"], later)
        rows = {row.id: row for row in uow.connection.execute(sa.select(network.appointment))}
        assert rows[first].valid_to == rows[second].valid_from == later
        brand = network.appointment_brand
        mine = sa.select(brand.c.brand_id).where(brand.c.appointment_id == second)
        assert set(uow.connection.scalars(mine)) == {ids["A"]}  # Hillside has no B
    world.drain()
    assert set(world.live_goals("ann")) == {("brakes", "service"), ("batteries", "service")}
    assert set(world.live_goals("ann", later)) == {("brakes", "service")}
    with hub.reading() as uow:
        assert uow.connection.scalar(sa.select(sa.func.sum(training.credit_ledger.c.amount))) == 1


@pytest.mark.requirement("S2.13")
def test_leaving_withdraws_goals_and_keeps_what_was_learned(world: World) -> None:
    """I14."""
    hub, ids = world.hub, world.ids
    with hub.unit_of_work() as uow:
        place = Place(ids["Riverside"], ids["technician"], brand_ids=(ids["B"],))
        one = add_appointment(uow, ids["ann"], place)
        look_after(uow, ids["ann"], "service", location_id=ids["Hillside"])
    world.send("ann", "brakes")
    world.drain()
    with hub.unit_of_work() as uow:
        soon = uow.now + timedelta(days=1)
        with pytest.raises(BadInput, match="has not left"):
            rehire(uow, ids["ann"], place)
        assert leave(uow, ids["ann"], soon)
        assert not leave(uow, ids["ann"], soon)
        assert not end_appointment(uow, one, soon)
        assert uow.connection.scalar(sa.select(network.rep_assignment.c.valid_to)) == soon
    world.drain()
    assert world.live_goals("ann", soon) == {}
    with hub.reading() as uow:
        assert uow.connection.scalar(sa.select(sa.func.sum(training.credit_ledger.c.amount))) == 1
    with hub.unit_of_work() as uow:
        back = Place(ids["Hillside"], ids["technician"], valid_from=soon + timedelta(days=30))
        rehire(uow, ids["ann"], back)
    world.drain()
    assert [credit is not None for credit in world.live_goals("ann", soon + timedelta(days=31)).values()] == [
        True
    ]
    with hub.reading() as uow:
        actions = set(uow.connection.scalars(sa.select(audit_table.c.action)))
        assert {"appointed", "left"} <= actions


@pytest.mark.requirement("B13")
def test_every_problem_of_an_appointment_is_told_at_once(world: World) -> None:
    hub, ids = world.hub, world.ids
    with hub.unit_of_work() as uow:
        brands = (ids["B"], new_id())
        bad = Place(ids["Hillside"], new_id(), "boss", brands, uow.now, uow.now - timedelta(days=1))
        with pytest.raises(BadInput) as refused:
            add_appointment(uow, ids["ann"], bad)
        places = [problem.place for problem in refused.value.problems]
        wanted = ["audience_class", "brand_ids", "brand_ids", "location_id", "position_id", "valid_to"]
        assert sorted(places) == wanted
        with pytest.raises(BadInput) as refused:
            add_appointment(uow, ids["ann"], Place(ids["Hillside"], ids["seller"], brand_ids=(ids["B"],)))
        assert "does not carry B" in str(refused.value.problems[0])
        with pytest.raises(Missing):
            add_appointment(uow, new_id(), Place(ids["Hillside"], ids["seller"]))
        with pytest.raises(Missing):
            end_appointment(uow, new_id())
        close_location(uow, ids["Hillside"])
        with pytest.raises(BadInput) as refused:
            add_appointment(uow, ids["ann"], Place(ids["Hillside"], ids["seller"]))
        assert "is closed" in str(refused.value.problems[0])


@pytest.mark.requirement("B13", "B10")
def test_a_brand_ends_on_appointments_when_the_location_loses_it(world: World) -> None:
    """I11."""
    hub, ids = world.hub, world.ids
    with hub.unit_of_work() as uow:
        add_appointment(uow, ids["ann"], Place(ids["Riverside"], ids["technician"], brand_ids=(ids["B"],)))
        later = uow.now + timedelta(days=5)
        end_brand(uow, ids["Riverside"], ids["B"], later)
    world.drain()
    assert ("batteries", "service") in world.live_goals("ann")
    assert set(world.live_goals("ann", later)) == {("brakes", "service")}


@pytest.mark.requirement("B12")
def test_a_position_named_after_a_brand_is_noted(world: World) -> None:
    with world.hub.unit_of_work() as uow:
        add_brand(uow, "Corvantis")
        add_position(uow, "Technician", "service")
        with pytest.raises(Conflict) as warned:
            add_position(uow, "Corvantis Technician", "service")
        assert warned.value.code == "brand_in_title"
        named = add_position(uow, "Corvantis Technician", "service", anyway=True)
        noted = sa.select(audit_table.c.subject_id).where(
            audit_table.c.action == "position_named_after_brand"
        )
        assert uow.connection.scalars(noted).all() == [named]


@pytest.mark.requirement("B50", "B52")
def test_an_import_leaves_the_hubs_own_appointments_alone(
    hub: Hub, imported: SmallNetwork, folder: Path
) -> None:
    with hub.unit_of_work() as uow:
        lena = find_id(uow, "person", "U1")
        place = Place(find_id(uow, "location", "L3"), find_id(uow, "position", "seller"))
        mine = add_appointment(uow, lena, place)
    imported.replace("people.csv", "U1", "U1,P1,Lena,Stone,,en-US")
    import_network(hub, imported.write(folder))
    with hub.reading() as uow:
        lines = {line.id: line for line in read_appointments(uow, lena)}
        assert lines[mine].valid_to is None
        assert len(lines) == 2


def test_dates_too_far_off_to_be_reckoned_with_are_refused_everywhere(world: World) -> None:
    hub, ids, far = world.hub, world.ids, datetime(9999, 12, 20, tzinfo=timezone(timedelta(hours=-9)))
    place = Place(ids["Riverside"], ids["technician"])
    with hub.unit_of_work() as uow:
        made, ann = add_appointment(uow, ids["ann"], place), ids["ann"]
        goal = GoalKey(ann, "offering", ids["brakes"], "development", "general")
        for refused in (
            lambda: add_appointment(uow, ann, replace(place, valid_from=far)),
            lambda: set_places(uow, ann, [replace(place, valid_from=far)], source="scim:x"),
            lambda: end_appointment(uow, made, far),
            lambda: transfer(uow, made, ids["Hillside"], far),
            lambda: leave(uow, ann, far),
            lambda: close_location(uow, ids["Hillside"], far),
            lambda: look_after(uow, ann, "service", location_id=ids["Hillside"], until=far),
            lambda: close_word(uow, "brand", ids["A"], far),
            lambda: give_goal(uow, goal, [made], reason="", actor_id=None, due_at=far),
        ):
            with pytest.raises(BadInput, match="far off"):
                refused()
        assert set_places(uow, ann, [replace(place, valid_to=far)], source="scim:x")  # which means: no end
        (given,) = read_places(uow, ann, source="scim:x")
        assert given.valid_to is None
