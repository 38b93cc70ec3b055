"""People with all their appointments, their managers, and the members of audiences."""

from datetime import timedelta

import pytest

from hub.ids import new_id
from hub.network import tables
from hub.network.structure.words import rename_position
from tests.rest.programs import LONG_AGO, Network


@pytest.mark.requirement("B50", "B52")
def test_b50_a_person_has_every_appointment_with_its_dates(network: Network) -> None:
    ana = network.read(network.token(), f"/people/{network.ids['ana']}")
    told = {
        (a["position"]["name"], a["location"]["name"], a["valid_from"], a["valid_to"])
        for a in ana["appointments"]
    }
    assert told == {
        ("Technician", "pier", "2020-01-01T00:00:00Z", None),
        ("Salesperson", "dock", "2025-01-01T00:00:00Z", None),
        ("Technician", "peak", "2020-01-01T00:00:00Z", "2025-01-01T00:00:00Z"),
    }
    assert ana["appointments"][0]["brands"] == [{"id": network.ids["aurora"], "name": "Aurora"}]
    assert ana["email"] == "ana@harbor.example"


def test_people_are_found_by_place_position_employer_and_address(network: Network) -> None:
    token, ids = network.token(), network.ids
    assert network.names(token, "/people", location_id=ids["peak"]) == ["carl"]
    then = "2024-06-01T00:00:00Z"
    assert sorted(network.names(token, "/people", location_id=ids["peak"], as_of=then)) == ["ana", "carl"]
    assert sorted(network.names(token, "/people", position_id=ids["technician"])) == ["ana", "carl"]
    assert network.names(token, "/people", partner_id=ids["summit"]) == ["carl"]
    assert network.names(token, "/people", email="ANA@harbor.example") == ["ana"]


@pytest.mark.requirement("B60")
def test_b60_two_managers_with_their_dimensions(network: Network) -> None:
    path = f"/people/{network.ids['ana']}/managers"
    told = network.read(network.token(), path)["items"]
    assert [(m["name"], m["dimension"], m["dimension_name"], m["ways"], m["services"]) for m in told] == [
        ("ben Tester", "sales", "Sales", ["representative"], ["coaching"]),
        ("rosa Tester", "service", "Service", ["representative"], ["coaching"]),
    ]
    assert [m["person_id"] for m in told] == [network.ids["ben"], network.ids["rosa"]]
    assert network.read(network.token(), path, as_of="2019-01-01T00:00:00Z")["items"] == []


@pytest.mark.requirement("B61")
def test_b61_a_manager_sees_whom_and_where_they_look_after_and_no_other_side(network: Network) -> None:
    token, ids = network.token("rosa"), network.ids
    assert sorted(network.names(token, "/people")) == ["ana", "rosa"]
    ana = network.read(token, f"/people/{ids['ana']}")
    assert [a["location"]["name"] for a in ana["appointments"]] == ["pier"]
    assert (ana["email"], ana["partner_id"], ana["locale"], ana["disabled"]) == (None, None, None, None)
    managers = network.read(token, f"/people/{ids['ana']}/managers")["items"]
    assert [(m["dimension"], m["person_id"]) for m in managers] == [("service", ids["rosa"])]
    assert network.names(token, "/locations") == ["pier"]
    assert sorted(network.names(token, "/partners")) == ["Borealis Motors", "Harbor Auto"]
    assert sorted(network.names(token, "/nodes")) == ["coast", "nation"]
    assert network.names(token, "/people", email="ana@harbor.example") == []


def test_a_person_sees_all_their_own(network: Network) -> None:
    token, ids = network.token("ana"), network.ids
    ana = network.read(token, f"/people/{ids['ana']}")
    assert len(ana["appointments"]) == 3
    assert (ana["email"], ana["partner_id"]) == ("ana@harbor.example", ids["harbor"])
    managers = network.read(token, f"/people/{ids['ana']}/managers")["items"]
    assert [(m["name"], m["person_id"]) for m in managers] == [("ben Tester", None), ("rosa Tester", None)]
    assert network.names(token, "/people") == ["ana"]


