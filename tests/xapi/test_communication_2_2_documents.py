"""Documents of all three resources (xAPI 1.0.3 Communication 2.2; 2.0, 4.1.6.2, 4.1.6.5 and 4.1.6.6)."""

import hashlib
import json
from typing import Any

import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.runtime import Hub
from hub.xapi.documents.tables import xapi_document
from tests.xapi.document_rig import KINDS, NEW, Documents, parameters
from tests.xapi.rig import Store, problems_of
from tests.xapi.test_statements import audited


@pytest.fixture(params=KINDS)
def documents(request: pytest.FixtureRequest, trusted_store: Store) -> Documents:
    """Documents of each kind, as a system sees them that may do everything."""
    return Documents(trusted_store, request.param)


def count(hub: Hub) -> int:
    """How many documents there are."""
    with hub.reading() as uow:
        return uow.connection.scalar(sa.select(sa.func.count()).select_from(xapi_document)) or 0


CONTENTS = {
    "application/json": b'{"a": 1.50, "b": [null]}',
    "application/json; charset=utf-8": '{"é": "ü"}'.encode(),
    "text/plain; charset=latin-1": b"\xe9",
    "image/png": bytes(range(256)),
    "application/octet-stream": b"",
}


def test_a_document_comes_back_byte_for_byte_with_its_type(documents: Documents) -> None:
    for content_type, content in CONTENTS.items():
        documents.named = {"profileId" if documents.kind != "state" else "stateId": content_type}
        documents.make(content, content_type)
        back = documents.send("GET")
        assert (back.status_code, back.data) == (200, content)
        assert back.headers["Content-Type"] == content_type
        assert back.headers["ETag"] == f'"{hashlib.sha1(content).hexdigest()}"'
        assert back.headers["Last-Modified"] == "Mon, 04 May 2026 09:00:00 GMT"


def test_a_document_without_a_type_is_bytes(documents: Documents) -> None:
    assert documents.send("PUT", b"\x00", content_type="", headers=NEW).status_code == 204
    assert documents.send("GET").headers["Content-Type"] == "application/octet-stream"


def test_what_is_no_media_type_is_refused(hub: Hub, documents: Documents) -> None:
    for content_type in ("json", "a/b/c", "text/html\tx", "text/plain; " + "x" * 250, "téxt/plain"):
        answer = documents.send("PUT", b"x", content_type=content_type, headers=NEW)
        assert (answer.status_code, answer.json["code"]) == (400, "bad_content_type"), content_type
    assert count(hub) == 0


def test_a_document_that_is_not_there_is_not_found(documents: Documents) -> None:
    for method in ("GET", "HEAD"):
        assert documents.send(method).status_code == 404


def test_put_replaces_content_type_and_time(documents: Documents, clock: SettableClock) -> None:
    documents.make(b"old", "text/plain")
    clock.advance(minutes=1)
    old = documents.etag()
    answer = documents.send("PUT", {"new": True}, headers={"If-Match": old})
    assert (answer.status_code, answer.data) == (204, b"")
    back = documents.send("GET")
    assert (back.json, back.mimetype) == ({"new": True}, "application/json")
    assert back.headers["ETag"] != old
    assert back.headers["Last-Modified"] == "Mon, 04 May 2026 09:01:00 GMT"


def test_delete_takes_the_document_away_and_may_be_repeated(hub: Hub, documents: Documents) -> None:
    documents.make({})
    for _ in range(2):
        answer = documents.send("DELETE")
        assert (answer.status_code, answer.data) == (204, b"")
    assert documents.send("GET").status_code == 404
    assert documents.names() == []
    assert count(hub) == 0


def test_post_makes_a_document_that_is_not_there(documents: Documents) -> None:
    for name, content, content_type in (("a", {"x": 1}, "application/json"), ("b", b"\x00", "image/png")):
        query = parameters(documents.kind, name)
        answer = documents.send("POST", content, content_type=content_type, query_string=query)
        assert (answer.status_code, answer.data) == (204, b"")
        assert documents.send("GET", query_string=query).headers["Content-Type"] == content_type
    assert sorted(documents.names()) == ["a", "b"]


def test_post_merges_the_properties_of_json_objects(documents: Documents) -> None:
    documents.make(b'{"car": {"make": "A", "year": 1.50}, "driver": "D", "seats": 1E+2}')
    answer = documents.send("POST", b'{"car": {"make": "B"}, "color": null}')
    assert answer.status_code == 204
    back = documents.send("GET")
    assert back.json == {"car": {"make": "B"}, "driver": "D", "seats": 100.0, "color": None}
    assert b"1E+2" in back.data, "numbers stay as they were typed"
    assert back.headers["ETag"] == f'"{hashlib.sha1(back.data).hexdigest()}"'


