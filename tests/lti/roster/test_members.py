"""The roster of a placed course as its tool reads it (NRPS 2.0): who is in it, in which role, and what changed since."""

import re
from typing import Any

import pytest
import sqlalchemy as sa

from hub.ids import new_id
from hub.lti.erase_person import count_of_person, erase_person
from hub.lti.tables import lti_launch
from hub.lti.tools import ToolRegistration
from hub.lti.vocabulary import CLAIM, INSTRUCTOR, LEARNER, MEMBERS_TYPE, NRPS_CLAIM, NRPS_SCOPE
from hub.network import tables as network
from hub.training.tables import course_access
from tests.lti.rig import Rig

LINK = re.compile(r'<([^>]+)>; rel="(\w+)"')


class Reader:
    """A tool that reads rosters: what it is told, and where it is told to go on."""

    def __init__(self, rig: Rig, tool: ToolRegistration | None = None) -> None:
        self.rig, self.token = rig, rig.token(NRPS_SCOPE, tool=tool)
        self.links: dict[str, str] = {}

    def get(self, path: str) -> list[dict[str, Any]]:
        answer = self.rig.call("GET", path.removeprefix(self.rig.base), self.token)
        assert answer.status_code == 200, answer.text
        assert answer.content_type == MEMBERS_TYPE
        assert answer.json is not None
        self.links = {name: url for url, name in LINK.findall(answer.headers["Link"])}
        members: list[dict[str, Any]] = answer.json["members"]
        return members

    def read(self, query: str = "", course: str = "brakes") -> list[dict[str, Any]]:
        """All pages."""
        members = self.get(f"/lti/contexts/{self.rig.context(course)}/members{query}")
        while "next" in self.links:
            members += self.get(self.links["next"])
        return members

    def differences(self) -> list[dict[str, Any]]:
        return self.get(self.links["differences"])

    def names(self, query: str = "", course: str = "brakes") -> dict[str, str]:
        """Statuses by given name."""
        return statuses(self.read(query, course))


def statuses(members: list[dict[str, Any]]) -> dict[str, str]:
    return {member["given_name"]: member["status"] for member in members}


@pytest.fixture
def reader(rig: Rig) -> Reader:
    return Reader(rig)


def test_launch_says_where_the_roster_is(rig: Rig) -> None:
    assert rig.launch()[NRPS_CLAIM] == {
        "context_memberships_url": f"{rig.base}/lti/contexts/{rig.context()}/members",
        "service_versions": ["2.0"],
    }


def test_everybody_with_a_goal_is_a_member_before_the_first_launch(rig: Rig, reader: Reader) -> None:
    members = {member["given_name"]: member for member in reader.read()}
    assert set(members) == {"ann", "bob"}
    assert members["ann"] == {
        "status": "Active",
        "user_id": rig.launch("ann")["sub"],
        "roles": [LEARNER],
        "name": "ann Tester",
        "given_name": "ann",
        "family_name": "Tester",
        "email": "ann@riverside.example",
    }


def test_container_names_the_context(rig: Rig, reader: Reader) -> None:
    path = f"/lti/contexts/{rig.context()}/members"
    answer = rig.call("GET", path, reader.token).json
    assert answer is not None
    assert answer["id"] == rig.base + path
    assert answer["context"] == {"id": rig.context(), "label": "brakes", "title": "Brakes"}


def test_a_goal_on_a_path_and_course_access_count_like_a_goal_on_the_course(rig: Rig, reader: Reader) -> None:
    rig.world.add_person("dan")
    rig.appointments["dan"] = rig.world.appoint("dan", "technician", "Riverside", brands=["A"])
    rig.world.add_path("basics", "batteries", "brakes")
    rig.assign("dan", "basics", kind="path")
    with rig.hub.unit_of_work() as uow:
        values = {"person_id": rig.world.ids["cid"], "offering_id": rig.world.ids["brakes"], "since": uow.now}
        uow.connection.execute(
            sa.insert(course_access).values(connection_id=rig.world.ids["south"], **values)
        )
    assert reader.names() == dict.fromkeys(("ann", "bob", "cid", "dan"), "Active")
    assert reader.names(course="batteries") == dict.fromkeys(("ann", "bob", "dan"), "Active")


