"""The version header of requests and answers on every resource (xAPI 1.0.3 Communication 3.3; 2.0, 4.1.6)."""

import json
from typing import Any

import pytest

from hub.runtime import Hub
from tests.xapi.document_rig import KINDS, NEW, PATHS, Documents, parameters
from tests.xapi.rig import AGENT, Answer, Store, statement

VERSION = "X-Experience-API-Version"
THROUGH = "X-Experience-API-Consistent-Through"


def ask_everywhere(store: Store, **options: Any) -> dict[str, Answer]:
    """A GET of every resource but About."""
    agent = {"agent": json.dumps(AGENT)}
    activity = {"activityId": "https://lms.example/course/brakes"}
    answers = {
        "statements": store.send("GET", **options),
        "agents": store.send("GET", "/xapi/agents", query_string=agent, **options),
        "activities": store.send("GET", "/xapi/activities", query_string=activity, **options),
    }
    for kind in KINDS:
        query = parameters(kind, None)
        answers[kind] = store.send("GET", PATHS[kind], query_string=query, **options)
    return answers


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [("1.0", "1.0.3"), ("1.0.0", "1.0.3"), ("1.0.9", "1.0.3"), ("2.0", "2.0.0"), ("2.0.0", "2.0.0")],
)
def test_every_resource_speaks_the_version_of_the_request(
    trusted_store: Store, asked: str, spoken: str
) -> None:
    for name, answer in ask_everywhere(trusted_store, headers={VERSION: asked}).items():
        assert answer.status_code == 200, name
        assert answer.headers[VERSION] == spoken, name
        assert THROUGH in answer.headers, name


@pytest.mark.parametrize("asked", [None, "0.95", "1.1.0", "3.0.0", "latest"])
def test_every_resource_refuses_other_versions(trusted_store: Store, asked: str | None) -> None:
    for name, answer in ask_everywhere(trusted_store, headers={VERSION: asked}).items():
        assert (answer.status_code, answer.json["code"]) == (400, "bad_version"), name
        assert answer.headers[VERSION] in ("1.0.3", "2.0.0"), name
        assert THROUGH in answer.headers, name


def test_no_document_is_changed_without_a_version(hub: Hub, trusted_store: Store) -> None:
    for kind in KINDS:
        documents = Documents(trusted_store, kind)
        for method in ("PUT", "POST", "DELETE"):
            answer = documents.send(method, {}, headers={VERSION: None, **NEW})
            assert (answer.status_code, answer.json["code"]) == (400, "bad_version")
        assert documents.names() == []


def test_who_names_no_version_is_refused_in_the_one_named_last(
    trusted_store: Store, trusted_store_2: Store
) -> None:
    for store in (trusted_store, trusted_store_2, trusted_store):
        store.post(statement())
        assert store.send("GET", headers={VERSION: None}).headers[VERSION] in store.version


def test_answers_that_know_no_sender_have_a_version_too(store: Store) -> None:
    for options in ({"Authorization": None}, {"Authorization": None, VERSION: None}):
        answer = store.send("GET", headers=options)
        assert answer.status_code == 401
        assert answer.headers[VERSION] in ("1.0.3", "2.0.0")


def test_about_names_the_newest_patch_of_each_version_and_needs_none(store: Store) -> None:
    """1.0.3 Communication 2.8; 2.0, 4.1.6.7."""
    for asked in (None, "1.0.3", "2.0.0", "0.9", "7"):
        answer = store.send("GET", "/xapi/about", headers={VERSION: asked, "Authorization": None})
        assert answer.status_code == 200
        assert set(answer.json) <= {"version", "extensions"}
        assert {"1.0.3", "2.0.0"} <= set(answer.json["version"])
        assert THROUGH in answer.headers