UNMERGEABLE = {
    "posted type": ({"a": 1}, "application/json", b"{}", "text/plain"),
    "existing type": (b"{}", "text/plain", {"a": 2}, "application/json"),
    "both types": (b"{}", "text/plain", b"{}", "text/plain"),
    "posted array": ({"a": 1}, "application/json", [1], "application/json"),
    "existing array": ([1], "application/json", {"a": 1}, "application/json"),
    "existing string": ("x", "application/json", {"a": 1}, "application/json"),
}


@pytest.mark.parametrize("case", UNMERGEABLE)
def test_what_cannot_be_merged_is_refused_and_nothing_changes(documents: Documents, case: str) -> None:
    existing, existing_type, posted, posted_type = UNMERGEABLE[case]
    documents.make(existing, existing_type)
    before = documents.send("GET")
    answer = documents.send("POST", posted, content_type=posted_type)
    assert (answer.status_code, answer.json["code"]) == (400, "cannot_be_merged")
    after = documents.send("GET")
    assert (after.data, after.headers["ETag"]) == (before.data, before.headers["ETag"])


BROKEN_JSON: dict[str, bytes] = {
    "empty": b"",
    "cut off": b'{"a": 1',
    "two values": b"{}{}",
    "not a number": b'{"a": NaN}',
    "not UTF-8": b'{"a": "\xe9"}',
    "half a surrogate pair": b'{"a": "\\ud800"}',
    "nested without end": b"[" * 200_000,
}


@pytest.mark.parametrize("case", BROKEN_JSON)
def test_a_body_that_is_not_the_json_it_says_it_is_is_refused(
    hub: Hub, documents: Documents, case: str
) -> None:
    for method in ("PUT", "POST"):
        answer = documents.send(method, BROKEN_JSON[case], headers=NEW)
        assert (answer.status_code, answer.json["code"]) == (400, "bad_json"), method
    assert count(hub) == 0
    assert audited(hub) == [("document", "bad_json")] * 2


def test_names_are_told_by_exact_context(documents: Documents) -> None:
    documents.make({})
    documents.make({}, query_string=parameters(documents.kind, "ünï/code & more"))
    assert sorted(documents.names()) == ["settings", "ünï/code & more"]
    other: dict[str, Any] = {"activityId": "https://lms.example/other"}
    if documents.kind == "agent_profile":
        other = {"agent": json.dumps({"mbox": "mailto:somebody.else@example.com"})}
    assert documents.names(**other) == []


def test_since_tells_what_changed_after_an_instant(documents: Documents, clock: SettableClock) -> None:
    for name in ("first", "second", "third"):
        documents.make({}, query_string=parameters(documents.kind, name))
        clock.advance(minutes=1)
    documents.send("POST", {"x": 1}, query_string=parameters(documents.kind, "first"))
    assert documents.names() == ["second", "third", "first"]
    assert documents.names(since="2026-05-04T09:01:00Z") == ["third", "first"]
    assert documents.names(since="2026-05-04T11:02:59.9+02:00") == ["first"]
    assert documents.names(since="2026-05-04T09:03:00Z") == []


def test_a_list_says_when_the_last_of_its_documents_changed(
    documents: Documents, clock: SettableClock
) -> None:
    query = parameters(documents.kind, None)
    assert "Last-Modified" not in documents.send("GET", query_string=query).headers
    documents.make({})
    clock.advance(minutes=5)
    documents.make({}, query_string=parameters(documents.kind, "later"))
    listed = documents.send("GET", query_string=query)
    assert listed.headers["Last-Modified"] == "Mon, 04 May 2026 09:05:00 GMT"
    assert listed.headers["ETag"] == f'"{hashlib.sha1(listed.data).hexdigest()}"'


def test_head_is_get_without_a_body(documents: Documents) -> None:
    documents.make({"x": 1})
    for query in (parameters(documents.kind), parameters(documents.kind, None)):
        get, head = documents.send("GET", query_string=query), documents.send("HEAD", query_string=query)
        assert (head.status_code, head.data) == (200, b"")
        for name in ("ETag", "Last-Modified", "Content-Type", "Content-Length"):
            assert head.headers[name] == get.headers[name]


def test_who_has_the_document_already_is_told_so(documents: Documents) -> None:
    documents.make({"x": 1})
    etag = documents.etag()
    answer = documents.send("GET", headers={"If-None-Match": etag})
    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", etag)
    assert documents.send("GET", headers={"If-None-Match": '"other"'}).status_code == 200
    assert "no-cache" in answer.headers["Cache-Control"], "or browsers guess how long it stays the same"


