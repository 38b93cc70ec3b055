"""Versions of rules and audiences: every change of one is in the journal with all it said, so the journal is their history."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import (
    AUDIENCE_CHANGED,
    RULE_CHANGED,
    Audience,
    Rule,
    read_audience,
    read_rule,
    rule_from_body,
)
from hub.errors import Missing
from hub.journal.tables import change as change_table
from hub.store import UnitOfWork

Kind = Literal["rule", "audience"]
_CHANGES = {"rule": RULE_CHANGED, "audience": AUDIENCE_CHANGED}
_SINCE_THEN: Mapping[str, Mapping[str, Any]] = {"rule": {"status": "live"}, "audience": {"provisioning": []}}
"""What bodies of the journal from before these came mean."""


@dataclass(frozen=True)
class Version:
    """What a change laid down. ``number`` counts the changes from 1; ``same_as`` is the first version that said the same.

    ``fields`` are those in which it differs from the version before it.
    """

    number: int
    same_as: int
    at: datetime
    actor_id: str | None
    fields: tuple[str, ...]
    body: Mapping[str, Any]


def read_versions(uow: UnitOfWork, kind: Kind, key: str) -> list[Version]:
    """Every version of a rule or an audience; the first, which is the newest, is in force. Missing ``no_rule``, ``no_audience``."""
    (read_rule if kind == "rule" else read_audience)(uow, key)
    rows = uow.connection.execute(
        sa.select(change_table)
        .where(change_table.c.kind == _CHANGES[kind], change_table.c.subject_id == key)
        .order_by(change_table.c.position)
    )
    versions: list[Version] = []
    before: Mapping[str, Any] = {}
    for number, row in enumerate(rows, 1):
        body = {**_SINCE_THEN[kind], **row.body}
        said = {name: value for name, value in body.items() if name != "version"}
        fields = tuple(sorted(n for n in said if before.get(n) != said[n])) if before else ()
        same_as = body["version"] if kind == "rule" else _first_like(versions, body, number)
        versions.append(Version(number, same_as, row.at, row.actor_id, fields, body))
        before = said
    return versions[::-1]


def read_version(uow: UnitOfWork, kind: Kind, key: str, number: int) -> Version:
    """One version. Missing ``no_version``, and as ``read_versions``."""
    versions = read_versions(uow, kind, key)
    found = next((version for version in versions if version.number == number), None)
    if found is None:
        raise Missing("no_version", f"{kind.title()} {key} has versions 1 to {len(versions)}.")
    return found


def rule_of_version(version: Version) -> Rule:
    """The rule as the version has it, with the number of the first that said the same."""
    return rule_from_body(version.body)


def audience_of_version(version: Version) -> Audience:
    """The audience as the version has it."""
    body = version.body
    conditions = Conditions.from_json(body["conditions"])
    return Audience(body["key"], body["name"], conditions, tuple(body["provisioning"]))


def _first_like(versions: list[Version], body: Mapping[str, Any], number: int) -> int:
    return next((version.number for version in versions if version.body == body), number)
