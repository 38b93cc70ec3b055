"""People and places that something else than the network files brings."""

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.errors import BadInput, Conflict, Missing
from hub.ids import new_id
from hub.journal import tables as journal
from hub.network import tables
from hub.network.importing.import_network import import_network
from hub.network.importing.roster_keys import find_id
from hub.network.people.erase_person import erase_person
from hub.network.people.person import read_appointments, read_person
from hub.network.people.provision import (
    NewPerson,
    Place,
    change_details,
    create_person,
    read_places,
    set_disabled,
    set_places,
)
from hub.network.structure.locations import close_location
from hub.network.structure.words import close_word
from hub.rebuild.compare import compare_states
from hub.rebuild.rebuild import rebuilt
from hub.runtime import Hub
from tests.network.small_network import SmallNetwork


@pytest.fixture
def network(hub: Hub, tmp_path: Path) -> Hub:

    import_network(hub, SmallNetwork().write(tmp_path / "files"))
    return hub


def new_lena(hub: Hub) -> str:
    with hub.unit_of_work() as uow:
        partner = find_id(uow, "partner", "P1")
        new = NewPerson(partner, " Lena\n ", "Okafor", "lena@riverside.example", "de_DE")
        return create_person(uow, new, made_by="sign_in")


def place(hub: Hub, location: str = "L1", position: str = "tech", **rest: object) -> Place:
    with hub.reading() as uow:
        found = Place(find_id(uow, "location", location), find_id(uow, "position", position))
    return replace(found, **rest)  # type: ignore[arg-type]


def changes(hub: Hub) -> int:
    with hub.reading() as uow:
        return uow.connection.scalar(sa.select(sa.func.count()).select_from(journal.change)) or 0


def give(hub: Hub, person_id: str, *places: Place, source: str = "scim:a") -> bool:
    with hub.unit_of_work() as uow:
        return set_places(uow, person_id, places, source=source)


def test_new_person_is_like_one_of_the_files_and_a_rebuild_agrees(network: Hub) -> None:
    lena = new_lena(network)
    assert give(network, lena, place(network))
    with network.reading() as uow:
        person = read_person(uow, lena)
        assert (person.name, person.locale, person.disabled) == ("Lena Okafor", "de-DE", False)
        assert [line.location for line in read_appointments(uow, lena)] == ["Riverside"]
        with rebuilt(network, uow) as again, again.reading() as other:
            assert compare_states(uow, other).equal


def test_same_again_writes_nothing(network: Hub) -> None:
    lena = new_lena(network)
    give(network, lena, place(network))
    before = changes(network)
    assert not give(network, lena, place(network))
    with network.unit_of_work() as uow:
        assert not change_details(uow, lena, given_name="Lena", locale="de-DE")
        assert not set_disabled(uow, lena, disabled=False, reason="scim")
    assert changes(network) == before


def test_what_a_source_gives_no_more_ends_and_others_stay(network: Hub, clock: SettableClock) -> None:
    lena = new_lena(network)
    give(network, lena, place(network))
    give(network, lena, place(network, "L2", "seller"), source="sign_in:b")
    clock.advance(days=1)
    assert give(network, lena, place(network, position="seller"))
    with network.reading() as uow:
        lines = sorted((line.location, line.position) for line in read_appointments(uow, lena))
        assert [p.valid_to for p in read_places(uow, lena, source="scim:a")] == [None]
    assert lines == [("Lakeside", "Salesperson"), ("Riverside", "Salesperson")]
    clock.advance(days=1)
    assert give(network, lena)
    assert give(network, lena, place(network, position="seller"))  # a new one: what ended stays as it was
    with network.reading() as uow:
        rows = uow.connection.execute(sa.select(tables.appointment).filter_by(person_id=lena)).all()
    assert len(rows) == 4


def test_files_that_do_not_name_a_place_of_another_source_leave_it(network: Hub, tmp_path: Path) -> None:

    with network.reading() as uow:
        u2 = find_id(uow, "person", "U2")
    give(network, u2, place(network))
    files = SmallNetwork().only("appointments.csv", "people.csv")
    files.replace("appointments.csv", "A3", "A3,U2,L2,seller,external,,2019-02-01,")
    import_network(network, files.write(tmp_path / "again"))
    with network.reading() as uow:
        lines = sorted((line.location, line.position) for line in read_appointments(uow, u2))
    assert lines == [("Lakeside", "Salesperson"), ("Riverside", "Service Technician")]


def test_erased_person_keeps_no_place_and_gets_no_details(network: Hub) -> None:
    lena = new_lena(network)
    give(network, lena, place(network))
    with network.unit_of_work() as uow:
        erase_person(uow, lena)
    with network.unit_of_work() as uow:
        assert read_appointments(uow, lena) == []
        assert not change_details(uow, lena, given_name="Lena")
        with pytest.raises(Conflict) as refused:
            set_disabled(uow, lena, disabled=False, reason="scim")
    assert refused.value.code == "person_erased"


def test_i24_location_of_another_partner_is_answered_as_if_it_were_not_there(network: Hub) -> None:
    lena = new_lena(network)
    before = changes(network)
    for foreign in (place(network, "L3"), replace(place(network), location_id=new_id())):
        with pytest.raises(Missing) as refused:
            give(network, lena, foreign)
        assert (refused.value.code, refused.value.message) == ("no_location", "There is no such location.")
    assert changes(network) == before


def test_refuses_what_makes_no_sense(network: Hub, clock: SettableClock) -> None:
    lena = new_lena(network)
    now = clock.now()
    with network.unit_of_work() as uow:
        with pytest.raises(BadInput, match="internal or external"):
            set_places(uow, lena, [place(network, audience_class="secret")], source="s")
        with pytest.raises(BadInput, match="after it begins"):
            set_places(uow, lena, [place(network, valid_from=now, valid_to=now)], source="s")
        with pytest.raises(Missing):
            set_places(uow, new_id(), [], source="s")
        with pytest.raises(Missing):
            create_person(uow, NewPerson("no id", "A", "B", ""), made_by="scim")
        with pytest.raises(BadInput):
            change_details(uow, lena, nickname="L")


def test_a_new_place_is_checked_as_an_appointment_is_and_an_old_one_stays(
    network: Hub, clock: SettableClock
) -> None:
    lena, seller = new_lena(network), place(network, "L1", "seller")
    with network.reading() as uow:
        brand = find_id(uow, "brand", "C")
    give(network, lena, place(network))
    with network.unit_of_work() as uow:
        close_location(uow, seller.location_id)
        close_word(uow, "position", seller.position_id)
    clock.advance(days=1)
    for new, wrong in (
        (place(network, "L1", "seller"), "Riverside is closed at that time"),
        (place(network, "L2", "seller"), "Salesperson is closed"),
        (place(network, "L2", brand_ids=(brand,)), "Lakeside does not carry Corvantis at that time"),
    ):
        with pytest.raises(BadInput) as refused:
            give(network, lena, place(network), new)
        assert refused.value.code == "bad_place"
        assert wrong in [problem.message for problem in refused.value.problems]
    with network.unit_of_work() as uow:
        both = (place(network, "L2"), seller)
        assert set_places(uow, lena, (), source="scim:a", if_possible=both)
        assert [p.location_id for p in read_places(uow, lena, source="scim:a")] == [both[0].location_id]
