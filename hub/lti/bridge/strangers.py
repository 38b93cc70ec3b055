"""Whether a system has ever named somebody to the hub: without that there is no name under which to send a score."""

from collections.abc import Collection
from typing import Literal

import sqlalchemy as sa

from hub.lti.tool import tables
from hub.lti.tool.placements import Placement
from hub.network.people.identities import LTI_SUBJECT
from hub.network.tables import connection, identity_link, person
from hub.store import UnitOfWork

Standing = Literal["known", "unknown", "foreign"]
KNOWN: Standing = "known"
UNKNOWN: Standing = "unknown"
FOREIGN: Standing = "foreign"


def standings(uow: UnitOfWork, pairs: Collection[tuple[Placement, str]]) -> dict[tuple[str, str], Standing]:
    """By (placement, person) whether the placement's system has named the person.

    Somebody it has not named is ``unknown`` where system or deployment belong to the person's own partner, who may
    come in through it some day, and ``foreign`` elsewhere.
    """
    if not pairs:
        return {}
    people = {person_id for _, person_id in pairs}
    connections = {placement.connection_id for placement, _ in pairs}
    named = _named(uow, connections, people)
    employers = _employers(uow, people)
    owners = _owners(uow, connections)
    found: dict[tuple[str, str], Standing] = {}
    for placement, person_id in pairs:
        mine = {owners.get((placement.connection_id, name)) for name in (None, placement.deployment_id)}
        if (placement.connection_id, person_id) in named:
            found[placement.id, person_id] = KNOWN
        elif employers.get(person_id) in mine - {None}:
            found[placement.id, person_id] = UNKNOWN
        else:
            found[placement.id, person_id] = FOREIGN
    return found


def _named(uow: UnitOfWork, connections: Collection[str], people: Collection[str]) -> set[tuple[str, str]]:
    link = identity_link
    rows = uow.connection.execute(
        sa.select(link.c.connection_id, link.c.person_id).where(
            link.c.form == LTI_SUBJECT,
            uow.among(link.c.connection_id, connections),
            uow.among(link.c.person_id, people),
        )
    )
    return {(row.connection_id, row.person_id) for row in rows}


def _employers(uow: UnitOfWork, people: Collection[str]) -> dict[str, str]:
    rows = uow.connection.execute(
        sa.select(person.c.id, person.c.partner_id).where(uow.among(person.c.id, people))
    )
    return {row.id: row.partner_id for row in rows}


def _owners(uow: UnitOfWork, connections: Collection[str]) -> dict[tuple[str, str | None], str | None]:
    """The partner of a connection, under the deployment None, and those of its deployments."""
    deployment = tables.lti_platform_deployment
    of_connections = uow.connection.execute(
        sa.select(connection.c.id, connection.c.partner_id).where(uow.among(connection.c.id, connections))
    )
    of_deployments = uow.connection.execute(
        sa.select(deployment.c.connection_id, deployment.c.deployment_id, deployment.c.partner_id).where(
            uow.among(deployment.c.connection_id, connections)
        )
    )
    owners: dict[tuple[str, str | None], str | None] = {
        (row.id, None): row.partner_id for row in of_connections
    }
    return owners | {(row.connection_id, row.deployment_id): row.partner_id for row in of_deployments}
