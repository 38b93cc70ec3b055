"""Whatever is sent, the answer is an answer: never a 5xx, and never something half stored."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hub.errors import BadInput
from hub.runtime import Hub
from hub.xapi.http.versions import ApiVersion
from hub.xapi.statements.instants import format_instant
from hub.xapi.storing.incoming import Incoming, read_statements
from hub.xapi.storing.payload import build_payload
from tests.xapi.rig import Store, changed, full_statement, statement, sub_statement
from tests.xapi.test_statements import rows

FULL = full_statement() | {"object": sub_statement(context=full_statement()["context"])["object"]}
FULL["context"] = {
    name: value for name, value in FULL["context"].items() if name not in ("revision", "platform")
}

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(
        ["Agent", "Group", "Activity", "SubStatement", "StatementRef", "mailto:a@b.c", "http://x.y/z"]
    )
)
KEYS = (
    st.sampled_from([*full_statement(), "objectType", "id", "mbox", "member", "definition", "\x00", "x y"])
    | st.text()
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=30,
)


def places(value: Any, above: str = "") -> list[str]:
    """Every place in a JSON value whose keys are plain."""
    found = [above] if above else []
    if isinstance(value, dict):
        for key, item in value.items():
            if key.isidentifier():
                found += places(item, f"{above}.{key}" if above else key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += places(item, f"{above}[{index}]")
    return found


def read(body: bytes, version: ApiVersion) -> list[Incoming]:
    """What is taken; nothing if it is refused, which must name a place or be no JSON."""
    refusal = None
    try:
        return read_statements(body, version)
    except BadInput as error:
        refusal = error
    assert refusal.status == 400
    assert refusal.problems or refusal.code in ("bad_json", "too_deep", "not_a_statement")
    assert all(problem.message != "cannot be read" for problem in refusal.problems), refusal
    return []


@given(body=st.binary(max_size=200), version=st.sampled_from(ApiVersion))
@example(body=b"[" * 10_000, version=ApiVersion.V1)
@example(body=b'{"a":' * 10_000, version=ApiVersion.V1)
def test_any_bytes(body: bytes, version: ApiVersion) -> None:
    read(body, version)


@given(value=VALUES, version=st.sampled_from(ApiVersion))
def test_any_json(value: Any, version: ApiVersion) -> None:
    read(json.dumps(value).encode(), version)
    read(json.dumps([value, statement()]).encode(), version)


@given(place=st.sampled_from(places(FULL)), value=VALUES, version=st.sampled_from(ApiVersion))
def test_a_good_statement_with_anything_at_one_place(place: str, value: Any, version: ApiVersion) -> None:
    body = json.dumps(changed(FULL, {place: value})).encode()
    for taken in read(body, version):
        store_sets = {"stored": "2026-05-04T09:00:00.000000Z"}
        payload = build_payload(taken, store_sets)
        again = json.loads(payload)
        assert {name: again[name] for name in again if name not in ("stored", "context", "object")} == {
            name: told
            for name, told in json.loads(body).items()
            if name not in ("stored", "context", "object")
        }
        assert msgspec.json.decode(payload) == again
        assert read_statements(payload, version)[0].content_hash == taken.content_hash


@given(instant=st.datetimes(timezones=st.timezones()), version=st.sampled_from(ApiVersion))
def test_any_instant_comes_back_as_the_same_instant(instant: Any, version: ApiVersion) -> None:
    try:
        text = instant.isoformat()
        expected = format_instant(instant)
    except (OverflowError, ValueError):
        return
    for taken in read(json.dumps(statement(timestamp=text)).encode(), version):
        assert taken.timestamp is not None
        assert format_instant(taken.timestamp) == expected


@given(text=st.text(alphabet="0123456789-:.TZ+W/ ", max_size=30) | st.text(max_size=10))
def test_any_text_as_a_timestamp(text: str) -> None:
    read(json.dumps(statement(timestamp=text, stored=text)).encode(), ApiVersion.V1)


@given(text=st.text(alphabet="PT0123456789.,YMWDHS", max_size=400))
def test_any_text_as_a_duration(text: str) -> None:
    read(json.dumps(statement(result={"duration": text})).encode(), ApiVersion.V1)


@pytest.mark.parametrize("fill", ["1.", "1.1S", "a-", "aaaaaaaa-", "%", "x@", ";", "0:"])
def test_long_values_cost_no_time(fill: str) -> None:
    long = fill * 200_000
    for place in ("result.duration", "context.language", "timestamp", "verb.id", "actor.mbox"):
        for text in (long, "P" + long, "mailto:" + long, "http:" + long + " ", "en-" + long):
            read(json.dumps(changed(statement(), {place: text})).encode(), ApiVersion.V2)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_over_http_nothing_fails_and_all_that_is_taken_can_be_read(
    hub: Hub, store: Store, data: st.DataObject
) -> None:
    changes = {data.draw(st.sampled_from(places(FULL))): data.draw(VALUES)}
    told = changed(FULL, changes)
    told.pop("id", None)
    body = json.dumps(told, ensure_ascii=data.draw(st.booleans())).encode("utf-8", "surrogatepass")
    before = len(rows(hub))
    answer = store.post(body)
    assert answer.status_code in (200, 400)
    assert len(rows(hub)) == before + (answer.status_code == 200)
    if answer.status_code == 200:
        assert store.get(statementId=answer.json[0]).status_code == 200
        assert store.get(activity="x:y", related_activities="true", limit="1").status_code == 200


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(
        ["statementId", "agent", "verb", "activity", "registration", "since", "until", "limit", "cursor"]
    ),
    value=st.text(max_size=20) | VALUES.map(json.dumps),
)
def test_any_parameter(store: Store, name: str, value: str) -> None:
    assert store.get(**{name: value.encode("utf-8", "replace").decode()}).status_code in (200, 400, 404)