def test_people_known_by_a_launch_alone_stay_as_inactive(rig: Rig, reader: Reader) -> None:
    subject = rig.launch("ann")["sub"]
    rig.withdraw("ann")
    rig.withdraw("bob")
    (member,) = reader.read()
    assert (member["user_id"], member["status"]) == (subject, "Inactive")


def test_a_person_who_is_switched_off_is_inactive(rig: Rig, reader: Reader) -> None:
    with rig.hub.unit_of_work() as uow:
        ann = network.person.c.id == rig.world.ids["ann"]
        uow.connection.execute(sa.update(network.person).where(ann).values(disabled=True))
    assert reader.names() == {"ann": "Inactive", "bob": "Active"}


def test_every_tool_knows_a_person_by_another_subject(rig: Rig, reader: Reader) -> None:
    south = Reader(rig, rig.south)
    subjects = {m["user_id"] for m in reader.read()} | {m["user_id"] for m in south.read(course="tires")}
    assert len(subjects) == 4
    assert not subjects & set(rig.world.ids.values())


def test_reading_again_writes_nothing(rig: Rig, reader: Reader) -> None:
    first = reader.read()
    record = rig.record()
    assert reader.read() == first
    assert reader.differences() == []
    record.assert_nothing()


@pytest.mark.parametrize("role", [LEARNER.replace("#", "%23"), "Learner"])
def test_role_filter_takes_the_name_in_full_and_in_short(rig: Rig, reader: Reader, role: str) -> None:
    assert set(reader.names(f"?role={role}")) == {"ann", "bob"}


@pytest.mark.parametrize("role", ["Instructor", "learner", "earn", "%25", "Learner,Instructor"])
def test_role_filter_for_what_nobody_is_finds_nobody(reader: Reader, role: str) -> None:
    assert reader.read(f"?role={role}") == []


def test_who_reviewed_work_is_an_instructor(rig: Rig, reader: Reader) -> None:
    rig.launch("ann")
    cid = {"person_id": rig.world.ids["cid"], "role": "Instructor"}
    with rig.hub.unit_of_work() as uow:
        launched = lti_launch.c.person_id == rig.world.ids["ann"]
        uow.connection.execute(sa.update(lti_launch).where(launched).values(**cid))
    (member,) = reader.read("?role=Instructor")
    assert (member["given_name"], member["roles"], member["status"]) == ("cid", [INSTRUCTOR], "Active")
    assert set(reader.names("?role=Learner")) == {"ann", "bob"}


def test_resource_link_filter_adds_what_a_launch_of_it_would_tell(rig: Rig, reader: Reader) -> None:
    claims = rig.launch("ann")
    members = reader.read(f"?rlid={rig.context()}")
    (message,) = next(m["message"] for m in members if m["user_id"] == claims["sub"])
    assert message[CLAIM + "message_type"] == claims[CLAIM + "message_type"]
    assert message[CLAIM + "custom"].items() <= claims[CLAIM + "custom"].items()
    assert set(message[CLAIM + "custom"]) == {"hub_actor", "registration"}
    assert all("message" not in member for member in reader.read())


def test_differences_tell_who_came_changed_and_went(rig: Rig, reader: Reader) -> None:
    subjects = {m["given_name"]: m["user_id"] for m in reader.read()}
    rig.assign("cid", "brakes")
    rig.withdraw("bob")
    detail = network.person_detail
    with rig.hub.unit_of_work() as uow:
        ann = detail.c.person_id == rig.world.ids["ann"]
        uow.connection.execute(sa.update(detail).where(ann).values(family_name="Newname"))
    told = {member["user_id"]: member for member in reader.differences()}
    assert len(told) == 3
    assert told.pop(subjects["bob"]) == {
        "status": "Deleted",
        "user_id": subjects["bob"],
        "roles": [LEARNER],
    }
    assert told.pop(subjects["ann"])["name"] == "ann Newname"
    assert [(m["given_name"], m["status"]) for m in told.values()] == [("cid", "Active")]
    assert reader.differences() == []
    assert reader.names() == {"ann": "Active", "cid": "Active"}


