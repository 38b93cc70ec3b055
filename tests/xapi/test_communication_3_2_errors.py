"""The form of errors (xAPI 1.0.3 Communication 3.2)."""

import json

import pytest

from tests.xapi.document_rig import PATHS, parameters
from tests.xapi.rig import Store, statement

JSON_FIRST = (
    None,
    "",
    "*/*",
    "application/json",
    "application/json, text/plain, */*",
    "application/*",
    "multipart/mixed, */*;q=0.5",
    "image/png",
)


def test_errors_are_json_unless_something_else_is_preferred(store: Store) -> None:
    for accept in JSON_FIRST:
        answer = store.send("GET", query_string={"foo": "1"}, headers={"Accept": accept})
        assert (answer.status_code, answer.mimetype) == (400, "application/json"), accept
        assert answer.json["problems"] == [{"place": "foo", "message": "is no parameter of this resource"}]


@pytest.mark.parametrize("accept", ["text/plain", "text/html", "text/html,application/xhtml+xml,*/*;q=0.8"])
def test_errors_are_text_or_a_page_for_who_prefers_that(store: Store, accept: str) -> None:
    for answer in (
        store.send("GET", query_string={"foo<b>": "1"}, headers={"Accept": accept}),
        store.send("POST", data=b"{", headers={"Accept": accept}),
        store.send("GET", headers={"Accept": accept, "Authorization": None}),
        store.send("PATCH", headers={"Accept": accept}),
        store.send("GET", "/xapi/nothing", headers={"Accept": accept}),
    ):
        assert answer.status_code >= 400
        assert answer.mimetype == accept.partition(",")[0]
        assert answer.headers["Vary"] == "Accept"
    told = store.send("GET", query_string={"foo<b>": "1"}, headers={"Accept": accept}).text
    shown = "foo<b>" if accept == "text/plain" else "foo&lt;b&gt;"
    assert f"{shown}: is no parameter of this resource" in told
    assert "bad_parameters" in told


def test_what_was_found_is_not_affected_by_what_is_preferred_for_errors(store: Store) -> None:
    store.post(statement())
    answer = store.send("GET", headers={"Accept": "text/plain"})
    assert (answer.status_code, answer.mimetype) == (200, "application/json")


def test_names_in_all_but_case_are_refused_with_the_right_one(trusted_store: Store) -> None:
    for path, names in {
        "/xapi/statements": {"StatementId": "statementId", "LIMIT": "limit"},
        "/xapi/agents": {"Agent": "agent"},
        "/xapi/activities": {"activityID": "activityId"},
        PATHS["state"]: {"stateid": "stateId", "ActivityId": "activityId", "Registration": "registration"},
        PATHS["agent_profile"]: {"profileid": "profileId", "SINCE": "since"},
        PATHS["activity_profile"]: {"ProfileId": "profileId"},
    }.items():
        for name, meant in names.items():
            answer = trusted_store.send("GET", path, query_string={name: "x"})
            told = {problem["place"]: problem["message"] for problem in answer.json["problems"]}
            assert (answer.status_code, told[name]) == (400, f"is written {meant}"), path


def test_a_query_is_read_as_utf_8(trusted_store: Store) -> None:
    query = parameters("state", "größe")
    trusted_store.send("POST", PATHS["state"], query_string=query, data=json.dumps({"x": 1}))
    answer = trusted_store.send("GET", PATHS["state"], query_string=parameters("state", None))
    assert answer.json == ["größe"]
