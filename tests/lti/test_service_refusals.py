"""What the services refuse: rows P8 to P13 and P15."""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from hub.ids import new_id
from hub.lti import tables
from hub.lti.tools import set_tool_disabled
from hub.lti.vocabulary import (
    LINE_ITEM_READ_SCOPE,
    LINE_ITEM_SCOPE,
    LINE_ITEM_TYPE,
    RESULT_READ_SCOPE,
    SCORE_SCOPE,
    SCORE_TYPE,
)
from hub.network.systems.connections import set_connection_disabled
from tests.lti.rig import Rig, later

ITEM = {"label": "Quiz", "scoreMaximum": 10}
CALLS: dict[str, tuple[str, str, object, str | None, str]] = {
    "list": ("GET", "", None, None, "line_item"),
    "create": ("POST", "", ITEM, LINE_ITEM_TYPE, "line_item"),
    "read": ("GET", "/ID", None, None, "line_item"),
    "update": ("PUT", "/ID", ITEM, LINE_ITEM_TYPE, "line_item"),
    "delete": ("DELETE", "/ID", None, None, "line_item"),
    "score": ("POST", "/ID/scores", {}, SCORE_TYPE, "score"),
    "results": ("GET", "/ID/results", None, None, "result"),
}
"""Every call of AGS: method, path below the container, body, media type, and the action it is audited as."""


def call(rig: Rig, name: str, token: str | None, path: str, reason: str, status: int) -> None:
    """Call a service on the line item ``path`` and see it refused with one audit row and nothing written."""
    method, below, body, media_type, action = CALLS[name]
    items, _, item = path.rpartition("/")
    record = rig.record()
    answer = rig.call(method, items + below.replace("ID", item), token, body, media_type)
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert answer.json["code"] == reason
    if status == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    record.assert_refused(action, reason)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (None, "no_token"),
        ("", "malformed_token"),
        ("short", "malformed_token"),
        ("x" * 44, "malformed_token"),
        ("ä" * 43, "malformed_token"),
        ("' OR 1=1 --", "malformed_token"),
        ("x" * 43, "unknown_token"),
    ],
)
def test_p8_no_malformed_or_made_up_token(shared: Rig, name: str, token: str | None, reason: str) -> None:
    call(shared, name, token, shared.line_item_path(), reason, 401)


@pytest.mark.parametrize("place", ["query", "form", "basic"])
def test_p8_a_token_in_another_place_is_no_token(shared: Rig, place: str) -> None:
    path, token = shared.line_items_path(), shared.token()
    record = shared.record()
    if place == "basic":
        answer = shared.client.get(path, base_url=shared.base, auth=("x", token))
        assert answer.status_code == 401
        record.assert_refused("line_item", "malformed_token")
        return
    given: dict[str, Any] = {"query_string": {"access_token": token}} if place == "query" else {}
    given |= {"data": {"access_token": token}} if place == "form" else {}
    assert shared.client.get(path, base_url=shared.base, **given).status_code == 401
    record.assert_refused("line_item", "no_token")


def test_p8_expired_token(rig: Rig) -> None:
    token, path = rig.token(), rig.line_item_path()
    rig.hub.clock.advance(hours=1)  # type: ignore[attr-defined]
    for name in CALLS:
        call(rig, name, token, path, "token_expired", 401)


def test_p8_revoked_token(shared: Rig) -> None:
    token, path = shared.token(), shared.line_item_path()
    with shared.hub.unit_of_work() as uow:
        uow.connection.execute(sa.update(tables.lti_token).values(revoked=True))
    for name in CALLS:
        call(shared, name, token, path, "token_revoked", 401)


@pytest.mark.parametrize("name", CALLS)
def test_p8_token_of_another_tool(shared: Rig, name: str) -> None:
    call(shared, name, shared.token(tool=shared.south), shared.line_item_path(), "no_context", 404)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("context", ["made up", "not an id", "NUL", "of another deployment"])
