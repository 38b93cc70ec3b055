"""What a partner's SCIM client tells about users, and what becomes of the people."""

from typing import Any

import pytest
import sqlalchemy as sa

from hub.ids import new_id
from hub.network import tables as network
from hub.network.people.identities import list_subjects
from hub.network.people.person import read_person
from hub.runtime import Hub
from hub.sso.scim.appointments import NAME as APPOINTMENTS
from hub.sso.scim.tables import scim_resource
from hub.sso.sessions import Proved, find_session, start_session
from tests.sso.scim.rig import (
    Client,
    add_location,
    add_position,
    appointments,
    begin_client,
    refusals,
    user,
    working_at,
)


@pytest.fixture
def client(hub: Hub) -> Client:
    return begin_client(hub)


def test_a_new_user_becomes_a_person_of_the_partner(client: Client) -> None:
    made = client.post_user("ann", externalId="E-1", preferredLanguage="de-CH")
    with client.hub.reading() as uow:
        person = read_person(uow, client.person(made["id"]).id)
        names = list_subjects(uow, client.caller.connection_id, person.id)
    assert (person.name, person.email, person.locale) == ("Ann Okafor", "ann@riverside.example", "de-CH")
    assert (person.partner_id, person.disabled) == (client.caller.partner_id, False)
    assert names == [("scim", "E-1"), ("scim_user", "ann@riverside.example")]
    assert made["meta"]["location"] == f"http://127.0.0.1:8000/scim/v2/Users/{made['id']}"


def test_patch_answers_with_the_body_and_the_person_follows(client: Client) -> None:
    made = client.post_user()
    answer = client.patch(
        f"/Users/{made['id']}",
        {"op": "Replace", "path": "name.familyName", "value": "Lind"},
        {"op": "replace", "path": 'emails[type eq "work"].value', "value": "lind@riverside.example"},
    )
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["name"]["familyName"] == "Lind"
    assert answer.headers["ETag"] == 'W/"2"'
    with client.hub.reading() as uow:
        person = read_person(uow, client.person(made["id"]).id)
    assert (person.family_name, person.email) == ("Lind", "lind@riverside.example")


def test_the_same_again_changes_nothing(client: Client) -> None:
    made = client.post_user()
    answer = client.ask("PUT", f"/Users/{made['id']}", user("ann"))
    assert answer.status_code == 200
    assert answer.headers["ETag"] == 'W/"1"'


@pytest.mark.parametrize("way", ["delete", "inactive"])
def test_deprovisioning_ends_sessions_and_switches_off(client: Client, way: str) -> None:
    made = client.post_user(externalId="E-1")
    person_id = client.person(made["id"]).id
    with client.hub.unit_of_work() as uow:
        session = start_session(uow, person_id, Proved(client.caller.connection_id, "sub", "x"))
    path = f"/Users/{made['id']}"
    if way == "delete":
        assert client.ask("DELETE", path).status_code == 204
        assert client.ask("GET", path).status_code == 404
    else:
        # As Microsoft Entra sends it: a text for a boolean.
        assert client.patch(path, {"op": "Replace", "path": "active", "value": "False"}).status_code == 200
    with client.hub.reading() as uow:
        assert find_session(uow, session) is None
        assert read_person(uow, person_id).disabled
    again = client.post_user(externalId="E-1") if way == "delete" else made
    if way == "inactive":
        client.patch(path, {"op": "replace", "value": {"active": True}})
    assert client.person(again["id"]).id == person_id
    assert not client.person(again["id"]).disabled


def test_whom_an_operator_switched_off_stays_off(client: Client) -> None:
    from hub.network.people.provision import set_disabled

    made = client.post_user()
    with client.hub.unit_of_work() as uow:
        set_disabled(uow, client.person(made["id"]).id, disabled=True, reason="test")
    client.patch(f"/Users/{made['id']}", {"op": "replace", "path": "title", "value": "Boss"})
    assert client.person(made["id"]).disabled


@pytest.mark.parametrize("way", ["patch", "provided again"])
def test_r2_11_a_client_undoes_no_switch_off_by_others(client: Client, way: str) -> None:
    from hub.network.people.provision import set_disabled

    made = client.post_user(externalId="E-1")
    person_id, path = client.person(made["id"]).id, f"/Users/{made['id']}"
    with client.hub.unit_of_work() as uow:
        set_disabled(uow, person_id, disabled=True, reason="test")
    if way == "patch":
        client.patch(path, {"op": "replace", "path": "active", "value": False})
        client.patch(path, {"op": "replace", "path": "active", "value": True})
    else:
        client.ask("DELETE", path)
        assert client.person(client.post_user(externalId="E-1")["id"]).id == person_id
    with client.hub.unit_of_work() as uow:
        assert read_person(uow, person_id).disabled
        set_disabled(uow, person_id, disabled=False, reason="test")
        assert not read_person(uow, person_id).disabled


def test_appointments_are_told_by_the_names_of_the_files(client: Client) -> None:
    west, east = add_location(client, "L-west"), add_location(client, "L-east")
    seller = add_position(client, "P-seller")
    made = client.post_user(**working_at(("L-west", "P-seller")))
    person_id = client.person(made["id"]).id
    assert appointments(client.hub, person_id) == [(west, seller, True)]
    path = f"/Users/{made['id']}"
    moved = working_at(("L-east", "P-seller"))
    assert client.ask("PUT", path, user("ann", **moved)).status_code == 200
    assert sorted(appointments(client.hub, person_id)) == sorted(
        [(west, seller, False), (east, seller, True)]
    )
    client.patch(path, {"op": "replace", "path": "active", "value": False})
    assert [a for a in appointments(client.hub, person_id) if a[2]] == []
    client.patch(path, {"op": "replace", "path": "active", "value": True})
    assert [a for a in appointments(client.hub, person_id) if a[2]] == [(east, seller, True)]


