"""Scores of people who had left a partner and are back: whatever brought them back, an import or a date that has come."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from hub.journal.outbox import PARKED, resend_where
from hub.journal.tables import outbox
from hub.lti.bridge.grade import find_address
from hub.lti.bridge.outcome import ServiceFailed
from hub.lti.bridge.pass_back import AGS_SCORE, LEFT_PARTNER
from hub.lti.tool.tables import lti_platform_deployment as deployment
from hub.network.tables import appointment, connection, location, person
from hub.network.validity.in_force import in_force
from hub.runtime import Hub
from hub.store import UnitOfWork


def release_returned(hub: Hub) -> int:
    """Send the scores that are parked because somebody had left the platform's partner and is back; how many."""
    with hub.reading() as uow:
        ids = [row.id for row in uow.connection.execute(_of_people_back(uow)) if _has_address(uow, row.body)]
    if not ids:
        return 0
    with hub.unit_of_work() as uow:
        return resend_where(uow, uow.among(outbox.c.id, ids))


def _of_people_back(uow: UnitOfWork) -> sa.Select[Any]:
    """Parked scores of people who work for a partner of the platform now; not each of its deployments is of that partner."""
    for_deployment = sa.exists().where(
        deployment.c.connection_id == connection.c.id, _works_for(uow, deployment.c.partner_id)
    )
    return (
        sa.select(outbox.c.id, outbox.c.body)
        .join(person, person.c.id == outbox.c.person_id)
        .join(connection, sa.cast(connection.c.id, sa.String) == outbox.c.receiver)
        .where(
            outbox.c.state == PARKED,
            outbox.c.kind == AGS_SCORE,
            outbox.c.code == LEFT_PARTNER,
            sa.or_(_works_for(uow, connection.c.partner_id), for_deployment),
        )
    )


def _works_for(uow: UnitOfWork, partner_id: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """As ``network.people.person.works_for``, for each row of a query."""
    appointed = sa.exists().where(
        appointment.c.person_id == person.c.id,
        location.c.id == appointment.c.location_id,
        location.c.partner_id == partner_id,
        in_force(appointment, uow.now),
    )
    return sa.or_(person.c.partner_id == partner_id, appointed)


def _has_address(uow: UnitOfWork, body: Mapping[str, Any]) -> bool:
    try:
        find_address(uow, body)
    except ServiceFailed:
        return False
    return True