def test_p8_another_context(shared: Rig, name: str, context: str) -> None:
    contexts = {"made up": new_id(), "not an id": "1", "NUL": "%00"}
    other = contexts.get(context) or shared.context("tires")
    item = shared.line_item_path().rpartition("/")[2]
    call(shared, name, shared.token(), f"/lti/contexts/{other}/lineitems/{item}", "no_context", 404)


SCOPES = {
    "list": {LINE_ITEM_SCOPE, LINE_ITEM_READ_SCOPE},
    "create": {LINE_ITEM_SCOPE},
    "read": {LINE_ITEM_SCOPE, LINE_ITEM_READ_SCOPE},
    "update": {LINE_ITEM_SCOPE},
    "delete": {LINE_ITEM_SCOPE},
    "score": {SCORE_SCOPE},
    "results": {RESULT_READ_SCOPE},
}


@pytest.mark.parametrize(
    ("name", "scope"),
    [
        (name, scope)
        for name, allowed in SCOPES.items()
        for scope in (LINE_ITEM_SCOPE, LINE_ITEM_READ_SCOPE, SCORE_SCOPE, RESULT_READ_SCOPE)
        if scope not in allowed
    ],
    ids=lambda value: value.rpartition("/")[2],
)
def test_p9_a_scope_that_does_not_allow_it(shared: Rig, name: str, scope: str) -> None:
    call(shared, name, shared.token(scope), shared.line_item_path(), "insufficient_scope", 403)


NOW = "2026-05-04T09:00:00.000Z"
BAD_SCORES: list[tuple[dict[str, Any], str]] = [
    ({"scoreGiven": -1}, "bad_score"),
    ({"scoreGiven": -0.001}, "bad_score"),
    ({"scoreGiven": 80, "scoreMaximum": None}, "bad_score"),
    ({"scoreMaximum": 0}, "bad_score"),
    ({"scoreMaximum": -100}, "bad_score"),
    ({"scoreGiven": 0, "scoreMaximum": 0}, "bad_score"),
    ({"scoreGiven": 1e-300, "scoreMaximum": 1e-300}, "bad_score"),
    ({"scoreGiven": 1e300}, "bad_score"),
    ({"scoreGiven": "80"}, "bad_score"),
    ({"scoreGiven": True}, "bad_score"),
    ({"scoreGiven": [80]}, "bad_score"),
    ({"scoreMaximum": "100"}, "bad_score"),
    ({"activityProgress": "Done"}, "bad_score"),
    ({"activityProgress": "completed"}, "bad_score"),
    ({"activityProgress": None}, "bad_score"),
    ({"gradingProgress": "Graded"}, "bad_score"),
    ({"gradingProgress": 5}, "bad_score"),
    ({"gradingProgress": None}, "bad_score"),
    ({"userId": ""}, "bad_score"),
    ({"userId": 5}, "bad_score"),
    ({"userId": "\0"}, "bad_score"),
    ({"userId": "x" * 301}, "bad_score"),
    ({"scoringUserId": ""}, "bad_score"),
    ({"comment": 5}, "bad_score"),
    ({"comment": "\0"}, "bad_score"),
    ({"https://lms.example/extension": {"a": ["\0"]}}, "bad_score"),
    ({"https://lms.example/extension": {"\0": 1}}, "bad_score"),
    ({"timestamp": None}, "bad_score"),
    ({"timestamp": 1777885200}, "bad_score"),
    ({"timestamp": ""}, "bad_timestamp"),
    ({"timestamp": "yesterday"}, "bad_timestamp"),
    ({"timestamp": "2026-05-04"}, "bad_timestamp"),
    ({"timestamp": "2026-05-04T09:00:00.000"}, "bad_timestamp"),
    ({"timestamp": "2026-05-04 09:00:00.000Z"}, "bad_timestamp"),
    ({"timestamp": "2026-02-30T09:00:00.000Z"}, "bad_timestamp"),
    ({"timestamp": "2026-05-04T25:00:00.000Z"}, "bad_timestamp"),
    ({"timestamp": "2026-05-04T09:00:00.000+25:00"}, "bad_timestamp"),
    ({"timestamp": "0001-01-01T00:00:00.000+14:00"}, "bad_timestamp"),
    ({"timestamp": "9999-12-31T23:59:59.999-14:00"}, "bad_timestamp"),
    ({"timestamp": "20260504T090000Z"}, "bad_timestamp"),
    ({"timestamp": "2026-W19-1T09:00:00Z"}, "bad_timestamp"),
    ({"timestamp": "\u0662026-05-04T09:00:00Z"}, "bad_timestamp"),
    ({"timestamp": "2026-05-05T09:00:00.001Z"}, "bad_timestamp"),
]
BAD_BODIES: dict[str, bytes] = {
    "NaN": b'{"userId":"u","timestamp":"%b","activityProgress":"Completed","gradingProgress":"FullyGraded",'
    b'"scoreGiven":NaN,"scoreMaximum":100}' % NOW.encode(),
    "Infinity": b'{"userId":"u","timestamp":"%b","activityProgress":"Completed","gradingProgress":"FullyGraded",'
    b'"scoreGiven":1e999,"scoreMaximum":100}' % NOW.encode(),
    "infinite extension": b'{"userId":"u","timestamp":"%b","activityProgress":"Completed",'
    b'"gradingProgress":"FullyGraded","https://x":1e999}' % NOW.encode(),
    "endless number": b'{"userId":"u","timestamp":"%b","activityProgress":"Completed",'
    b'"gradingProgress":"FullyGraded","https://x":%b}' % (NOW.encode(), b"9" * 5_000),
    "half a character": b'{"userId":"u","timestamp":"%b","activityProgress":"Completed",'
    b'"gradingProgress":"FullyGraded","https://x":"\\ud800!"}' % NOW.encode(),
    "nothing": b"",
    "a list": b"[]",
    "text": b"score=80",
    "not UTF-8": b'{"userId":"\xff"}',
    "deep": b'{"x":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
}  # fmt: skip