def test_a_document_that_is_too_large_is_refused(hub: Hub, documents: Documents) -> None:
    limit = hub.settings.xapi_max_megabytes * 1024 * 1024
    documents.make({"a": "x" * (limit // 2)})
    answer = documents.send("PUT", b"x" * (limit + 1), content_type="text/plain", headers=NEW)
    assert (answer.status_code, answer.json["code"]) == (413, "too_large")
    answer = documents.send("POST", {"b": "x" * (limit // 2)})
    assert (answer.status_code, answer.json["code"]) == (413, "too_large")
    assert "b" not in documents.send("GET").json
    assert audited(hub) == [("document", "too_large")] * 2


def test_a_stored_page_cannot_act_in_the_name_of_the_hub(documents: Documents) -> None:
    documents.make(b"<script>alert(1)</script>", "text/html")
    headers = documents.send("GET").headers
    assert "sandbox" in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]


WRONG = {
    "unknown": {"foo": "1"},
    "other case": {"Since": "2026-05-04T09:00:00Z"},
    "empty": {"": ""},
}


@pytest.mark.parametrize("case", WRONG)
def test_parameters_that_mean_nothing_are_refused(hub: Hub, documents: Documents, case: str) -> None:
    for method in ("GET", "HEAD", "PUT", "POST", "DELETE"):
        query = parameters(documents.kind) | WRONG[case]
        answer = documents.send(method, b"{}", query_string=query, headers=NEW)
        assert answer.status_code == 400, method
    assert count(hub) == 0


def test_every_parameter_stands_once_and_is_what_it_should_be(hub: Hub, documents: Documents) -> None:
    good = parameters(documents.kind)
    wrong: dict[str, Any] = {
        "activityId": "not an IRI",
        "agent": "not JSON",
        "stateId": "x" * 1001,
        "profileId": "x\x00",
    }
    for name, value in good.items():
        for bad in (wrong[name], [value, value]):
            answer = documents.send("PUT", {}, query_string=good | {name: bad}, headers=NEW)
            assert (answer.status_code, list(problems_of(answer))) == (400, [name])
        missing = {other: value for other, value in good.items() if other != name}
        answer = documents.send("PUT", {}, query_string=missing, headers=NEW)
        assert (answer.status_code, problems_of(answer)) == (400, {name: "is missing"})
    assert count(hub) == 0


AGENTS = {
    "nobody": {},
    "two identifiers": {"mbox": "mailto:a@example.com", "openid": "https://id.example/a"},
    "unknown property": {"mbox": "mailto:a@example.com", "age": 3},
    "anonymous group": {"objectType": "Group", "member": [{"mbox": "mailto:a@example.com"}]},
    "array": [],
    "half a surrogate pair": {"account": {"homePage": "https://lms.example", "name": "\ud800"}},
    "NUL": {"account": {"homePage": "https://lms.example", "name": "\x00"}},
}


@pytest.mark.parametrize("case", AGENTS)
@pytest.mark.parametrize("kind", ["state", "agent_profile"])
def test_agents_that_are_none_are_refused(hub: Hub, trusted_store: Store, kind: str, case: str) -> None:
    documents = Documents(trusted_store, kind, {"agent": json.dumps(AGENTS[case])})
    for method in ("GET", "PUT", "POST", "DELETE"):
        answer = documents.send(method, {}, headers=NEW)
        assert (answer.status_code, list(problems_of(answer))) == (400, ["agent"]), method
    assert count(hub) == 0


@pytest.mark.parametrize("kind", ["state", "agent_profile"])
def test_identified_groups_have_documents_in_2_0_only(
    trusted_store: Store, trusted_store_2: Store, kind: str
) -> None:
    account = {"homePage": "https://lms.example", "name": "team"}
    group = {"agent": json.dumps({"objectType": "Group", "account": account, "member": []})}
    answer = Documents(trusted_store, kind, group).send("GET")
    assert (answer.status_code, list(problems_of(answer))) == (400, ["agent"])
    Documents(trusted_store_2, kind, group).make({"x": 1})
    as_agent = Documents(trusted_store, kind, {"agent": json.dumps({"account": account})})
    assert as_agent.send("GET").json == {"x": 1}, "1.0.3 finds it by the same identifier in an Agent"


def test_an_agent_is_who_its_identifier_says(trusted_store: Store) -> None:
    sha1 = "EBD31E95054C018B10727CCFFD2EF2EC3A016EE9"
    Documents(trusted_store, "state", {"agent": json.dumps({"mbox_sha1sum": sha1, "name": "Ana"})}).make({})
    same = {"agent": json.dumps({"objectType": "Agent", "mbox_sha1sum": sha1.lower()})}
    assert Documents(trusted_store, "state", same).send("GET").status_code == 200