def test_a_partner_sees_its_people_at_its_own_locations(network: Network) -> None:
    token, ids = network.token("harbor"), network.ids
    assert network.names(token, "/people") == ["ana"]
    ana = network.read(token, f"/people/{ids['ana']}")
    assert sorted(a["location"]["name"] for a in ana["appointments"]) == ["dock", "pier"]
    assert ana["email"] == "ana@harbor.example"
    assert sorted(network.names(token, "/nodes")) == ["coast", "nation", "sellers"]
    assert network.names(network.token("summit"), "/people") == ["carl"]


@pytest.mark.requirement("B15")
def test_b15_renaming_a_position_changes_no_audience(network: Network) -> None:
    token, path = network.token(), "/audiences/technicians/members"
    before = network.read(token, path)
    assert sorted(item["given_name"] for item in before["items"]) == ["ana", "carl"]
    with network.hub.unit_of_work() as uow:
        rename_position(uow, network.ids["technician"], "Service Expert")
    assert network.read(token, f"/positions/{network.ids['technician']}")["title"] == "Service Expert"
    assert network.read(token, path) == before


def test_members_are_those_of_the_instant_with_the_appointments_that_count(network: Network) -> None:
    token, ids = network.token(), network.ids
    now = network.read(token, "/audiences/technicians/members")["items"]
    assert {m["given_name"]: m["appointment_ids"] for m in now} == {
        "ana": [ids["ana at pier"]],
        "carl": [ids["carl at peak"]],
    }
    then = network.read(token, "/audiences/of-summit/members", as_of="2024-06-01T00:00:00Z")["items"]
    assert sorted(m["given_name"] for m in then) == ["ana", "carl"]
    assert [m["given_name"] for m in network.read(token, "/audiences/of-summit/members")["items"]] == ["carl"]


def test_members_come_in_pages_however_many_may_belong(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.audiences.read_audiences.CHUNK", 3)
    monkeypatch.setattr("hub.audiences.read_audiences.LOOKED_AT", 6)
    with network.hub.unit_of_work() as uow:
        for number in range(12):
            network.person(uow, f"new{number:02}", "harbor")
            over = LONG_AGO + timedelta(days=1) if number % 4 else None
            network.appoint(uow, f"new{number:02}", "technician", "pier", until=over)
    token, found, query = network.token(), [], {"limit": 2}
    for _ in range(20):
        page = network.read(token, "/audiences/technicians/members", **query)
        found += [item["given_name"] for item in page["items"]]
        if page["next"] is None:
            break
        query["after"] = page["next"]
    assert sorted(found) == ["ana", "carl", "new00", "new04", "new08"]


def test_a_partner_sees_audiences_and_rules_that_may_concern_it_without_conditions(network: Network) -> None:
    token = network.token("harbor")
    for kind in ("audiences", "rules"):
        items = network.read(token, f"/{kind}")["items"]
        assert [(item["key"], item["conditions"]) for item in items] == [("technicians", None)]
        assert network.ask(token, f"/{kind}/of-summit").status_code == 404
    members = network.read(token, "/audiences/technicians/members")["items"]
    assert [(m["given_name"], m["appointment_ids"]) for m in members] == [
        ("ana", [network.ids["ana at pier"]])
    ]
    whole = network.read(network.token(), "/rules/of-summit")
    assert whole["conditions"]["partners"] == [network.ids["summit"]]
    assert network.read(network.token(), "/rules", dimension="sales")["items"] == []


def test_somebody_erased_has_no_name(network: Network) -> None:
    with network.hub.unit_of_work() as uow:
        network.insert(
            uow,
            tables.person,
            id=(gone := new_id()),
            partner_id=network.ids["harbor"],
            locale="en",
            disabled=True,
        )
    told = network.read(network.token("harbor"), f"/people/{gone}")
    assert (told["given_name"], told["email"], told["disabled"]) == ("", "", True)