@pytest.mark.parametrize(("changes", "reason"), BAD_SCORES, ids=str)
def test_p10_bad_score(launched: tuple[Rig, str, str], changes: dict[str, Any], reason: str) -> None:
    rig, path, subject = launched
    _refused_score(rig, path, rig.score(subject, **changes), 400, reason)


@pytest.mark.parametrize("name", BAD_BODIES)
def test_p10_bad_body(launched: tuple[Rig, str, str], name: str) -> None:
    rig, path, subject = launched
    _refused_score(
        rig, path, BAD_BODIES[name].replace(b'"u"', json.dumps(subject).encode()), 400, "bad_score"
    )


def test_p10_a_body_that_is_too_large(launched: tuple[Rig, str, str]) -> None:
    rig, path, subject = launched
    _refused_score(rig, path, rig.score(subject, comment="x" * 70_000), 413, "too_large")


def test_p10_user_id_nobody_has(launched: tuple[Rig, str, str]) -> None:
    rig, path, _ = launched
    for stranger in (new_id(), "1", "ann@riverside.example", rig.world.ids["ann"]):
        _refused_score(rig, path, rig.score(stranger), 404, "user_not_in_context")


def test_p10_user_id_of_somebody_who_never_launched_this_course(launched: tuple[Rig, str, str]) -> None:
    rig, _, subject = launched
    bob = rig.subject("bob", "batteries")
    _refused_score(rig, rig.line_item_path("brakes"), rig.score(bob), 404, "user_not_in_context")
    _refused_score(rig, rig.line_item_path("batteries"), rig.score(subject), 404, "user_not_in_context")


def test_p10_user_id_of_somebody_who_began_a_launch_but_never_arrived(launched: tuple[Rig, str, str]) -> None:
    rig, _, subject = launched
    rig.start("ann", "batteries")
    _refused_score(rig, rig.line_item_path("batteries"), rig.score(subject), 404, "user_not_in_context")


