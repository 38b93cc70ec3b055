"""The HTTP around statements: versions, headers, media types, sizes, methods, and errors that always have one form."""

import re

import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.runtime import Hub
from hub.xapi.storing import store_together
from tests.xapi.rig import Store, new_uuid, statement
from tests.xapi.test_statements import audited, rows

VERSION = "X-Experience-API-Version"
THROUGH = "X-Experience-API-Consistent-Through"


def test_the_version_of_the_request_is_spoken(store: Store) -> None:
    for spoken, versions in {
        "1.0.3": ("1.0", "1.0.0", "1.0.3", "1.0.9"),
        "2.0.0": ("2.0", "2.0.0", "2.0.1"),
    }.items():
        for store.version in versions:
            for answer in (store.post(statement()), store.get(), store.get(foo="bar")):
                assert answer.headers[VERSION] == spoken


UNKNOWN_VERSIONS = (
    None,
    "",
    "0.9",
    "0.95",
    "1",
    "1.1.0",
    "2",
    "2.1.0",
    "3.0.0",
    "1.0.x",
    "1.0.3 ,2.0.0",
    "1.0.Ã",
)


def test_a_request_without_a_known_version_is_refused(hub: Hub, store: Store) -> None:
    for version in UNKNOWN_VERSIONS:
        for method in ("GET", "POST", "PUT"):
            parameters = {"statementId": new_uuid()}
            answer = store.send(method, json=statement(), query_string=parameters, headers={VERSION: version})
            assert (answer.status_code, answer.json["code"]) == (400, "bad_version"), version
            assert answer.headers[VERSION] == "2.0.0"
    assert rows(hub) == []


def test_about_is_for_everybody(store: Store) -> None:
    for method in ("GET", "HEAD"):
        answer = store.send(method, "/xapi/about", headers={"Authorization": None, VERSION: None})
        assert answer.status_code == 200
        assert VERSION in answer.headers
        assert THROUGH in answer.headers
    assert {"1.0.3", "2.0.0"} <= set(store.send("GET", "/xapi/about").json["version"])


def test_every_answer_says_until_when_all_can_be_read(store: Store, clock: SettableClock) -> None:
    id = new_uuid()
    answers = [
        store.put(id, statement()),
        store.put(id, statement(result={"success": True})),
        store.post(b"{"),
        store.get(),
        store.get(statementId=id),
        store.get(statementId=new_uuid()),
        store.get(foo="bar"),
        store.send("GET", headers={"Authorization": None}),
        store.send("DELETE"),
        store.send("GET", "/xapi/nothing"),
    ]
    assert [answer.status_code for answer in answers] == [204, 409, 400, 200, 200, 404, 400, 401, 405, 404]
    for answer in answers:
        assert re.fullmatch(r"2026-05-04T08:59:59\.000000Z", answer.headers[THROUGH])


def test_errors_are_json_with_code_message_and_problems(store: Store) -> None:
    for answer in (
        store.post(b"{"),
        store.get(foo="bar"),
        store.send("GET", "/xapi/nothing"),
        store.send("PATCH"),
    ):
        assert answer.mimetype == "application/json"
        assert set(answer.json) == {"code", "message", "help", "problems"}
        assert all(set(problem) == {"place", "message"} for problem in answer.json["problems"])


def test_head_is_get_without_a_body(store: Store) -> None:
    [id] = store.post(statement()).json
    for parameters in ({"statementId": id}, {}, {"statementId": new_uuid()}, {"foo": "bar"}):
        get, head = store.get(**parameters), store.send("HEAD", query_string=parameters)
        assert head.status_code == get.status_code
        assert head.data == b""
        for name in (VERSION, THROUGH, "Content-Type", "Content-Length"):
            assert head.headers[name] == get.headers[name]


def test_a_single_statement_says_when_it_was_stored(store: Store) -> None:
    [id] = store.post(statement()).json
    assert store.get(statementId=id).headers["Last-Modified"] == "Mon, 04 May 2026 09:00:00 GMT"


def test_unknown_resources(store: Store) -> None:
    for path in (
        "",
        "/",
        "/statement",
        "/statements/",
        "/statements/x",
        "/activities/state/x",
        "/%00",
    ):
        for method in ("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"):
            answer = store.send(method, "/xapi" + path)
            assert answer.status_code == 404, (method, path)
            assert answer.headers[VERSION] == "1.0.3"


def test_methods_a_resource_does_not_have(store: Store) -> None:
    assert store.send("DELETE").status_code == 405
    assert store.send("POST", "/xapi/about").status_code == 405
    assert store.send("DELETE").json["message"] == "This resource answers GET, HEAD, POST, PUT."


def test_json_is_taken(store: Store) -> None:
    for content_type in ("application/json", "application/json; charset=UTF-8", "Application/JSON"):
        assert store.post(statement(), content_type=content_type).status_code == 200


OTHER_MEDIA_TYPES = {
    None: 400,
    "": 400,
    "text/plain": 400,
    "application/x-www-form-urlencoded": 400,
    "application/json; charset=latin-1": 400,
    "multipart/form-data; boundary=x": 400,
}


def test_other_media_types_are_refused(hub: Hub, store: Store) -> None:
    for content_type, status in OTHER_MEDIA_TYPES.items():
        answer = store.post(statement(), content_type=content_type)
        assert answer.status_code == status, content_type
        told = answer.json["message"] + answer.json["help"]
        assert "application/json" in told or "UTF-8" in told
        assert store.put(new_uuid(), statement(), content_type=content_type).status_code == status
    assert rows(hub) == []
    assert len(audited(hub)) == 2 * len(OTHER_MEDIA_TYPES)


def test_a_body_that_is_too_large_is_refused(hub: Hub, store: Store) -> None:
    limit = hub.settings.xapi_max_megabytes * 1024 * 1024
    answer = store.post(b"[" + b" " * limit + b"]")
    assert (answer.status_code, answer.json["code"]) == (413, "too_large")
    assert str(limit) in answer.json["message"]
    assert answer.headers[THROUGH]
    assert audited(hub) == [("statement", "too_large")]
    assert store.post(statement()).status_code == 200


def test_post_takes_no_parameters_and_put_exactly_an_id(hub: Hub, store: Store) -> None:
    id = new_uuid()
    for post in ({"statementId": id}, {"method": "GET"}, {"foo": ""}):
        assert store.post(statement(), query_string=post).status_code == 400, post
    for put in (
        {},
        {"statementID": id},
        {"statementId": "x"},
        {"statementId": [id, id]},
        {"statementId": id, "x": 1},
    ):
        assert store.send("PUT", json=statement(), query_string=put).status_code == 400, put
    assert rows(hub) == []


def test_a_failure_of_the_hub_has_the_same_form_and_tells_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise sa.exc.OperationalError("SELECT secret", {}, Exception("disk"))

    monkeypatch.setattr(store_together, "store_statements", fail)
    answer = store.post(statement())
    assert (answer.status_code, answer.json["code"]) == (500, "internal_error")
    assert "SELECT" not in answer.text
    assert answer.headers[THROUGH]
