"""Course groups: locations as groups, told to tools that may read them, and who works where."""

from typing import Any

import pytest
import sqlalchemy as sa

from hub.ids import new_id
from hub.lti import tables
from hub.lti.vocabulary import (
    ALL_SCOPES,
    GROUP_SETS_TYPE,
    GROUPS_CLAIM,
    GROUPS_SCOPE,
    GROUPS_TYPE,
    NRPS_SCOPE,
)
from hub.network import tables as network
from tests.lti.rig import Rig


def allow(rig: Rig) -> None:
    """Let both tools read groups."""
    with rig.hub.unit_of_work() as uow:
        uow.connection.execute(sa.update(tables.lti_tool).values(scopes=list(ALL_SCOPES)))


@pytest.fixture
def rig(rig: Rig) -> Rig:
    """Ann works at Riverside and Hilltop, Bob at Riverside."""
    rig.world.add_location("Hilltop")
    rig.world.appoint("ann", "technician", "Hilltop")
    rig.world.add_location("Nowhere")
    allow(rig)
    return rig


def path(rig: Rig, what: str = "groups", course: str = "brakes") -> str:
    return f"/lti/contexts/{rig.context(course)}/{what}"


def read(rig: Rig, address: str, *scopes: str) -> Any:
    answer = rig.call("GET", address, rig.token(*scopes or (GROUPS_SCOPE,)))
    assert answer.status_code == 200, answer.text
    return answer


def by_name(answer: Any) -> dict[str, str]:
    """Group ids by name."""
    return {group["name"]: group["id"] for group in answer.json["groups"]}


def test_launch_says_where_groups_are_only_to_tools_that_may_read_them(rig: Rig) -> None:
    assert rig.launch()[GROUPS_CLAIM] == {
        "scope": [GROUPS_SCOPE],
        "context_groups_url": rig.base + path(rig),
        "context_group_sets_url": rig.base + path(rig, "groupsets"),
        "service_versions": ["1.0"],
    }
    with rig.hub.unit_of_work() as uow:
        uow.connection.execute(sa.update(tables.lti_tool).values(scopes=[NRPS_SCOPE]))
    assert GROUPS_CLAIM not in rig.launch()


def test_every_location_where_members_work_is_a_group_of_one_set(rig: Rig) -> None:
    answer = read(rig, path(rig))
    assert answer.content_type == GROUPS_TYPE
    assert set(by_name(answer)) == {"Riverside", "Hilltop"}
    sets = read(rig, path(rig, "groupsets"))
    assert sets.content_type == GROUP_SETS_TYPE
    ((set_id, name),) = [tuple(each.values()) for each in sets.json["sets"]]
    assert name == "Location"
    assert {group["set_id"] for group in answer.json["groups"]} == {set_id}


def test_groups_follow_who_takes_part_and_who_works_where(rig: Rig) -> None:
    rig.withdraw("ann")
    assert set(by_name(read(rig, path(rig)))) == {"Riverside"}
    rig.world.end_appointment("bob", rig.appointments["bob"], rig.hub.clock.now())
    assert by_name(read(rig, path(rig))) == {}


def test_groups_of_one_member(rig: Rig) -> None:
    ann, bob = rig.launch("ann")["sub"], rig.launch("bob")["sub"]
    assert set(by_name(read(rig, f"{path(rig)}?user_id={ann}"))) == {"Riverside", "Hilltop"}
    assert set(by_name(read(rig, f"{path(rig)}?user_id={bob}"))) == {"Riverside"}
    for stranger in (new_id(), rig.world.ids["ann"], "1"):
        assert by_name(read(rig, f"{path(rig)}?user_id={stranger}")) == {}


def test_groups_come_in_pages(rig: Rig) -> None:
    first = read(rig, f"{path(rig)}?limit=1")
    url = first.headers["Link"].removeprefix("<").removesuffix('>; rel="next"')
    second = read(rig, url.removeprefix(rig.base))
    assert "Link" not in second.headers
    assert set(by_name(first) | by_name(second)) == {"Riverside", "Hilltop"}


