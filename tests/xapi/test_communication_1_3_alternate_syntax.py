"""Requests that are all form (xAPI 1.0.3 Communication 1.3), which 2.0 has no more."""

import json
from collections import Counter
from typing import Any
from urllib.parse import urlencode

import pytest

from hub.runtime import Hub
from tests.xapi.document_rig import NEW, PATHS, Documents, parameters
from tests.xapi.rig import Answer, Store, new_uuid, problems_of, statement
from tests.xapi.test_statements import audited, rows

VERSION = "X-Experience-API-Version"
FORM = "application/x-www-form-urlencoded"


def send_form(
    store: Store,
    method: str | list[str],
    form: dict[str, Any] | list[tuple[str, str]] | bytes,
    path: str = "/xapi/statements",
    content_type: str | None = FORM,
    headers: dict[str, str | None] | None = None,
    **query: str,
) -> Answer:
    """A POST with the method in the address and all the rest in the form."""
    data = form if isinstance(form, bytes) else urlencode(form)
    options: dict[str, Any] = {"data": data, "query_string": {"method": method} | query}
    without: dict[str, str | None] = {"Authorization": None, VERSION: None}
    return store.send(
        "POST", path, content_type=content_type, headers=without if headers is None else headers, **options
    )


def caller(store: Store) -> dict[str, str]:
    """The headers of every request as fields."""
    return {"Authorization": store.authorization, VERSION: store.version}


def test_a_form_puts_a_statement_and_gets_it(store: Store) -> None:
    id = new_uuid()
    content = json.dumps(statement(result={"response": "ü & + %"}))
    put = {"statementId": id, "content": content, "Content-Type": "application/json"}
    answer = send_form(store, "PUT", caller(store) | put)
    assert answer.status_code == 204, answer.text
    assert answer.headers[VERSION] == "1.0.3"
    answer = send_form(store, "GET", caller(store) | {"statementId": id})
    assert (answer.status_code, answer.json["result"]) == (200, {"response": "ü & + %"})
    answer = send_form(store, "GET", caller(store) | {"limit": "1"})
    assert [each["id"] for each in answer.json["statements"]] == [id]
    answer = send_form(store, "POST", caller(store) | {"content": f"[{content}]"})
    assert (answer.status_code, len(answer.json)) == (200, 1)


def test_headers_may_come_as_headers_too(store: Store) -> None:
    answer = send_form(store, "GET", b"", headers={})
    assert (answer.status_code, answer.json["statements"]) == (200, [])


def test_browsers_that_cannot_name_the_type_of_a_form(store: Store) -> None:
    for content_type in (None, "text/plain", "text/plain; charset=utf-8", f"{FORM}; charset=utf-8"):
        assert send_form(store, "GET", caller(store), content_type=content_type).status_code == 200


def test_a_form_keeps_documents_on_conditions(trusted_store: Store) -> None:
    profile = Documents(trusted_store, "agent_profile")
    path = PATHS[profile.kind]
    named = parameters(profile.kind)
    form = caller(trusted_store) | named | {"content": "plain", "Content-Type": "text/plain"}
    assert send_form(trusted_store, "PUT", form, path).status_code == 400, "1.0.3 wants a condition"
    assert send_form(trusted_store, "PUT", form | NEW, path).status_code == 204
    assert send_form(trusted_store, "PUT", form | NEW, path).status_code == 412
    back = send_form(trusted_store, "GET", caller(trusted_store) | named, path)
    assert (back.data, back.mimetype, back.headers["ETag"]) == (b"plain", "text/plain", profile.etag())
    stale = caller(trusted_store) | named | {"If-Match": '"x"'}
    assert send_form(trusted_store, "DELETE", stale, path).status_code == 412
    current = stale | {"If-Match": profile.etag()}
    assert send_form(trusted_store, "DELETE", current, path).status_code == 204
    assert profile.send("GET").status_code == 404


def test_content_is_json_unless_the_form_says_otherwise(trusted_store: Store) -> None:
    states = Documents(trusted_store, "state")
    form = caller(trusted_store) | parameters("state") | {"content": '{"x": 1}'}
    assert send_form(trusted_store, "POST", form, PATHS["state"]).status_code == 204
    assert (states.send("GET").json, states.send("GET").mimetype) == ({"x": 1}, "application/json")


def test_fields_of_the_form_count_before_headers(hub: Hub, store: Store) -> None:
    form = {"content": json.dumps(statement()), VERSION: "0.8"}
    answer = send_form(store, "POST", form, headers={})
    assert (answer.status_code, answer.json["code"]) == (400, "bad_version")
    answer = send_form(store, "GET", {"Authorization": "Basic eDp4"}, headers={})
    assert answer.status_code == 401
    assert rows(hub) == []


