"""Deployments: the places inside one platform from which the hub is launched. An unknown one waits for approval.

LTI 1.3, section 3.1.3: a deployment is where a platform's account installed the tool; one registration has many.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from hub.errors import BadInput, Missing
from hub.ids import is_id
from hub.journal import Change, audit, record_changes
from hub.lti.tool import tables
from hub.network.tables import partner
from hub.store import UnitOfWork
from hub.store.insert import insert_once

State = Literal["pending", "approved", "refused"]
STATES = ("pending", "approved", "refused")


@dataclass(frozen=True)
class PlatformDeployment:
    """A deployment of the hub in a platform. ``partner_id`` says whose people come from it, where one partner's alone do."""

    connection_id: str
    deployment_id: str
    partner_id: str | None
    name: str
    state: State
    seen_at: datetime


def list_platform_deployments(uow: UnitOfWork, connection_id: str) -> list[PlatformDeployment]:
    """All deployments of a platform, those that wait for approval first."""
    table = tables.lti_platform_deployment
    rows = uow.connection.execute(sa.select(table).where(table.c.connection_id == connection_id))
    found = [_deployment(row) for row in rows]
    return sorted(found, key=lambda d: (d.state != "pending", d.deployment_id))


def find_deployment(uow: UnitOfWork, connection_id: str, deployment_id: str) -> PlatformDeployment | None:
    """The deployment, if it was ever launched from or entered."""
    row = uow.find(tables.lti_platform_deployment, connection_id=connection_id, deployment_id=deployment_id)
    return _deployment(row) if row else None


def belongs_to_another(uow: UnitOfWork, connection_id: str, issuer: str, deployment_id: str) -> bool:
    """Whether the deployment is known at another registration of the same issuer, and so is no new one."""
    table, platform = tables.lti_platform_deployment, tables.lti_platform
    query = (
        sa.select(table.c.connection_id)
        .join(platform, platform.c.connection_id == table.c.connection_id)
        .where(
            platform.c.issuer == issuer,
            table.c.deployment_id == deployment_id,
            table.c.connection_id != connection_id,
            table.c.state == "approved",
        )
        .limit(1)
    )
    return uow.connection.scalar(query) is not None


def decide_deployment(
    uow: UnitOfWork,
    connection_id: str,
    deployment_id: str,
    state: State,
    partner_id: str | None,
    actor_id: str | None = None,
) -> PlatformDeployment:
    """Approve a deployment, refuse it, or let it wait again; the same again changes nothing.

    ``partner_id`` is the partner whose people come from it, None where the connection's owner says enough. Raises Missing
    ``no_deployment`` and ``no_partner``, BadInput ``bad_state``.
    """
    if state not in STATES:
        raise BadInput("bad_state", f"A deployment is one of: {', '.join(STATES)}.")
    known = find_deployment(uow, connection_id, deployment_id)
    if known is None:
        raise Missing("no_deployment", "This platform has no such deployment.")
    if partner_id is not None and not _is_partner(uow, partner_id):
        raise Missing("no_partner", "There is no such partner.")
    if (known.state, known.partner_id) == (state, partner_id):
        return known
    values = {"state": state, "partner_id": partner_id}
    table = tables.lti_platform_deployment
    uow.connection.execute(
        sa.update(table)
        .where(table.c.connection_id == connection_id, table.c.deployment_id == deployment_id)
        .values(**values)
    )
    _record(uow, connection_id, deployment_id, {"name": known.name, **values})
    audit(
        uow,
        "deployment_decided",
        connection_id,
        actor_id=actor_id,
        partner_id=partner_id,
        connection_id=connection_id,
        detail={"deployment_id": deployment_id[:200], "state": state},
    )
    return PlatformDeployment(connection_id, deployment_id, partner_id, known.name, state, known.seen_at)


def approve_first(uow: UnitOfWork, connection_id: str, deployment_id: str, partner_id: str | None) -> None:
    """Enter the deployment that came with the registration, approved."""
    values = {"name": "", "state": "approved", "partner_id": partner_id}
    insert_once(
        uow,
        tables.lti_platform_deployment,
        connection_id=connection_id,
        deployment_id=deployment_id,
        seen_at=uow.now,
        **values,
    )
    _record(uow, connection_id, deployment_id, values)


def note_unknown(uow: UnitOfWork, connection_id: str, deployment_id: str) -> None:
    """Enter a deployment that was just launched from for the first time, to wait for approval."""
    insert_once(
        uow,
        tables.lti_platform_deployment,
        connection_id=connection_id,
        deployment_id=deployment_id,
        seen_at=uow.now,
        name="",
        state="pending",
        partner_id=None,
    )


def _record(uow: UnitOfWork, connection_id: str, deployment_id: str, values: dict[str, Any]) -> None:
    body = {"connection_id": connection_id, "deployment_id": deployment_id, **values}
    record_changes(uow, [Change("lti_platform_deployment_changed", connection_id, body)])


def _is_partner(uow: UnitOfWork, partner_id: str) -> bool:
    found = sa.select(partner.c.id).where(partner.c.id == partner_id)
    return is_id(partner_id) and uow.connection.scalar(found) is not None


def _deployment(row: sa.Row[Any]) -> PlatformDeployment:
    return PlatformDeployment(
        row.connection_id, row.deployment_id, row.partner_id, row.name, row.state, row.seen_at
    )
