"""How far an auth-token reaches: its own launch, and nothing beside it."""

import json
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from hub.testing.cmi5_au import Answer, SimulatedAu
from hub.xapi.callers.credentials import READ_MINE, WRITE, create_credential
from tests.xapi.cmi5.packages import au, course, package
from tests.xapi.cmi5.rig import Courses
from tests.xapi.rig import basic

BEYOND = "beyond_session"


@pytest.fixture
def unit(courses: Courses) -> SimulatedAu:
    """Ana's session; there is another learner's statement at the same connection."""
    courses.add(package(course(au("one", moveOn="Passed"), au("two", moveOn="Passed"))))
    return courses.start("one")


def other_statement(courses: Courses) -> str:
    """A statement that another system of the connection sent."""
    with courses.hub.unit_of_work() as uow:
        key, secret = create_credential(uow, courses.world.ids["library"], (WRITE, READ_MINE))
    id = str(uuid4())
    told = {
        "id": id,
        "actor": {"mbox": "mailto:ben@example.com"},
        "verb": {"id": "https://verbs.example/saw"},
        "object": {"id": "https://content.example/1"},
    }
    headers = {
        "Authorization": basic(key, secret),
        "X-Experience-API-Version": "1.0.3",
        "Content-Type": "application/json",
    }
    answer = courses.send("POST", "http://127.0.0.1:8000/xapi/statements", headers, json.dumps(told).encode())
    assert answer.status == 200, answer.text
    return id


def test_statements_of_the_registration_alone_are_read(courses: Courses, unit: SimulatedAu) -> None:
    other = other_statement(courses)
    mine = unit.initialized()
    assert unit.report(mine).status == 200
    listed = unit.ask("GET", "statements").json["statements"]
    assert [each["verb"]["id"].rpartition("/")[2] for each in listed] == ["initialized", "launched"]
    assert unit.ask("GET", "statements", {"statementId": mine["id"]}).status == 200
    assert unit.ask("GET", "statements", {"statementId": other}).status == 404
    registration = unit.parameters["registration"]
    assert (
        len(unit.ask("GET", "statements", {"registration": registration, "limit": "1"}).json["statements"])
        == 1
    )
    refused = unit.ask("GET", "statements", {"registration": str(uuid4())})
    assert (refused.status, refused.json["code"]) == (403, BEYOND)
    page = unit.ask("GET", "statements", {"limit": "1"}).json
    more = unit.send(
        "GET",
        "http://127.0.0.1:8000" + page["more"],
        {"Authorization": f"Basic {unit.token}", "X-Experience-API-Version": "1.0.3"},
        None,
    )
    assert [each["verb"]["id"].rpartition("/")[2] for each in more.json["statements"]] == ["launched"]


def test_documents_of_the_launch_are_read_and_written(unit: SimulatedAu) -> None:
    assert unit.state("PUT", "bookmark", b'{"page": 3}').status == 204
    assert unit.state("GET", "bookmark").json == {"page": 3}
    preferences = {"profileId": "cmi5LearnerPreferences", "agent": unit.parameters["actor"]}
    etag = unit.ask("GET", "agents/profile", preferences).headers["ETag"]
    headers = {
        "Authorization": f"Basic {unit.token}",
        "X-Experience-API-Version": "1.0.3",
        "Content-Type": "application/json",
        "If-Match": etag,
    }
    address = unit.parameters["endpoint"] + "agents/profile?"
    quiet = b'{"languagePreference": "de-DE", "audioPreference": "off"}'
    assert unit.send("PUT", address + urlencode(preferences), headers, quiet).status == 204
    shared = {"activityId": unit.parameters["activityId"], "profileId": "notes"}
    assert unit.ask("GET", "activities/profile", shared).status == 404


def test_what_a_learner_prefers_is_kept_for_the_next_launch(courses: Courses, unit: SimulatedAu) -> None:
    test_documents_of_the_launch_are_read_and_written(unit)
    assert courses.start("two").preferences == {"languagePreference": "de-DE", "audioPreference": "off"}


def test_how_it_is_launched_is_not_the_unit_s_to_change(unit: SimulatedAu) -> None:
    for method in ("PUT", "POST", "DELETE"):
        refused = unit.state(method, "LMS.LaunchData", b"{}")
        assert (refused.status, refused.json["code"]) == (403, BEYOND)
    everything = {"activityId": unit.parameters["activityId"], "agent": unit.parameters["actor"]}
    assert unit.ask("DELETE", "activities/state", everything).status == 403
    assert unit.state("GET", "LMS.LaunchData").json == unit.launch_data