def test_p10_user_id_that_another_tool_knows(launched: tuple[Rig, str, str]) -> None:
    rig, path, _ = launched
    at_south = rig.subject("ann", "tires")
    _refused_score(rig, path, rig.score(at_south), 404, "user_not_in_context")


@pytest.mark.parametrize("name", ["create", "update", "score"])
@pytest.mark.parametrize(
    "media_type",
    ["application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None],
)
def test_p12_wrong_content_type(shared: Rig, name: str, media_type: str | None) -> None:
    method, below, _, _, action = CALLS[name]
    items, _, item = shared.line_item_path().rpartition("/")
    token = shared.token()
    record = shared.record()
    answer = shared.call(method, items + below.replace("ID", item), token, ITEM, media_type)
    assert answer.status_code == 415
    record.assert_refused(action, "media_type")


@pytest.mark.parametrize("name", [name for name in CALLS if "ID" in CALLS[name][1]])
@pytest.mark.parametrize("item", ["of another course", "of another tool", "made up", "not an id", "NUL"])
def test_p12_line_item_of_another_tool_or_course(shared: Rig, name: str, item: str) -> None:
    items = {"made up": new_id(), "not an id": "1", "NUL": "%00"}
    if item.startswith("of"):
        items[item] = shared.line_item_path("batteries" if "course" in item else "tires").rpartition("/")[2]
    path = f"{shared.line_items_path()}/{items[item]}"
    call(shared, name, shared.token(), path, "no_line_item", 404)


BAD_ITEMS: list[Any] = [
    {"label": "Quiz"},
    {"scoreMaximum": 10},
    {"label": " ", "scoreMaximum": 10},
    {"label": 5, "scoreMaximum": 10},
    {"label": "Quiz", "scoreMaximum": 0},
    {"label": "Quiz", "scoreMaximum": -1},
    {"label": "Quiz", "scoreMaximum": "10"},
    {"label": "Quiz", "scoreMaximum": 1e300},
    {"label": "Quiz\0", "scoreMaximum": 10},
    {"label": "Quiz", "scoreMaximum": 10, "tag": "\0"},
    {"label": "x" * 1_001, "scoreMaximum": 10},
    {"label": "Quiz", "scoreMaximum": 10, "tag": ["a"]},
    ITEM | {"startDateTime": "yesterday"},
    ITEM | {"endDateTime": "2026-05-04T09:00:00"},
    ITEM | {"endDateTime": "0001-01-01T00:00:00+23:59"},
    ITEM | {"startDateTime": "2026-05-05T00:00:00Z", "endDateTime": "2026-05-04T00:00:00Z"},
    ITEM | {"submissionReview": "yes"},
    ITEM | {"submissionReview": {"url": "javascript:alert(1)"}},
    ITEM | {"submissionReview": {"url": "https://user@lms.example/"}},
    ITEM | {"submissionReview": {"custom": {"a": 1}}},
    ITEM | {"submissionReview": {"custom": {"a": "\0"}}},
    ITEM | {"submissionReview": {"reviewableStatus": ["Completed"] * 101}},
    [],
    b"",
    b'{"label":"Quiz","scoreMaximum":NaN}',
    b'{"x":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
]


@pytest.mark.parametrize("body", BAD_ITEMS, ids=lambda body: str(body)[:50])
def test_p12_a_line_item_that_is_none(shared: Rig, body: object) -> None:
    token = shared.token()
    for method, path in (("POST", shared.line_items_path()), ("PUT", shared.line_item_path())):
        record = shared.record()
        assert shared.call(method, path, token, body, LINE_ITEM_TYPE).status_code == 400
        record.assert_refused("line_item", "bad_line_item")


def test_p12_a_line_item_for_a_link_of_another_context(shared: Rig) -> None:
    token, path = shared.token(), shared.line_items_path()
    for link in (shared.context("batteries"), shared.context("tires"), "made-up"):
        record = shared.record()
        body = ITEM | {"resourceLinkId": link}
        assert shared.call("POST", path, token, body, LINE_ITEM_TYPE).status_code == 404
        record.assert_refused("line_item", "no_resource_link")


def test_p12_the_default_line_item_stays(shared: Rig) -> None:
    token, path = shared.token(), shared.line_item_path()
    record = shared.record()
    answer = shared.call("DELETE", path, token)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, PUT"
    record.assert_refused("line_item", "default_line_item")


@pytest.mark.parametrize("name", ["list", "results"])
@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-1", "limit=1e9", "limit=ten", "limit=1.5", "limit=%D9%A1"]
)
def test_p13_bad_limit(shared: Rig, name: str, query: str) -> None:
    _refused_page(shared, name, query, "bad_limit")


