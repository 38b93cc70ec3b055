"""Reading and changing completion policies. What a change would do is worked out by ``plan_policy``."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.errors import Conflict
from hub.journal import Change, audit, record_changes
from hub.journal.tables import change as change_table
from hub.store import UnitOfWork
from hub.training import tables
from hub.training.completing.policy import Policy

CHANGED = "completion_policy_changed"
MAX_VERSIONS = 50


@dataclass(frozen=True)
class PolicyVersion:
    """A policy as it was from one instant on, and the person who laid it down."""

    policy: Policy
    at: datetime
    actor_id: str | None


def read_policies(uow: UnitOfWork, connection_ids: Iterable[str]) -> dict[str, Policy]:
    """Policies by connection, of those that have one."""
    table = tables.completion_policy
    rows = uow.connection.execute(sa.select(table).where(table.c.connection_id.in_(set(connection_ids))))
    return {row.connection_id: Policy.from_json(dict(row._mapping)) for row in rows}


def read_policy(uow: UnitOfWork, connection_id: str) -> Policy | None:
    """The policy of a connection, if it has one."""
    return read_policies(uow, [connection_id]).get(connection_id)


def read_policy_versions(uow: UnitOfWork, connection_id: str) -> list[PolicyVersion]:
    """The last MAX_VERSIONS versions of a connection's policy, the newest first."""
    rows = uow.connection.execute(
        sa.select(change_table)
        .where(change_table.c.kind == CHANGED, change_table.c.subject_id == connection_id)
        .order_by(change_table.c.position.desc())
        .limit(MAX_VERSIONS)
    )
    return [PolicyVersion(Policy.from_json(row.body), row.at, row.actor_id) for row in rows]


def set_policy(uow: UnitOfWork, policy: Policy, actor_id: str | None = None) -> Policy:
    """Put a policy into force as the next version after ``policy.version``; recognition follows by the journal of changes.

    BadInput ``bad_policy``; Conflict ``policy_overtaken`` when the version in force is another than ``policy.version``.
    """
    policy.check()
    table = tables.completion_policy
    in_force = uow.connection.scalar(
        sa.select(table.c.version).where(table.c.connection_id == policy.connection_id).with_for_update()
    )
    if (in_force or 0) != policy.version:
        raise Conflict(
            "policy_overtaken",
            f"Somebody else has changed this policy: version {in_force} is in force.",
            "Look at the policy again, then make your change.",
        )
    body = policy.as_json() | {"version": policy.version + 1}
    apply_policy(uow, body)
    record_changes(uow, [Change("completion_policy_changed", policy.connection_id, body, actor_id=actor_id)])
    audit(
        uow,
        CHANGED,
        policy.name,
        actor_id=actor_id,
        connection_id=policy.connection_id,
        detail={"version": body["version"]},
    )
    return Policy.from_json(body)


def apply_policy(uow: UnitOfWork, body: Mapping[str, Any]) -> None:
    """Write a policy as a change of kind ``completion_policy_changed`` has it (also used by a rebuild)."""
    table = tables.completion_policy
    known = table.c.connection_id == body["connection_id"]
    if not uow.connection.execute(sa.update(table).where(known).values(**body)).rowcount:
        uow.connection.execute(sa.insert(table).values(**body))