OTHER_AGENT = json.dumps({"account": {"homePage": "http://127.0.0.1:8000", "name": "someone"}})
WRONG: list[tuple[str, dict[str, Any]]] = [
    ("activities/state", {"agent": OTHER_AGENT}),
    ("activities/state", {"agent": '{"mbox": "mailto:a@example.com"}'}),
    ("activities/state", {"registration": "6f1c37a4-5d0c-5a58-9d0e-6d2d1f4c1b11"}),
    ("activities/state", {"activityId": "https://content.example/1"}),
    ("activities/profile", {"activityId": "https://content.example/1", "agent": None, "registration": None}),
    ("agents/profile", {"agent": OTHER_AGENT, "activityId": None, "registration": None}),
    ("agents", {"agent": OTHER_AGENT, "activityId": None, "registration": None, "stateId": None}),
]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_what_belongs_to_others_is_out_of_reach(unit: SimulatedAu) -> None:
    own = {
        "activityId": unit.parameters["activityId"],
        "agent": unit.parameters["actor"],
        "registration": unit.parameters["registration"],
        "stateId": "bookmark",
    }
    for resource, changes in WRONG:
        given = {name: value for name, value in (own | changes).items() if value is not None}
        for method in ["GET"] if resource == "agents" else ["GET", "PUT", "POST", "DELETE"]:
            refused = unit.ask(method, resource, given, b"{}")
            assert (refused.status, refused.json["code"]) == (403, BEYOND), (method, resource, given)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_an_agent_nested_without_end_is_a_wrong_agent(unit: SimulatedAu) -> None:
    deep = {"activityId": unit.parameters["activityId"], "agent": "[" * 20_000, "stateId": "bookmark"}
    assert unit.ask("GET", "activities/state", deep).status == 400


def test_a_changed_token_opens_nothing(courses: Courses, unit: SimulatedAu) -> None:
    assert unit.ask("GET", "about").status == 200
    unit.token = unit.token[:-4] + "AAAA"
    assert unit.ask("GET", "statements").status == 401


def test_what_is_beyond_answers_like_what_is_not_there(courses: Courses, unit: SimulatedAu) -> None:
    for name in ("statementId", "voidedStatementId"):
        answers = [
            unit.ask("GET", "statements", {name: id}) for id in (other_statement(courses), str(uuid4()))
        ]
        assert [answer.status for answer in answers] == [404, 404]
        assert answers[0].text == answers[1].text


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_slash_too_many_after_the_endpoint_does_no_harm(unit: SimulatedAu) -> None:
    """Clients in use add one, and the endpoint ends with one for those that do not."""
    unit.address = unit.address.replace("xapi%2F", "xapi%2F%2F")
    assert unit.parameters["endpoint"].endswith("/xapi//")
    assert unit.report(unit.initialized()).status == 200
    assert unit.state("GET", "LMS.LaunchData").json == unit.launch_data
    asked = unit.send("OPTIONS", unit.parameters["endpoint"] + "statements", {"Origin": "null"}, None)
    assert (asked.status, asked.headers["Access-Control-Allow-Origin"]) == (204, "*")


GOOD = {"languagePreference": "de-DE,en", "audioPreference": "off"}
WRONG_PREFERENCES: dict[str, tuple[str, bytes]] = {
    "no JSON": ("text/plain", b"quiet please"),
    "no object": ("application/json", b"[]"),
    "no language": ("application/json", b'{"audioPreference": "on"}'),
    "no audio": ("application/json", b'{"languagePreference": "en"}'),
    "no languages": ("application/json", b'{"languagePreference": "", "audioPreference": "on"}'),
    "words": ("application/json", b'{"languagePreference": "as you like", "audioPreference": "on"}'),
    "loud": ("application/json", b'{"languagePreference": "en", "audioPreference": "loud"}'),
}


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_preferences_that_no_unit_could_read_are_refused(unit: SimulatedAu) -> None:
    wanted = {"profileId": "cmi5LearnerPreferences", "agent": unit.parameters["actor"]}
    address = f"{unit.parameters['endpoint']}agents/profile?{urlencode(wanted)}"

    def send(method: str, content_type: str, body: bytes) -> Answer:
        headers = {
            "Authorization": f"Basic {unit.token}",
            "X-Experience-API-Version": "1.0.3",
            "Content-Type": content_type,
            "If-Match": "*",
        }
        return unit.send(method, address, headers, body)

    for which, (content_type, body) in WRONG_PREFERENCES.items():
        refused = send("PUT", content_type, body)
        assert (refused.status, refused.json["code"]) == (403, "bad_preferences"), which
    assert unit.ask("GET", "agents/profile", wanted).json == unit.preferences
    assert send("PUT", "application/json", json.dumps(GOOD).encode()).status == 204
    assert send("POST", "application/json", b'{"audioPreference": "on"}').status == 204
    assert send("POST", "application/json", b'{"audioPreference": 1}').status == 403
    assert unit.ask("GET", "agents/profile", wanted).json == GOOD | {"audioPreference": "on"}
