"""Every rule of a statement, broken one at a time, and what the sender is told about it."""

import json
from typing import Any

import pytest

from hub.errors import BadInput
from hub.runtime import Hub
from hub.xapi.http.refusals import TooLarge
from hub.xapi.http.versions import ApiVersion
from hub.xapi.storing.incoming import read_statements
from tests.xapi import refused
from tests.xapi.refused_things import Case
from tests.xapi.rig import Store, changed, full_statement, problems_of, statement
from tests.xapi.test_statements import audited, rows

V1, V2 = ApiVersion.V1, ApiVersion.V2
CASES = [
    *((V1, *case) for case in refused.IN_BOTH + refused.ONLY_IN_1),
    *((V2, *case) for case in refused.IN_BOTH + refused.ONLY_IN_2),
]


def problems(body: Any, version: ApiVersion) -> dict[str, str]:
    """What is said about a body, by place."""
    with pytest.raises(BadInput) as refusal:
        read_statements(body if isinstance(body, bytes) else json.dumps(body).encode(), version)
    assert refusal.value.status == 400
    return {problem.place: problem.message for problem in refusal.value.problems}


@pytest.mark.parametrize(
    ("version", "changes", "place"),
    [pytest.param(v, changes, place, id=f"{v.value}: {what}") for v, what, changes, place in CASES],
)
def test_a_broken_rule_is_refused_and_its_place_is_named(
    version: ApiVersion, changes: dict[str, Any], place: str
) -> None:
    bad = changed(statement(), changes)
    named = f"statements[1].{place}" if place else "statements[1]"
    assert list(problems([statement(), bad], version)) == [named]


@pytest.mark.parametrize("base", [statement(), full_statement()], ids=["short", "full"])
def test_the_statement_that_is_changed_is_a_good_one(base: dict[str, Any]) -> None:
    for version in (V1, V2):
        assert len(read_statements(json.dumps(base).encode(), version)) == 1


def test_all_problems_are_told_at_once() -> None:
    bad = changed(
        full_statement(),
        {
            "actor.mbox": "x",
            "verb.id": "x",
            "verb.display": {"en": 5, "xx-": ""},
            "object.definition.choices": [{"id": "a"}, {}],
            "result.score": {"scaled": "1", "raw": 5, "min": 7, "max": 6},
            "result.duration": None,
            "context.team": {"mbox": "mailto:a@example.com"},
            "context.contextActivities.other": [5, {"id": "x"}],
            "attachments[0].length": "x",
            "foo": 1,
        },
    )
    assert list(problems([bad, 5, statement(id="x")], V2)) == [
        "statements[0].actor.mbox",
        "statements[0].verb.id",
        "statements[0].verb.display.en",
        'statements[0].verb.display["xx-"]',
        "statements[0].object.definition.choices[1].id",
        "statements[0].result.score.scaled",
        "statements[0].result.score.min",
        "statements[0].result.duration",
        "statements[0].context.contextActivities.other[0]",
        "statements[0].context.contextActivities.other[1].id",
        "statements[0].context.team",
        "statements[0].attachments[0].length",
        "statements[0].foo",
        "statements[1]",
        "statements[2].id",
    ]


def test_a_single_statement_has_no_number() -> None:
    assert problems(statement(verb={}), V1) == {"statement.verb.id": "is missing"}


def test_a_long_list_of_problems_is_cut() -> None:
    assert len(problems([{}] * 1000, V1)) == 100
    assert len(problems(statement() | {f"x{number}": 1 for number in range(1000)}, V1)) == 100
    keys = ",".join(f'"{number % 50_000}":1' for number in range(100_000))
    assert len(problems(f"{{{keys}}}".encode(), V1)) == 100


def test_a_batch_has_a_largest_size() -> None:
    with pytest.raises(TooLarge):
        read_statements(b"[" + b",".join([b"1"] * 10_001) + b"]", V1)


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"nothing", "not JSON"),
        (b"{'actor': 1}", "not JSON"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "Infinity"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON"),
        (b'{"a": "\xff"}', "not UTF-8"),
        (b'{"a": "\xed\xa0\x80"}', "not UTF-8"),
        (b'[{"a": "\\ud800"}]', "UTF-8 cannot hold"),
        ("{}".encode("utf-16"), "not UTF-8"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b'{"a": "\t"}', "not JSON"),
        (b"{} {}", "not JSON"),
        (b"5", "must be a statement"),
        (b'"x"', "must be a statement"),
        (b"null", "must be a statement"),
        (b"[" * 3000 + b"]" * 3000, "too deep"),
        (b'{"a":' * 200_000, "too deep"),
    ],
)
def test_what_is_no_json_is_refused_in_words(body: bytes, word: str) -> None:
    with pytest.raises(BadInput, match=word):
        read_statements(body, V1)


def test_a_key_twice_is_refused_wherever_it_stands() -> None:
    text = json.dumps([full_statement()])
    for place, good, bad in [
        ("statements[0].actor", '{"actor": ', '{"actor": 1, "actor": '),
        ("statements[0].actor.account.name", '"name": "ana"', '"name": "ana", "name": "ben"'),
        (
            'statements[0].result.extensions["https://example.com/null"]',
            ": null}",
            ': null, "https://example.com/null": 1}',
        ),
    ]:
        body = (
            text.replace('[{"actor": ', "[" + bad, 1) if good.startswith("{") else text.replace(good, bad, 1)
        )
        assert body != text
        assert problems(body.encode(), V1) == {place: "stands twice"}


def test_keys_of_the_sender_are_shown_short_and_printable() -> None:
    assert list(problems([{"\x00\n" + "x" * 500: 1} | statement()], V1)) == [f'statements[0]["{"x" * 58}"]']


def test_over_http_each_is_a_400_and_nothing_is_written(hub: Hub, store: Store, store_2: Store) -> None:
    cases: list[tuple[Store, Case]] = [
        *((store, case) for case in refused.IN_BOTH[::9] + refused.ONLY_IN_1),
        *((store_2, case) for case in refused.IN_BOTH[4::9] + refused.ONLY_IN_2),
    ]
    for sender, (what, changes, place) in cases:
        answer = sender.post([statement(), changed(statement(), changes)])
        assert answer.status_code == 400, what
        assert answer.json["code"] == "bad_statement", what
        assert f"statements[1].{place}".rstrip(".") in problems_of(answer), what
    assert rows(hub) == []
    assert audited(hub) == [("statement", "bad_statement")] * len(cases)
