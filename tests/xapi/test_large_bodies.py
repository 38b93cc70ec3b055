"""Bodies that are small to send and large once they are read: refused before they take the room."""

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.xapi.http.refusals import TooLarge
from hub.xapi.http.versions import ApiVersion
from hub.xapi.statements.strict_json import has_more_parts
from hub.xapi.storing.incoming import MAX_PARTS, MAX_STATEMENTS, read_statements
from tests.xapi.rig import Store, full_statement, statement

BODY = 10_000_000
ROOM = 4 * BODY


def filled(part: bytes, size: int = BODY) -> bytes:
    """An array of one part again and again."""
    return b"[" + (part + b",") * (size // (len(part) + 1)) + part + b"]"


def extended(extension: bytes) -> bytes:
    """A statement with an extension."""
    return (
        json.dumps(statement(result={"extensions": {"x:e": "here"}})).encode().replace(b'"here"', extension)
    )


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (filled(b"0"), "too_many_parts"),
        (filled(b"{}"), "too_many_parts"),
        (extended(filled(b"[]")), "too_many_parts"),
        (filled(b"{}", MAX_PARTS), "too_many_statements"),
    ],
    ids=["numbers", "objects", "arrays-in-a-statement", "more-than-allowed"],
)
def test_what_would_not_fit_into_memory_is_refused_before_it_is_there(body: bytes, code: str) -> None:
    tracemalloc.start()
    with pytest.raises(TooLarge) as refused:
        read_statements(body, ApiVersion.V1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.code == code
    assert peak < ROOM


def test_the_answer_says_what_to_do(store: Store) -> None:
    answer = store.post(filled(b"0", 3 * MAX_PARTS))
    assert (answer.status_code, answer.json["code"]) == (413, "too_many_parts")
    assert "fewer statements" in answer.text


def test_a_statement_of_which_everything_is_wrong_names_the_first_mistakes() -> None:
    """Listing half a million properties that no statement has would take more than the statement."""
    many = ",".join(f'"x{n}":0' for n in range(MAX_PARTS // 2))
    tracemalloc.start()
    answer = read_problems(json.dumps(statement())[:-1].encode() + f",{many}}}".encode())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answer[0] == "statement.x0"
    assert peak < 170_000_000


def read_problems(body: bytes) -> list[str]:
    """Places of what is wrong."""
    from hub.errors import BadInput

    with pytest.raises(BadInput) as refused:
        read_statements(body, ApiVersion.V1)
    return [problem.place for problem in refused.value.problems]


def test_a_full_request_of_full_statements_is_read() -> None:
    one = {name: value for name, value in full_statement().items() if name not in ("id", "attachments")}
    body = json.dumps([one] * MAX_STATEMENTS, separators=(",", ":")).encode()
    assert not has_more_parts(body, MAX_PARTS)


def test_a_table_in_a_text_is_one_value() -> None:
    rows = '1,"[2]",{\\,\n' * (MAX_PARTS // 3)
    [incoming] = read_statements(json.dumps(statement(result={"response": rows})).encode(), ApiVersion.V1)
    assert incoming.decoded["result"]["response"] == rows


VALUES = st.recursive(
    st.one_of(st.integers(), st.text(st.sampled_from('a,[{"\\'))),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(st.sampled_from('b,"\\')), inner, max_size=4)
    ),
    max_leaves=20,
)


def marks(value: object) -> int:
    """Objects, arrays, and commas in them."""
    if not isinstance(value, dict | list):
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max(len(value) - 1, 0) + sum(map(marks, inner))


@given(VALUES)
def test_texts_do_not_count(value: object) -> None:
    body = json.dumps(value).encode()
    assert not has_more_parts(body, marks(value))
    assert marks(value) == 0 or has_more_parts(body, marks(value) - 1)