def test_rosters_tell_groups_when_asked_for(rig: Rig) -> None:
    groups = by_name(read(rig, path(rig)))
    members = read(rig, path(rig, "members") + "?groups=true", NRPS_SCOPE).json["members"]
    told = {m["given_name"]: {g["group_id"] for g in m["group_enrollments"]} for m in members}
    assert told == {"ann": set(groups.values()), "bob": {groups["Riverside"]}}
    plain = read(rig, path(rig, "members"), NRPS_SCOPE).json["members"]
    assert all("group_enrollments" not in member for member in plain)


def test_reading_groups_again_writes_nothing(rig: Rig) -> None:
    token = rig.token(GROUPS_SCOPE)
    first = rig.call("GET", path(rig), token).json
    record = rig.record()
    assert rig.call("GET", path(rig), token).json == first
    record.assert_nothing()


def test_p14_where_people_work_is_left_out_where_the_tool_may_have_no_personal_data(rig: Rig) -> None:
    ann = rig.launch("ann")["sub"]
    with rig.hub.unit_of_work() as uow:
        uow.connection.execute(sa.update(tables.lti_tool).values(shares_personal_data=False))
    assert by_name(read(rig, f"{path(rig)}?user_id={ann}")) == {}
    members = read(rig, path(rig, "members") + "?groups=true", NRPS_SCOPE).json["members"]
    assert [member["group_enrollments"] for member in members] == [[], []]


@pytest.mark.parametrize("what", ["groups", "groupsets"])
@pytest.mark.parametrize(
    ("query", "reason"), [("limit=0", "bad_limit"), ("limit=ten", "bad_limit"), ("page=00ff", "bad_page")]
)
def test_p13_bad_pages_of_groups(rig: Rig, what: str, query: str, reason: str) -> None:
    refused(rig, f"{path(rig, what)}?{query}", rig.token(GROUPS_SCOPE), reason, 400)


@pytest.mark.parametrize("what", ["groups", "groupsets"])
def test_p8_groups_of_another_tools_course(rig: Rig, what: str) -> None:
    refused(rig, path(rig, what, "tires"), rig.token(GROUPS_SCOPE), "no_context", 404)
    refused(rig, path(rig, what), None, "no_token", 401)


@pytest.mark.parametrize("what", ["groups", "groupsets"])
def test_p9_the_scope_of_rosters_does_not_open_groups(rig: Rig, what: str) -> None:
    refused(rig, path(rig, what), rig.token(NRPS_SCOPE), "insufficient_scope", 403)


def refused(rig: Rig, address: str, token: str | None, reason: str, status: int) -> None:
    record = rig.record()
    answer = rig.call("GET", address, token)
    assert (answer.status_code, answer.json and answer.json["code"]) == (status, reason), answer.text
    record.assert_refused("groups", reason)


def test_tool_of_a_partner_learns_of_that_partners_locations_alone(rig: Rig) -> None:
    """Ann works at Hilltop for another partner as well."""
    with rig.hub.unit_of_work() as uow:
        other = new_id()
        uow.connection.execute(sa.insert(network.partner).values(id=other, name="Another"))
        uow.connection.execute(
            sa.update(network.location)
            .where(network.location.c.id == rig.world.ids["Hilltop"])
            .values(partner_id=other)
        )
    groups = by_name(read(rig, path(rig)))
    assert groups.keys() == {"Riverside"}
    members = read(rig, path(rig, "members?groups=true"), NRPS_SCOPE).json["members"]
    told = {group["group_id"] for member in members for group in member["group_enrollments"]}
    assert told == set(groups.values())
    with rig.hub.unit_of_work() as uow:
        mine = network.connection.c.id == rig.north.connection_id
        uow.connection.execute(sa.update(network.connection).where(mine).values(partner_id=None))
    assert by_name(read(rig, path(rig))).keys() == {"Riverside", "Hilltop"}, "partners share it"
