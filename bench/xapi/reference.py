"""The frozen reference: the smallest schema that could still answer xAPI's questions, filled by COPY.

FROZEN. The hub's speed is told in parts of what this reaches, so changing it changes what all earlier figures mean, and
a heavier schema of the hub's must not lower the bar. It has what any record store needs and nothing else: statements with
a unique id, verb, registration, stored and payload, one row per agent and per activity that a statement is about, and an
index on each of them. No constraints beyond the unique id, no voiding, no connections, no equality, no authority.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

SCHEMA = """
CREATE TABLE reference_statement (
    id uuid PRIMARY KEY, verb text NOT NULL, registration uuid, stored timestamptz NOT NULL, payload bytea NOT NULL);
CREATE INDEX ON reference_statement (verb);
CREATE INDEX ON reference_statement (registration);
CREATE INDEX ON reference_statement (stored);
CREATE TABLE reference_agent (id uuid NOT NULL, agent text NOT NULL);
CREATE INDEX ON reference_agent (agent);
CREATE TABLE reference_activity (id uuid NOT NULL, activity text NOT NULL);
CREATE INDEX ON reference_activity (activity);
"""
TABLES = {
    "reference_statement": ("id", "verb", "registration", "stored", "payload"),
    "reference_agent": ("id", "agent"),
    "reference_activity": ("id", "activity"),
}


def reference_rows(
    statements: Sequence[tuple[str, datetime, bytes]],
) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of some statements, given as (id, stored, payload)."""
    rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in TABLES}
    for id, stored, payload in statements:
        told = json.loads(payload)
        context = told.get("context", {})
        rows["reference_statement"].append(
            (id, told["verb"]["id"], context.get("registration"), stored, payload)
        )
        rows["reference_agent"] += [(id, agent) for agent in _agents(told)]
        rows["reference_activity"] += [(id, activity) for activity in _activities(told)]
    return rows


def _agents(told: dict[str, Any]) -> Iterator[str]:
    for agent in (told["actor"], told.get("context", {}).get("instructor")):
        if agent:
            account = agent.get("account", {})
            yield agent.get("mbox") or f"{account['homePage']}|{account['name']}"


def _activities(told: dict[str, Any]) -> Iterator[str]:
    yield told["object"]["id"]
    for activities in told.get("context", {}).get("contextActivities", {}).values():
        yield from (activity["id"] for activity in activities)
