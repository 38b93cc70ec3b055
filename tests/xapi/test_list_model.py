"""Lists from the index of terms are those of a program that looks at every statement: random statements, random questions."""

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from hub.ids import random_id
from hub.journal.references import MAX_REFERENCES
from hub.journal.tables import statement
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from hub.xapi.finding import find_statements as module
from hub.xapi.finding.find_statements import find_statements
from hub.xapi.finding.matching import Told, matches, referred_id
from hub.xapi.finding.parameters import Query
from tests.xapi.rig import VERBS, Store, open_store

AGENTS: list[dict[str, Any]] = [
    {"mbox": "mailto:ana@example.com"},
    {"account": {"homePage": "https://lms.example", "name": "ben"}},
    {"openid": "https://id.example/carl"},
    {"mbox_sha1sum": "0123456789ABCDEF" * 2 + "01234567"},
]
IDENTIFIERS = [
    ("mbox", "mailto:ana@example.com"),
    ("account", "https://lms.example|ben"),
    ("openid", "https://id.example/carl"),
    ("mbox_sha1sum", "0123456789abcdef" * 2 + "01234567"),
    ("mbox", "mailto:team@example.com"),
]
ACTIVITIES = [f"https://lms.example/course/{name}" for name in ("brakes", "engines", "tires")]
REGISTRATIONS = [random_id() for _ in range(2)]


def some_actor(rng: random.Random) -> dict[str, Any]:
    """An agent or a group."""
    kind = rng.randrange(6)
    if kind == 0:
        return {"objectType": "Group", "member": rng.sample(AGENTS, rng.randint(1, 3))}
    if kind == 1:
        members = {"member": [rng.choice(AGENTS)]} if rng.random() < 0.5 else {}
        return {"objectType": "Group", "mbox": "mailto:team@example.com", **members}
    return {"objectType": "Agent", **rng.choice(AGENTS)}


def some_context(rng: random.Random) -> dict[str, Any]:
    """A context that may name agents and activities."""
    context: dict[str, Any] = {}
    if rng.random() < 0.4:
        registration = rng.choice(REGISTRATIONS)
        context["registration"] = registration.upper() if rng.random() < 0.5 else registration
    if rng.random() < 0.3:
        context["instructor"] = some_actor(rng)
    if rng.random() < 0.2:
        context["team"] = {"objectType": "Group", "member": [rng.choice(AGENTS)]}
    if rng.random() < 0.4:
        relation = rng.choice(["parent", "grouping", "category", "other"])
        activities = [{"id": id} for id in rng.sample(ACTIVITIES, rng.randint(1, 2))]
        context["contextActivities"] = {relation: activities if rng.random() < 0.5 else activities[0]}
    return context


def some_statement(rng: random.Random, ids: list[str], depth: int = 0) -> dict[str, Any]:
    """A statement; what it refers to may be earlier, later, itself or nowhere."""
    kind = rng.choice(["Activity"] * 4 + ["Agent", "StatementRef", "StatementRef", "SubStatement"])
    thing: dict[str, Any] = {"id": rng.choice(ACTIVITIES)}
    verb = VERBS + rng.choice(["completed", "passed", "failed"])
    if kind == "Agent":
        thing = some_actor(rng)
    elif kind == "StatementRef":
        thing = {"objectType": "StatementRef", "id": rng.choice([*ids, random_id()])}
        verb = VERBS + "voided" if depth == 0 and rng.random() < 0.3 else verb
    elif kind == "SubStatement" and depth == 0:
        thing = {"objectType": "SubStatement", **some_statement(rng, ids, 1)}
    told = {"actor": some_actor(rng), "verb": {"id": verb}, "object": thing}
    context = some_context(rng)
    return told | ({"context": context} if context else {})


def some_query(rng: random.Random) -> Query:
    """Any combination of filters."""
    return Query(
        agent=rng.choice(IDENTIFIERS) if rng.random() < 0.5 else None,
        verb=VERBS + rng.choice(["completed", "passed", "voided"]) if rng.random() < 0.5 else None,
        activity=rng.choice(ACTIVITIES) if rng.random() < 0.5 else None,
        registration=rng.choice(REGISTRATIONS) if rng.random() < 0.2 else None,
        related_agents=rng.random() < 0.5,
        related_activities=rng.random() < 0.5,
        limit=rng.choice([1, 2, 5, 100]),
        ascending=rng.random() < 0.3,
    )


def wanted_by_model(told: Told, query: Query, known: Mapping[str, Told]) -> bool:
    """Whether a statement, or one that it refers to over however many steps, is what was asked for."""
    each: Told | None = told
    for _ in range(MAX_REFERENCES + 1):
        if each is None:
            return False
        if matches(each, query):
            return True
        target = referred_id(each)
        each = known.get(target) if target else None
    return False


def listed(hub: Hub, connections: list[str], query: Query) -> Iterator[dict[str, Any]]:
    """All statements of a list, page by page."""
    after = None
    while True:
        with hub.reading() as uow:
            page = find_statements(uow, connections, replace(query, after=after), 2**40)
        assert len(page.statements) <= query.limit
        yield from (json.loads(found.payload) for found in page.statements)
        after = page.more
        if after is None:
            return


def fill(store: Store, rng: random.Random, count: int) -> list[str]:
    """Send statements in batches; the ids of those that were taken, in order."""
    ids = [random_id() for _ in range(count)]
    sent = [some_statement(rng, ids) | {"id": id} for id in ids]
    taken: list[str] = []
    while sent:
        size = rng.randint(1, 4)
        batch, sent = sent[:size], sent[size:]
        answer = store.post(batch)
        if answer.status_code == 200:
            taken += [each["id"] for each in batch]
        else:
            assert answer.json["code"] == "voids_a_voiding", answer.text
    return taken


@pytest.mark.timeout(600)
@hypothesis.settings(
    max_examples=5, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture], deadline=None
)
@hypothesis.given(seed=st.integers(0, 2**32))
def test_lists_are_what_looking_at_every_statement_finds(
    hub: Hub, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(seed)
    monkeypatch.setattr(module, "MAX_SCANNED", rng.choice([3, 10, 2000]))
    senders = [open_store(hub, _new_connection(hub)) for _ in range(2)]
    order: list[tuple[str, str]] = []
    for sender in (senders[0], senders[1], senders[0]):
        order += [(sender.connection_id, id) for id in fill(sender, rng, 12)]
    with hub.reading() as uow:
        rows = uow.connection.execute(statement.select().order_by(statement.c.position)).all()
    stored = {row.id: (row.connection_id, json.loads(row.payload)) for row in rows}
    voided = {
        (connection, referred_id(told))
        for connection, told in stored.values()
        if told["verb"]["id"] == VERBS + "voided"
    }
    for _ in range(25):
        query = some_query(rng)
        connections = rng.choice([[s.connection_id for s in senders], [senders[0].connection_id]])
        expected = [
            id
            for connection, id in (order if query.ascending else order[::-1])
            if connection in connections
            and ((connection, id) not in voided or stored[id][1]["verb"]["id"] == VERBS + "voided")
            and wanted_by_model(
                stored[id][1], query, {k: told for k, (c, told) in stored.items() if c == connection}
            )
        ]
        assert [each["id"] for each in listed(hub, connections, query)] == expected, query


def _new_connection(hub: Hub) -> str:
    with hub.unit_of_work() as uow:
        return create_connection(uow, f"s{random_id()[:8]}", "lms", "LMS")
