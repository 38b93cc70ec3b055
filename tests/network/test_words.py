"""Brands, positions, dimensions and locations are made, renamed and closed by services, and keep a name that files and rules can use."""

from datetime import timedelta

import pytest

from hub.app import open_worker
from hub.audiences.files.export_audiences import export_audiences
from hub.errors import BadInput, Conflict, HubError
from hub.network import tables
from hub.network.importing.roster_keys import find_id
from hub.network.people.appointments import add_appointment
from hub.network.people.places import Place
from hub.network.structure.field import add_node
from hub.network.structure.locations import carry_brand, close_location, place_location
from hub.network.structure.open_location import change_location, open_location, reopen_location
from hub.network.structure.words import (
    add_brand,
    add_dimension,
    add_position,
    close_word,
    open_word,
    rename_brand,
    rename_position,
)
from hub.network.validity.as_of import view_location
from hub.network.views import list_positions
from hub.rebuild.verify import verify
from hub.runtime import Hub
from tests.network.small_network import SmallNetwork
from tests.world import World


@pytest.mark.requirement("B12", "B21")
def test_a_network_is_made_by_services_alone(hub: Hub, imported: SmallNetwork) -> None:
    with hub.unit_of_work() as uow:
        brand = add_brand(uow, "Dovanti")
        position = add_position(uow, "Battery Expert", "service")
        dimension = add_dimension(uow, "parts", "Parts")
        node = add_node(uow, dimension, "Parts West", external_id="west")
        place = open_location(
            uow, find_id(uow, "partner", "P1"), "Bayside", "Bari", "IT", "Europe/Rome", external_id="L9"
        )
        place_location(uow, place, node)
        carry_brand(uow, place, brand, "parts")
        add_appointment(uow, find_id(uow, "person", "U1"), Place(place, position, brand_ids=(brand,)))
        view = view_location(uow, place)
        assert (view.partner.name, view.people, view.is_open) == ("Riverside Group", 1, True)
        assert [(each.dimension, each.path) for each in view.places] == [("parts", ((node, "Parts West"),))]
        assert [(each.id, each.activity) for each in view.brands] == [(brand, "parts")]
        names = (("brand", "hub-dovanti", brand), ("position", "hub-battery-expert", position))
        for kind, name, id in (*names, ("node", "parts/west", node), ("location", "L9", place)):
            assert find_id(uow, kind, name) == id
        assert change_location(uow, place, name="Bayside East", city="Bari")
        assert not change_location(uow, place, city="Bari")
        end = uow.now + timedelta(days=9)
        assert close_location(uow, place, end)
        with pytest.raises(Conflict):
            reopen_location(uow, place, end - timedelta(days=1))
        assert reopen_location(uow, place)
        with pytest.raises(BadInput) as bad:
            open_location(uow, find_id(uow, "partner", "P1"), " ", "Bari", "it", "Rome")
        assert sorted(problem.place for problem in bad.value.problems) == ["country", "name", "time_zone"]
    open_worker(hub).drain()
    assert not verify(hub).differences


@pytest.mark.requirement("B12")
def test_a_closed_word_stays_where_it_is_and_is_said_no_more(hub: Hub, imported: SmallNetwork) -> None:
    with hub.unit_of_work() as uow:
        lena, place = find_id(uow, "person", "U1"), find_id(uow, "location", "L1")
        brand, position = find_id(uow, "brand", "A"), find_id(uow, "position", "tech")
        for kind, id in (("brand", brand), ("position", position), ("dimension", "sales")):
            assert close_word(uow, kind, id)
            assert not close_word(uow, kind, id)
        assert position not in list_positions(uow)
        with pytest.raises(BadInput) as bad:
            add_appointment(uow, lena, Place(place, position, brand_ids=(brand,)))
        assert {problem.place for problem in bad.value.problems} == {"position_id", "brand_ids"}
        for refused in (
            lambda: carry_brand(uow, place, brand, "make"),
            lambda: add_node(uow, "sales", "New"),
            lambda: add_brand(uow, "Other", external_id="A"),
            lambda: add_dimension(uow, "service", "Service"),
            lambda: add_dimension(uow, "Not a key", "Service"),
            lambda: close_word(uow, "dimension", "general"),
            lambda: rename_position(uow, position, "Avelora Technician"),
        ):
            with pytest.raises(HubError):
                refused()
        assert rename_brand(uow, brand, "Avelora Motors")
        assert uow.find(tables.brand, id=brand).closed_at == uow.now
        assert open_word(uow, "brand", brand)
        assert carry_brand(uow, place, brand, "make")
    open_worker(hub).drain()
    assert not verify(hub).differences


@pytest.mark.requirement("B12")
def test_rules_about_what_services_made_can_be_exported(hub: Hub) -> None:
    world = World(hub).begin()
    world.add_courses("south", "brakes")
    with hub.unit_of_work() as uow:
        world.ids["p"] = add_position(uow, "Technician", "service")
    world.add_rule("r", "brakes", "service", positions=("p",))
    with hub.reading() as uow:
        assert "hub-technician" in export_audiences(uow)
