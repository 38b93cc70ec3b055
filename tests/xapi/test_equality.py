"""Which statements are the same one sent again."""

import json
from typing import Any

import pytest

from hub.xapi.http.versions import ApiVersion
from hub.xapi.storing.incoming import read_statements
from tests.xapi.rig import ACTIVITY, AGENT, GROUP, OTHER_AGENT, changed, full_statement, new_uuid, statement

BASE = full_statement()
MEMBERS = {"objectType": "Group", "member": [AGENT, OTHER_AGENT]}


def content_hash(told: dict[str, Any]) -> str:
    """What the journal compares."""
    [taken] = read_statements(json.dumps(told).encode(), ApiVersion.V1)
    return taken.content_hash


SAME: dict[str, dict[str, Any]] = {
    "id": {"id": new_uuid()},
    "stored": {"stored": "2020-01-01T00:00:00Z"},
    "authority": {"authority": OTHER_AGENT},
    "version": {"version": "1.0.2"},
    "time zone": {"timestamp": "2026-05-03T21:30:00.123456Z"},
    "finer duration": {"result.duration": "P3Y1M29DT4H35M59.14S"},
    "definition": {"object.definition": {"name": {"de": "neu"}}},
    "definition of a context activity": {"context.contextActivities.parent": ACTIVITY | {"definition": {}}},
    "list of one": {"context.contextActivities.parent": [ACTIVITY]},
    "display of the verb": {"verb.display": {}},
    "case of a mail domain": {"context.team.member[0].mbox": "mailto:ana@EXAMPLE.com"},
    "type that is the default": {"context.team.member[0].objectType": "Agent"},
    "number": {"result.score.max": 10.0},
}
DIFFERENT: dict[str, dict[str, Any]] = {
    "actor": {"actor": AGENT},
    "name of the actor": {"actor.name": "Anna"},
    "verb": {"verb.id": "https://example.com/v"},
    "object": {"object.id": "https://lms.example/question/2"},
    "result": {"result.completion": True},
    "score": {"result.score.raw": 3.6},
    "duration": {"result.duration": "P3Y1M29DT4H35M59.15S"},
    "timestamp": {"timestamp": "2026-05-03T23:30:00.1+02:00"},
    "registration": {"context.registration": new_uuid()},
    "context activity": {"context.contextActivities.other": {"id": "x:y"}},
    "order of context activities": {"context.contextActivities.grouping": [ACTIVITY]},
    "extension": {"result.extensions": {"https://example.com/null": 0}},
    "local part of a mail address": {"context.team.member[0].mbox": "mailto:ANA@example.com"},
}


@pytest.mark.parametrize("what", SAME)
def test_what_does_not_count(what: str) -> None:
    assert content_hash(changed(BASE, SAME[what])) == content_hash(BASE)


@pytest.mark.parametrize("what", DIFFERENT)
def test_what_counts(what: str) -> None:
    assert content_hash(changed(BASE, DIFFERENT[what])) != content_hash(BASE)


def test_the_order_of_keys_does_not_count() -> None:
    def backwards(value: Any) -> Any:
        return {k: backwards(v) for k, v in reversed(value.items())} if isinstance(value, dict) else value

    assert content_hash(backwards(BASE)) == content_hash(BASE)


def test_the_order_of_members_does_not_count() -> None:
    turned = changed(MEMBERS, {"member": [OTHER_AGENT, AGENT]})
    assert content_hash(statement(actor=MEMBERS)) == content_hash(statement(actor=turned))
    assert content_hash(statement(actor=MEMBERS)) != content_hash(statement(actor=GROUP))


def test_a_sub_statement_is_compared_like_a_statement() -> None:
    def about(**parts: Any) -> dict[str, Any]:
        return statement(object={"objectType": "SubStatement"} | statement(**parts))

    display = {"id": BASE["verb"]["id"], "display": {"en": "x"}}
    assert content_hash(about(verb=display)) == content_hash(about(verb={"id": BASE["verb"]["id"]}))
    assert content_hash(about(actor=AGENT)) != content_hash(about(actor=OTHER_AGENT))


def test_a_timestamp_that_is_left_out_stays_left_out() -> None:
    assert content_hash(statement()) != content_hash(statement(timestamp="2026-05-04T09:00:00Z"))
