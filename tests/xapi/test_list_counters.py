"""A page reads as much from a large store as from a small one: rows and buffers, counted by the databases themselves."""

import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.app import open_hub
from hub.config import Settings
from hub.ids import random_id
from hub.journal import NewStatement, append_statements
from hub.journal.find_keys import read_keys
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.xapi.finding.find_statements import find_statements
from hub.xapi.finding.parameters import Query

SMALL, LARGE, BATCH = 2_000, 12_000, 50
VERBS = [f"https://example.com/verbs/{name}" for name in ("done", "seen", "passed")]
PEOPLE, ACTIVITIES = 20, 20
START = datetime(2026, 5, 4, tzinfo=UTC)


def statements(rng: random.Random, count: int) -> Iterator[NewStatement]:
    """Statements as many senders make them, with an instructor, a parent course and a registration each."""
    for number in range(count):
        told: dict[str, Any] = {
            "actor": {"mbox": f"mailto:p{rng.randrange(PEOPLE)}@example.com"},
            "verb": {"id": rng.choice(VERBS)},
            "object": {"id": f"https://example.com/a/{rng.randrange(ACTIVITIES)}"},
            "context": {
                "registration": f"00000000-0000-4000-8000-{rng.randrange(PEOPLE):012}",
                "instructor": {"mbox": f"mailto:i{rng.randrange(PEOPLE)}@example.com"},
                "contextActivities": {
                    "parent": [{"id": f"https://example.com/c/{rng.randrange(ACTIVITIES)}"}]
                },
            },
        }
        yield NewStatement(
            id=random_id(),
            timestamp=START,
            actor_form="mbox",
            actor_subject=told["actor"]["mbox"],
            verb=told["verb"]["id"],
            object_id=told["object"]["id"],
            payload=json.dumps(told | {"filler": "x" * 500}).encode(),
            content_hash=str(number),
            registration=told["context"]["registration"],
            keys=read_keys(json.dumps(told).encode()),
        )


QUERIES = {
    "none": Query(limit=50),
    "agent": Query(limit=50, agent=("mbox", "mailto:p1@example.com")),
    "verb and since": Query(limit=50, verb=VERBS[0], since=START + timedelta(minutes=1)),
    "verb and until": Query(limit=50, verb=VERBS[0], until=START + timedelta(seconds=150)),
    "activity": Query(limit=50, activity="https://example.com/a/1"),
    "registration": Query(limit=50, registration=f"00000000-0000-4000-8000-{1:012}"),
    "related agents": Query(limit=50, agent=("mbox", "mailto:i1@example.com"), related_agents=True),
    "related activities": Query(limit=50, activity="https://example.com/c/1", related_activities=True),
    "agent and verb": Query(limit=20, agent=("mbox", "mailto:p1@example.com"), verb=VERBS[0]),
    "ascending": Query(limit=50, verb=VERBS[1], ascending=True),
}


def fill(hub: Hub, connections: list[str], count: int) -> None:
    """Store statements of several systems in turns, ten a second."""
    rng = random.Random(7)
    rest = list(statements(rng, count))
    for place in range(0, count, BATCH):
        with hub.unit_of_work() as uow:
            uow.now = START + timedelta(seconds=place / 10)
            append_statements(uow, connections[place // BATCH % 2], rest[place : place + BATCH])
    if hub.engine.dialect.name == "postgresql":
        with hub.engine.connect() as connection:
            connection.execution_options(hub_writes=None).exec_driver_sql("VACUUM ANALYZE")


def work(uow: UnitOfWork, connections: list[str], query: Query) -> int:
    """What a page costs: steps of SQLite's machine, or buffers that PostgreSQL touched."""
    if uow.is_sqlite:
        return _steps(uow, connections, query)
    ran: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        ran.append((statement, parameters))

    sa.event.listen(uow.connection, "before_cursor_execute", note)
    page = find_statements(uow, connections, query, 2**40)
    sa.event.remove(uow.connection, "before_cursor_execute", note)
    assert len(page.statements) == query.limit
    plans = [
        uow.connection.exec_driver_sql(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", parameters
        ).scalar_one()
        for statement, parameters in ran
    ]
    return sum(plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"] for plan in plans)


def _steps(uow: UnitOfWork, connections: list[str], query: Query) -> int:
    driver: Any = uow.connection.connection.driver_connection
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    driver.set_progress_handler(count, 1)
    page = find_statements(uow, connections, query, 2**40)
    driver.set_progress_handler(None, 0)
    assert len(page.statements) == query.limit
    return steps


@pytest.fixture
def costs(new_database: Callable[..., str]) -> dict[str, tuple[int, int]]:
    """The work of each query in a small and in a large store."""
    found: dict[str, list[int]] = {name: [] for name in QUERIES}
    for count in (SMALL, LARGE):
        hub = open_hub(Settings(database_url=new_database(), secret_key="x" * 40))
        with hub.unit_of_work() as uow:
            connections = [create_connection(uow, name, "lms", name) for name in ("south", "north")]
        fill(hub, connections, count)
        for name, query in QUERIES.items():
            with hub.reading() as uow:
                found[name].append(work(uow, connections, query))
        hub.close()
    return {name: (small, large) for name, (small, large) in found.items()}


def test_a_page_costs_the_same_in_a_store_many_times_as_large(costs: dict[str, tuple[int, int]]) -> None:
    grown = {name: (small, large) for name, (small, large) in costs.items() if large > 1.2 * small}
    # Of filters together the others are looked up once for each candidate, in a tree that is a level deeper.
    together = grown.pop("agent and verb", (1, 1))
    assert grown == {}
    assert together[1] <= 1.5 * together[0]