def test_a_form_without_credentials_is_refused(store: Store) -> None:
    assert send_form(store, "GET", {VERSION: "1.0.3"}).status_code == 401


BAD_FORMS: dict[str, tuple[dict[str, str] | list[tuple[str, str]] | bytes, str]] = {
    "no content": ({}, "content"),
    "content twice": ([("content", "{}"), ("content", "{}")], "content"),
    "header twice": ([("content", "{}"), ("If-Match", "a"), ("If-Match", "b")], "If-Match"),
    "header of two lines": ({"content": "{}", "If-Match": "a\r\nb: c"}, "If-Match"),
    "JSON instead of a form": (json.dumps({"content": statement()}).encode(), "content"),
}


@pytest.mark.parametrize("case", BAD_FORMS)
def test_forms_that_cannot_be_used_are_refused(hub: Hub, store: Store, case: str) -> None:
    form, place = BAD_FORMS[case]
    for method in ("PUT", "POST"):
        answer = send_form(store, method, form, headers={})
        assert (answer.status_code, answer.json["code"]) == (400, "bad_form")
        assert place in problems_of(answer)
    assert rows(hub) == []
    assert len(audited(hub)) == 2


BROKEN_FORMS = {
    "not UTF-8": b"content=\xff",
    "not UTF-8 when decoded": b"content=%FF",
    "too many fields": b"&".join(b"a=1" for _ in range(101)),
}


@pytest.mark.parametrize("case", BROKEN_FORMS)
def test_forms_that_cannot_be_read_are_refused(hub: Hub, store: Store, case: str) -> None:
    answer = send_form(store, "POST", BROKEN_FORMS[case], headers={})
    assert (answer.status_code, answer.json["code"]) == (400, "bad_form")
    assert rows(hub) == []


def test_other_types_are_no_form(store: Store) -> None:
    answer = send_form(store, "PUT", b"{}", content_type="application/json", headers={})
    assert (answer.status_code, answer.json["code"]) == (400, "bad_content_type")


def test_content_is_for_requests_that_send_some(store: Store) -> None:
    for method in ("GET", "DELETE"):
        answer = send_form(store, method, {"content": "{}"}, headers={})
        assert (answer.status_code, problems_of(answer)) == (400, {"content": "is for PUT and POST"})


def test_parameters_stand_in_the_form_only(hub: Hub, store: Store) -> None:
    id = new_uuid()
    form = caller(store) | {"statementId": id, "content": json.dumps(statement())}
    answer = send_form(store, "PUT", form, statementId=id)
    assert (answer.status_code, list(problems_of(answer))) == (400, ["statementId"])
    assert rows(hub) == []


def test_parameters_of_the_form_are_checked_like_all_others(store: Store) -> None:
    for bad in (
        {"foo": "1"},
        {"Limit": "1"},
        {"content-type": "x"},
        {"If-Modified-Since": "x"},
        {"limit": "x"},
    ):
        assert send_form(store, "GET", caller(store) | bad).status_code == 400, bad
    answer = send_form(store, "GET", [*caller(store).items(), ("limit", "1"), ("limit", "1")])
    assert (answer.status_code, list(problems_of(answer))) == (400, ["limit"])


def test_the_method_is_one_of_four(store: Store) -> None:
    for method in ("", "get", "HEAD", "PATCH", "OPTIONS", ["GET", "GET"]):
        answer = send_form(store, method, b"", headers={})
        assert (answer.status_code, list(problems_of(answer))) == (400, ["method"]), method
    assert send_form(store, "DELETE", b"", headers={}).status_code == 405


def test_only_a_post_carries_another_method(hub: Hub, store: Store) -> None:
    for method in ("GET", "PUT"):
        answer = store.send(method, json=statement(), query_string={"method": "POST"})
        assert (answer.status_code, "method" in problems_of(answer)) == (400, True)
    assert rows(hub) == []


def test_2_0_has_no_alternate_syntax(hub: Hub, store_2: Store) -> None:
    form = caller(store_2) | {"content": json.dumps(statement())}
    in_header: dict[str, str | None] = {}
    for headers in (None, in_header):
        answer = send_form(store_2, "POST", form, headers=headers)
        assert (answer.status_code, answer.json["code"]) == (400, "no_alternate_syntax")
        assert answer.headers[VERSION] == "2.0.0"
    assert rows(hub) == []


def test_forms_that_cannot_be_used_do_not_fill_the_audit_trail(hub: Hub, store: Store) -> None:
    codes = [send_form(store, "PATCH", b"", headers={}).status_code for _ in range(30)]
    assert Counter(codes) == {400: 20, 429: 10}
    assert Counter(audited(hub)) == {
        ("statement", "bad_parameters"): 20,
        ("statement", "too_many_requests"): 1,
    }
    assert send_form(store, "GET", caller(store)).status_code == 200
