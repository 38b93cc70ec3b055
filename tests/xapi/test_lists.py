"""Lists of statements: what each filter finds, and pages that can be continued at any time."""

import json
from datetime import timedelta
from typing import Any

import pytest

from hub.clock import SettableClock
from tests.xapi.rig import (
    ACTIVITY,
    AGENT,
    GROUP,
    OTHER_AGENT,
    VERBS,
    Store,
    new_uuid,
    statement,
)

REGISTRATION = new_uuid()
PASSED = {"id": VERBS + "passed"}
OTHER_ACTIVITY = {"id": "https://lms.example/course/engines"}


def reference(id: str) -> dict[str, str]:
    """An object that refers to a statement."""
    return {"objectType": "StatementRef", "id": id}


def sent(store: Store, *statements: dict[str, Any]) -> list[str]:
    """The ids of statements that are stored in one batch."""
    ids: list[str] = store.post(list(statements)).json
    return ids


def test_newest_first_unless_ascending(store: Store, clock: SettableClock) -> None:
    ids = []
    for _ in range(3):
        ids += sent(store, statement(), statement())
        clock.advance(seconds=1)
    assert store.ids() == ids[::-1]
    assert store.ids(ascending="true") == ids
    assert store.ids(ascending="false", limit="2") == ids[:3:-1]


def test_nobody_sees_another_systems_statements(store: Store, other_store: Store) -> None:
    sent(store, statement())
    assert other_store.page() == {"statements": [], "more": ""}
    assert other_store.page(agent=json.dumps(AGENT))["statements"] == []


def test_filter_by_verb(store: Store) -> None:
    _, wanted = sent(store, statement(), statement(verb=PASSED))
    assert store.ids(verb=PASSED["id"]) == [wanted]
    assert store.ids(verb=VERBS + "Passed") == []


def test_filter_by_activity(store: Store) -> None:
    around, wanted, inside, _ = sent(
        store,
        statement(context={"contextActivities": {"parent": OTHER_ACTIVITY}}),
        statement(object=OTHER_ACTIVITY),
        statement(object={"objectType": "SubStatement"} | statement(object=OTHER_ACTIVITY)),
        statement(),
    )
    assert store.ids(activity=OTHER_ACTIVITY["id"]) == [wanted]
    assert store.ids(activity=OTHER_ACTIVITY["id"], related_activities="true") == [inside, wanted, around]


def test_an_agent_as_object_is_no_activity(store: Store) -> None:
    sent(store, statement(object={"objectType": "Agent", "openid": "https://id.example/ana"}))
    assert store.ids(activity="https://id.example/ana") == []


def test_filter_by_registration(store: Store) -> None:
    _, wanted = sent(store, statement(), statement(context={"registration": REGISTRATION.upper()}))
    assert store.ids(registration=REGISTRATION) == [wanted]


AGENTS: list[dict[str, Any]] = [
    {"mbox": "mailto:carl@example.com"},
    {"mbox_sha1sum": "0123456789abcdef" * 2 + "01234567"},
    {"openid": "https://id.example/carl"},
    {"account": {"homePage": "https://lms.example", "name": "carl"}},
    {"objectType": "Group", "mbox": "mailto:team@example.com"},
]


@pytest.mark.parametrize("agent", AGENTS, ids=["mbox", "sha1", "openid", "account", "group"])
def test_filter_by_agent(store: Store, agent: dict[str, Any]) -> None:
    kind = {"objectType": agent.get("objectType", "Agent")}
    acting, acted_on, teaching, asserting, inside, _ = sent(
        store,
        statement(actor=agent),
        statement(object=kind | agent),
        statement(context={"instructor": agent}),
        statement(
            context={"team": {"objectType": "Group", "member": [AGENT if "objectType" in agent else agent]}}
        ),
        statement(object={"objectType": "SubStatement"} | statement(actor=agent)),
        statement(),
    )
    wanted = json.dumps(agent)
    assert store.ids(agent=wanted) == [acted_on, acting]
    team = [] if "objectType" in agent else [asserting]
    assert store.ids(agent=wanted, related_agents="true") == [inside, *team, teaching, acted_on, acting]


