"""The hub as tool: a platform's notification service, kept with the deployment whose launch told of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.lti.addresses import address_problem
from hub.lti.tool.tables import lti_platform_deployment
from hub.lti.vocabulary import NOTICES_CLAIM
from hub.store import UnitOfWork

MAX_URL = 2000
MAX_TYPE = 100
MOST_TYPES = 50


@dataclass(frozen=True)
class NoticeService:
    """Where a platform lets the hub say of what it wants to be told, and what there is."""

    url: str
    notice_types: tuple[str, ...]


def keep_notice_service(
    uow: UnitOfWork, connection_id: str, deployment_id: str, claims: Mapping[str, Any]
) -> None:
    """Keep what an accepted message tells of the service; written only where that is new. What cannot be one is left out."""
    told = _read(claims.get(NOTICES_CLAIM))
    if told is None or told == find_notice_service(uow, connection_id, deployment_id):
        return
    uow.connection.execute(
        sa.update(lti_platform_deployment)
        .where(*_is(connection_id, deployment_id))
        .values(notices_url=told.url, notice_types=list(told.notice_types))
    )


def find_notice_service(uow: UnitOfWork, connection_id: str, deployment_id: str) -> NoticeService | None:
    """The service of a deployment, if a launch ever told of one."""
    table = lti_platform_deployment
    row = uow.connection.execute(
        sa.select(table.c.notices_url, table.c.notice_types).where(*_is(connection_id, deployment_id))
    ).one_or_none()
    if row is None or row.notices_url is None:
        return None
    return NoticeService(row.notices_url, tuple(row.notice_types or ()))


def list_notice_services(uow: UnitOfWork, connection_id: str) -> dict[str, NoticeService]:
    """The services of all deployments of a platform that told of one, by deployment id."""
    table = lti_platform_deployment
    rows = uow.connection.execute(
        sa.select(table.c.deployment_id, table.c.notices_url, table.c.notice_types).where(
            table.c.connection_id == connection_id, table.c.notices_url.is_not(None)
        )
    )
    return {row.deployment_id: NoticeService(row.notices_url, tuple(row.notice_types or ())) for row in rows}


def _is(connection_id: str, deployment_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    table = lti_platform_deployment
    return table.c.connection_id == connection_id, table.c.deployment_id == deployment_id


def _read(claim: object) -> NoticeService | None:
    if not isinstance(claim, dict):
        return None
    url, types = claim.get("platform_notification_service_url"), claim.get("notice_types_supported")
    if not isinstance(url, str) or len(url) > MAX_URL or "\0" in url or address_problem(url):
        return None
    known = types if isinstance(types, list) else []
    names = [t for t in known if isinstance(t, str) and 0 < len(t) <= MAX_TYPE and "\0" not in t]
    return NoticeService(url, tuple(names[:MOST_TYPES]))