@pytest.mark.parametrize("name", ["list", "results"])
@pytest.mark.parametrize("query", ["page=1", "page=zz", "page=00ff", "page=%00", "page=" + "ab" * 200])
def test_p13_tampered_next(shared: Rig, name: str, query: str) -> None:
    _refused_page(shared, name, query, "bad_page")


@pytest.mark.parametrize("query", ["tag=%00", "resource_id=" + "x" * 1_001], ids=len)
def test_p13_bad_filter(shared: Rig, query: str) -> None:
    _refused_page(shared, "list", query, "bad_filter")


@pytest.mark.parametrize("switch", ["tool", "connection"])
def test_p15_a_deactivated_tool_is_refused_everywhere_at_once(rig: Rig, switch: str) -> None:
    from hub.errors import NotAllowed
    from hub.lti.launch import start_launch

    subject, path, token = rig.launch()["sub"], rig.line_item_path(), rig.token()
    request = rig.request_for(rig.start())
    with rig.hub.unit_of_work() as uow:
        turn_off = set_tool_disabled if switch == "tool" else set_connection_disabled
        turn_off(uow, rig.north.connection_id, disabled=True)
    record = rig.record()
    with pytest.raises(NotAllowed):
        start_launch(rig.hub, rig.world.ids["ann"], rig.world.ids["brakes"], "session-1")
    record.assert_refused("launch", "tool_disabled")
    record = rig.record()
    answer = rig.authorize(request)
    assert (answer.status_code, answer.json and answer.json["code"]) == (403, "tool_disabled")
    record.assert_refused("launch", "tool_disabled")
    record = rig.record()
    assert rig.ask_token().status_code == 400
    record.assert_refused("lti_token", "tool_disabled")
    record = rig.record()
    assert rig.post_score(path, token, rig.score(subject)).status_code == 401
    record.assert_refused("score", "tool_disabled")


def test_an_older_score_with_a_bad_time_zone_is_not_taken_for_a_good_one(
    launched: tuple[Rig, str, str],
) -> None:
    rig, path, subject = launched
    _refused_score(rig, path, rig.score(subject, timestamp=later(rig, hours=1)[:-6]), 400, "bad_timestamp")


@pytest.fixture
def launched(shared: Rig) -> tuple[Rig, str, str]:
    """A rig in which ann has launched brakes; its line item; her subject there."""
    return shared, shared.line_item_path(), shared.subject("ann", "brakes")


def _refused_score(rig: Rig, path: str, score: object, status: int, reason: str) -> None:
    token = rig.token(SCORE_SCOPE)
    record = rig.record()
    answer = rig.post_score(path, token, score)
    assert (answer.status_code, answer.json and answer.json["code"]) == (status, reason), answer.text
    record.assert_refused("score", reason)


def _refused_page(rig: Rig, name: str, query: str, reason: str) -> None:
    token, path = rig.token(), rig.line_items_path() if name == "list" else f"{rig.line_item_path()}/results"
    record = rig.record()
    answer = rig.call("GET", f"{path}?{query}", token)
    assert answer.status_code == 400, answer.text
    record.assert_refused("line_item" if name == "list" else "result", reason)