def test_filter_by_agent_finds_the_groups_one_belongs_to(store: Store) -> None:
    carl = {"mbox": "mailto:carl@example.com"}
    group = {"objectType": "Group", "name": "Team", "member": [AGENT, carl]}
    named = group | {"account": OTHER_AGENT["account"]}
    wanted = sent(
        store,
        statement(actor=group),
        statement(actor=named),
        statement(object=group),
        statement(object=named),
    )
    sent(store, statement(), statement(actor=GROUP), statement(object=GROUP))
    assert store.ids(agent=json.dumps(carl)) == wanted[::-1]


def test_related_agents_include_the_authority(store: Store) -> None:
    [id] = sent(store, statement())
    authority = store.get(statementId=id).json["authority"]
    assert store.ids(agent=json.dumps(authority)) == []
    assert store.ids(agent=json.dumps(authority), related_agents="true") == [id]


def test_related_agents_include_those_of_the_context_in_version_2(store_2: Store) -> None:
    carl = {"mbox": "mailto:carl@example.com"}
    group = {"objectType": "Group", "member": [carl]}
    ids = sent(
        store_2,
        statement(context={"contextAgents": [{"objectType": "contextAgent", "agent": carl}]}),
        statement(context={"contextGroups": [{"objectType": "contextGroup", "group": group}]}),
    )
    assert store_2.ids(agent=json.dumps(carl), related_agents="true") == ids[::-1]


def test_filters_hold_together(store: Store) -> None:
    _, _, wanted = sent(
        store,
        statement(verb=PASSED),
        statement(actor=OTHER_AGENT),
        statement(verb=PASSED, actor=OTHER_AGENT, context={"registration": REGISTRATION}),
    )
    assert store.ids(verb=PASSED["id"], agent=json.dumps(OTHER_AGENT), activity=ACTIVITY["id"]) == [wanted]
    assert store.ids(verb=PASSED["id"], registration=new_uuid()) == []


def test_a_statement_about_a_wanted_statement_is_wanted(store: Store) -> None:
    target, _ = sent(store, statement(verb=PASSED), statement())
    about, _ = sent(
        store, statement(object=reference(target.upper())), statement(object=reference(new_uuid()))
    )
    about_that, inside = sent(
        store,
        statement(object=reference(about), actor=OTHER_AGENT),
        statement(context={"statement": reference(target)}),
    )
    assert store.ids(verb=PASSED["id"]) == [about_that, about, target]
    assert inside not in store.ids(verb=PASSED["id"])


def test_references_in_a_circle_end(store: Store) -> None:
    first, second = new_uuid(), new_uuid()
    sent(store, statement(id=first, object=reference(second)), statement(id=second, object=reference(first)))
    assert store.ids(verb=PASSED["id"]) == []


def test_what_refers_to_a_voided_statement_stays(store: Store) -> None:
    [target] = sent(store, statement(verb=PASSED))
    [about] = sent(store, statement(object=reference(target)))
    [voiding] = sent(store, statement(verb={"id": VERBS + "voided"}, object=reference(target)))
    assert store.ids(verb=PASSED["id"]) == [voiding, about]


def test_since_and_until_are_about_stored(store: Store, clock: SettableClock) -> None:
    ids, times = [], []
    for _ in range(3):
        ids += sent(store, statement(timestamp="2001-01-01T00:00:00Z"))
        times.append(clock.now())
        clock.advance(milliseconds=1)
    assert store.ids(since=times[0].isoformat()) == [ids[2], ids[1]]
    assert store.ids(until=times[1].isoformat()) == [ids[1], ids[0]]
    east = (times[1] + timedelta(hours=2)).isoformat().replace("+00:00", "+02:00")
    assert store.ids(since=times[0].isoformat(), until=east) == [ids[1]]
