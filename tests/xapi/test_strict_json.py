"""Reading JSON quickly gives what reading it carefully gives, and refuses what that refuses."""

import json
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from hub.errors import BadInput
from hub.xapi.http.versions import ApiVersion
from hub.xapi.statements.equality import statement_hash
from hub.xapi.statements.strict_json import parse_json, parse_slowly
from hub.xapi.storing import incoming
from hub.xapi.storing.incoming import read_statements
from tests.xapi.rig import VERBS, full_statement, new_uuid, statement

TRICKY = st.text(alphabet='ab:"\\ \n\u00e9\u2028{},[]\U0001f600/', max_size=8)
NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([1e16, 1e-5]),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TRICKY),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TRICKY, inner, max_size=4)),
    max_leaves=20,
)


def outcome(parse: Any, body: bytes) -> Any:
    """What a way of reading makes of a body."""
    try:
        return repr(parse(body))
    except BadInput as error:
        return error.code, [str(problem) for problem in error.problems]
    except RecursionError:
        return "too deep"


@hypothesis.settings(max_examples=400)
@hypothesis.given(value=VALUES, ascii=st.booleans(), indent=st.sampled_from([None, 1]), data=st.data())
def test_any_value_however_it_is_written(value: Any, ascii: bool, indent: int | None, data: Any) -> None:
    separators = data.draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,", " : ")]))
    text = json.dumps(value, ensure_ascii=ascii, indent=indent, separators=separators)
    if data.draw(st.booleans()):
        text = text.replace(":", "\\u003a", 1)
    body = text.encode("utf-8", "surrogatepass")
    assert outcome(parse_json, body) == outcome(parse_slowly, body)


@st.composite
def written_with_repeats(draw: Any, depth: int = 0) -> str:
    """JSON in which keys may stand twice, written in any of their forms."""
    if depth > 2 or draw(st.booleans()):
        return str(
            draw(st.sampled_from(["1", "null", '":"', '"\\":"', '"\\u003a"', '" : "', "[]", "{}", "1.0"]))
        )
    keys = draw(
        st.lists(st.sampled_from(['"a"', '"\\u0061"', '":"', '"\\u003a"', '"\\""', '"b"']), max_size=3)
    )
    inner = [draw(written_with_repeats(depth + 1)) for _ in keys]
    space = draw(st.sampled_from(["", " ", "\n"]))
    if draw(st.booleans()):
        return "[" + ",".join(inner) + "]"
    pairs = (f"{key}{space}:{value}" for key, value in zip(keys, inner, strict=True))
    return "{" + ",".join(pairs) + "}"


@hypothesis.settings(max_examples=400)
@hypothesis.given(text=written_with_repeats())
def test_a_key_that_stands_twice_is_found_however_it_is_written(text: str) -> None:
    assert outcome(parse_json, text.encode()) == outcome(parse_slowly, text.encode())


@hypothesis.settings(max_examples=300)
@hypothesis.given(
    body=st.binary(max_size=30) | st.text(alphabet='{}[]":,\\u0a1e-+. ', max_size=30).map(str.encode)
)
def test_any_bytes(body: bytes) -> None:
    assert outcome(parse_json, body) == outcome(parse_slowly, body)


@pytest.mark.parametrize(
    "text",
    [
        "-0",
        "-0.0",
        "1e400",
        "9" * 5000,
        "1E2",
        "01",
        ".5",
        "NaN",
        "Infinity",
        '"\\ud800"',
        '"\x01"',
        "\ufeff1",
        "",
    ],
    ids=range(13),
)
def test_what_parsers_differ_in(text: str) -> None:
    body = text.encode("utf-8", "surrogatepass")
    assert outcome(parse_json, body) == outcome(parse_slowly, body)


@hypothesis.given(value=VALUES)
def test_the_hash_of_a_statement_is_the_same_either_way_and_as_it_was_first_written(value: Any) -> None:
    body = json.dumps(statement(result={"extensions": {"x:y": value}})).encode()
    assert statement_hash(parse_json(body)) == statement_hash(parse_slowly(body))


def test_hashes_that_were_stored_stay_what_they_are() -> None:
    told = full_statement() | {"id": None, "context": {}}
    told["result"]["extensions"] = {"x:y": [1e-7, 1e22, 0.1, 2**70, '\u2028\x7f\x01"é']}
    body = json.dumps(told).encode()
    assert (
        statement_hash(parse_json(body)) == "bab12c76188263617b17919033ed8979ce2eb155a3b942b03edfb93402282aad"
    )


BATCHES: dict[str, list[Any]] = {
    "right": [statement(id=new_uuid()), full_statement()],
    "one wrong": [statement(), statement(verb={"id": "x"}), statement(object=1)],
    "an id twice": [statement(id="6690e6c9-3ef0-4ed3-8b37-7f3964730bee")] * 2,
    "none": [],
    "no statement": [1, statement()],
}


@pytest.mark.parametrize("batch", BATCHES)
def test_what_is_read_quickly_is_what_is_read_with_care(batch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    body = json.dumps(BATCHES[batch]).encode()

    def read() -> Any:
        try:
            return read_statements(body, ApiVersion.V1)
        except BadInput as error:
            return error.code, [str(problem) for problem in error.problems]

    quickly = read()
    monkeypatch.setattr(incoming, "_read_plain", lambda *_: None)
    assert read() == quickly


def test_each_key_that_stands_twice_is_named() -> None:
    body = json.dumps([statement(), statement()]).replace('"verb":', f'"verb": {{"id": "{VERBS}x"}}, "verb":')
    with pytest.raises(BadInput) as refused:
        read_statements(body.encode(), ApiVersion.V1)
    assert [problem.place for problem in refused.value.problems] == [
        "statements[0].verb",
        "statements[1].verb",
    ]