def test_who_went_may_come_back_under_the_same_subject(rig: Rig, reader: Reader) -> None:
    before = {m["user_id"] for m in reader.read()}
    rig.world.add_path("basics", "brakes")
    rig.withdraw("bob")
    assert [m["status"] for m in reader.differences()] == ["Deleted"]
    rig.appointments["bob"] = rig.world.appoint("bob", "technician", "Riverside", brands=["A"])
    rig.assign("bob", "basics", kind="path")
    assert statuses(reader.differences()) == {"bob": "Active"}
    assert {m["user_id"] for m in reader.read()} == before


def test_differences_come_in_pages_and_keep_their_filters(rig: Rig, reader: Reader) -> None:
    reader.read()
    rig.withdraw("ann")
    rig.withdraw("bob")
    url = reader.links["differences"]
    first = reader.get(f"{url}&limit=1")
    second = reader.get(reader.links["next"])
    assert "next" not in reader.links
    assert [m["status"] for m in first + second] == ["Deleted", "Deleted"]
    assert first != second
    assert reader.get(f"{url}&role=Instructor") == []


def test_pages_follow_each_other_and_differences_count_from_the_first(rig: Rig, reader: Reader) -> None:
    first = reader.get(f"/lti/contexts/{rig.context()}/members?limit=1")
    rig.assign("cid", "brakes")
    second = reader.get(reader.links["next"])
    assert "next" not in reader.links
    assert statuses(first + second) == {"ann": "Active", "bob": "Active"}
    assert statuses(reader.differences()) == {"cid": "Active"}


def test_an_erased_person_is_gone(rig: Rig, reader: Reader) -> None:
    reader.read()
    ann = rig.world.ids["ann"]
    with rig.hub.unit_of_work() as uow:
        assert count_of_person(uow, ann)["places in rosters"] == 1
        erase_person(uow, ann)
        uow.connection.execute(
            sa.delete(network.person_detail).where(network.person_detail.c.person_id == ann)
        )
    record = rig.record()
    assert reader.names() == {"bob": "Active"}
    assert reader.differences() == []
    record.assert_nothing()


def test_a_roster_of_10_000_comes_in_pages_of_a_hundred(rig: Rig, reader: Reader) -> None:
    ids = [new_id() for _ in range(10_000)]
    place = {"offering_id": rig.world.ids["brakes"], "connection_id": rig.world.ids["south"]}
    person = {"partner_id": rig.world.ids["partner"], "locale": "en", "disabled": False}
    detail = {"given_name": "Many", "family_name": "", "email": ""}
    with rig.hub.unit_of_work() as uow:
        uow.execute_many(sa.insert(network.person), [{"id": id, **person} for id in ids])
        uow.execute_many(sa.insert(network.person_detail), [{"person_id": id, **detail} for id in ids])
        uow.execute_many(
            sa.insert(course_access), [{"person_id": id, "since": uow.now, **place} for id in ids]
        )
    members = reader.get(f"/lti/contexts/{rig.context()}/members?limit=1000000000")
    assert len(members) == 100
    statements = 0

    def count(*_: object) -> None:
        nonlocal statements
        statements += 1

    sa.event.listen(rig.hub.engine, "before_cursor_execute", count)
    pages = 1
    while "next" in reader.links:
        members += reader.get(reader.links["next"])
        pages += 1
    sa.event.remove(rig.hub.engine, "before_cursor_execute", count)
    assert pages == 101
    assert len({member["user_id"] for member in members}) == len(members) == 10_002
    assert statements <= 12 * pages