def test_appointments_of_the_files_stay(client: Client) -> None:
    west, seller = add_location(client, "L-west"), add_position(client, "P-seller")
    made = client.post_user()
    person_id = client.person(made["id"]).id
    with client.hub.unit_of_work() as uow:
        uow.insert(
            network.appointment,
            id=new_id(),
            person_id=person_id,
            location_id=west,
            position_id=seller,
            audience_class="external",
            valid_from=uow.now,
        )
    client.patch(f"/Users/{made['id']}", {"op": "replace", "path": "title", "value": "Boss"})
    assert appointments(client.hub, person_id) == [(west, seller, True)]


@pytest.mark.parametrize(
    "extension",
    [
        working_at(("L-nowhere", "P-seller")),
        working_at(("L-west", "P-nothing")),
        {APPOINTMENTS: {"appointments": [{"location": "L-west", "position": "P-seller", "brands": ["B-x"]}]}},
        {
            APPOINTMENTS: {
                "appointments": [{"location": "L-west", "position": "P-seller", "audienceClass": "x"}]
            }
        },
        {
            APPOINTMENTS: {
                "appointments": [
                    {
                        "location": "L-west",
                        "position": "P-seller",
                        "validFrom": "2026-06-01T00:00:00Z",
                        "validTo": "2026-05-01T00:00:00Z",
                    }
                ]
            }
        },
        {
            APPOINTMENTS: {
                "appointments": [
                    {"location": "L-west", "position": "P-seller", "validTo": "9999-12-31T23:59:59-14:00"}
                ]
            }
        },
    ],
)
def test_an_unknown_place_is_refused_in_words(client: Client, extension: dict[str, Any]) -> None:
    add_location(client, "L-west")
    add_position(client, "P-seller")
    answer = client.ask("POST", "/Users", user("ann", **extension))
    assert answer.status_code == 400, answer.text
    assert answer.json is not None
    assert answer.json["scimType"] == "invalidValue"
    with client.hub.reading() as uow:
        assert uow.connection.scalar(sa.select(sa.func.count()).select_from(scim_resource)) == 0
    assert len(refusals(client.hub)) == 1


def test_somebody_of_the_files_is_found_by_the_external_id(client: Client) -> None:
    person_id = new_id()
    with client.hub.unit_of_work() as uow:
        partner_id = client.caller.partner_id
        uow.insert(network.person, id=person_id, partner_id=partner_id, locale="en", disabled=False)
        uow.insert(network.person_detail, person_id=person_id, given_name="A", family_name="O", email="")
        uow.insert(network.roster_key, kind="person", external_id="E-1", id=person_id, content_hash="")
    made = client.post_user(externalId="E-1")
    assert client.person(made["id"]).id == person_id
    other = begin_client(client.hub, "lakeside").post_user("bob", externalId="E-1")
    assert client.person(other["id"]).id != person_id


def test_a_second_user_with_the_same_external_id_is_refused(client: Client) -> None:
    client.post_user("ann", externalId="E-1")
    answer = client.ask("POST", "/Users", user("bob", externalId="E-1"))
    assert answer.status_code == 409
    assert refusals(client.hub) == ["user_exists"]


def test_a_user_name_that_was_given_up_means_its_new_user(client: Client) -> None:
    first = client.post_user("ann")
    person_id = client.person(first["id"]).id
    client.ask("DELETE", f"/Users/{first['id']}")
    second = client.post_user("ann")
    assert client.person(second["id"]).id != person_id


def test_the_password_is_not_kept(client: Client) -> None:
    made = client.post_user(password="correct horse battery")
    assert "password" not in made
    with client.hub.reading() as uow:
        row = uow.find(scim_resource, id=made["id"])
    assert "correct horse" not in f"{row.body} {row.found_by}"


def test_a_version_that_is_over_is_refused(client: Client) -> None:
    made = client.post_user()
    path = f"/Users/{made['id']}"
    answer = client.ask("PUT", path, user("ann", title="Boss"), **{"If-Match": 'W/"7"'})
    assert answer.status_code == 412
    assert client.ask("GET", path, **{"If-None-Match": 'W/"1"'}).status_code == 304


def test_me_is_not_supported(client: Client) -> None:
    assert client.ask("GET", "/Me").status_code == 501


def test_an_instant_without_an_offset_is_utc_and_an_id_is_compared_exactly(client: Client) -> None:
    add_location(client, "L-west")
    add_position(client, "P-seller")
    place = {"location": "L-west", "position": "P-seller", "validFrom": "2026-01-01T00:00:00"}
    told: dict[str, Any] = {APPOINTMENTS: {"appointments": [place]}}
    made = client.post_user("ann", **told)
    assert len(appointments(client.hub, client.person(made["id"]).id)) == 1
    again = client.ask(
        "PUT", f"/Users/{made['id']}", user("ann", **{APPOINTMENTS: {"appointments": [place]}})
    )
    assert again.status_code == 200
    assert client.ask("GET", f"/Users/{made['id'].upper()}").status_code == 404
