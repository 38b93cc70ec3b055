"""Pages of a list that can be continued at any time, and parameters that mean nothing."""

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from hub.xapi.finding import find_statements
from tests.xapi.rig import ACTIVITY, GROUP, Store, new_uuid, problems_of, statement
from tests.xapi.test_lists import PASSED, sent


def test_pages_go_on_where_they_ended_whatever_came_in_between(store: Store) -> None:
    ids = sent(store, *(statement(verb=PASSED) for _ in range(5)))
    down, up = (
        store.page(limit="2", verb=PASSED["id"]),
        store.page(limit="2", verb=PASSED["id"], ascending="true"),
    )
    late = sent(store, statement(verb=PASSED))
    seen_down, seen_up = [*down["statements"]], [*up["statements"]]
    while down["more"]:
        down = store.follow(down)
        seen_down += down["statements"]
    while up["more"]:
        up = store.follow(up)
        seen_up += up["statements"]
    assert [each["id"] for each in seen_down] == ids[::-1]
    assert [each["id"] for each in seen_up] == ids + late


def test_more_is_relative_repeats_the_question_and_tells_no_numbers(store: Store) -> None:
    ids = sent(store, *(statement() for _ in range(3)))
    more = urlsplit(store.page(limit="2", activity=ACTIVITY["id"])["more"])
    assert (more.scheme, more.netloc, more.path) == ("", "", "/xapi/statements")
    assert dict(parse_qsl(more.query)) == {"limit": "2", "activity": ACTIVITY["id"], "cursor": ids[1]}


def test_another_systems_statement_is_no_cursor(store: Store, other_store: Store) -> None:
    [id] = sent(other_store, statement())
    assert list(problems_of(store.get(cursor=id))) == ["cursor"]


def test_filters_that_little_passes_together_give_short_pages_and_go_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find_statements, "MAX_SCANNED", 4)
    target, *_ = sent(store, statement(verb=PASSED), *(statement() for _ in range(6)))
    page = store.page(verb=PASSED["id"], activity=ACTIVITY["id"])
    assert page["statements"] == []
    assert [each["id"] for each in store.follow(page)["statements"]] == [target]


def test_a_page_has_at_most_so_many_statements_and_bytes(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(store, *(statement() for _ in range(120)))
    for limit in ({}, {"limit": "0"}, {"limit": "1000"}):
        assert len(store.ids(**limit)) == 100
    monkeypatch.setattr(find_statements, "MAX_PAGE_BYTES", 5000)
    page = store.page()
    assert 5 < len(page["statements"]) < 20
    assert len(store.follow(page)["statements"]) > 5


BAD_PARAMETERS: list[tuple[dict[str, Any], str]] = [
    ({"foo": "bar"}, "foo"),
    ({"StatementId": new_uuid()}, "StatementId"),
    ({"VERB": PASSED["id"]}, "VERB"),
    ({"verb": "passed"}, "verb"),
    ({"activity": "x y"}, "activity"),
    ({"agent": "ana"}, "agent"),
    ({"agent": "{}"}, "agent"),
    ({"agent": json.dumps(GROUP)}, "agent"),
    ({"agent": "[" * 5000}, "agent"),
    ({"agent": '{"mbox": "mailto:a@b.c", "mbox": "mailto:a@b.c"}'}, "agent"),
    ({"registration": "x"}, "registration"),
    ({"related_agents": "True"}, "related_agents"),
    ({"since": "yesterday"}, "since"),
    ({"until": "2026-05-04T09:00:00-00:00"}, "until"),
    ({"limit": "-1"}, "limit"),
    ({"limit": "\u0661"}, "limit"),
    ({"limit": "1e3"}, "limit"),
    ({"format": "short"}, "format"),
    ({"ascending": ""}, "ascending"),
    ({"cursor": "7"}, "cursor"),
    ({"cursor": new_uuid()}, "cursor"),
    ({"verb": [PASSED["id"], PASSED["id"]]}, "verb"),
    ({"statementId": "x"}, "statementId"),
    ({"statementId": new_uuid(), "voidedStatementId": new_uuid()}, "voidedStatementId"),
    ({"statementId": new_uuid(), "verb": PASSED["id"]}, "verb"),
    ({"voidedStatementId": new_uuid(), "limit": "1"}, "limit"),
    ({"statementId": new_uuid(), "cursor": new_uuid()}, "cursor"),
]


def test_parameters_that_mean_nothing_are_refused(store: Store) -> None:
    for parameters, place in BAD_PARAMETERS:
        answer = store.get(**parameters)
        assert answer.status_code == 400, parameters
        assert place in problems_of(answer), parameters


def test_what_may_stand_beside_a_single_id(store: Store) -> None:
    [id] = sent(store, statement())
    assert store.get(statementId=id, format="exact", attachments="false").json["id"] == id
