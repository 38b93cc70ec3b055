"""What the page of a connection shows of its two sides: the tool that the hub opens, the platform that opens the hub. Reads only."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from hub.errors import Missing
from hub.lti.deployments import Deployment, list_deployments
from hub.lti.notices.platform_service import NoticeService, list_notice_services
from hub.lti.remote_keys import KeyAge, KeySource, key_age
from hub.lti.tool import tables
from hub.lti.tool.platform_deployments import PlatformDeployment, list_platform_deployments
from hub.lti.tool.platforms import HubAsTool, Platform, hub_as_tool, read_platform
from hub.lti.tools import Tool, ToolRegistration, key_source, read_tool, registration_of
from hub.network.tables import connection
from hub.store import UnitOfWork


@dataclass(frozen=True)
class ToolPart:
    """A connection as LTI tool: its settings, what its administrator enters, and how old its keys are."""

    tool: Tool
    registration: ToolRegistration
    deployments: list[Deployment]
    keys: KeyAge


@dataclass(frozen=True)
class PlatformPart:
    """A connection as LTI platform, in the same way; ``notices`` are its notification services by deployment id."""

    platform: Platform
    registration: HubAsTool
    deployments: list[PlatformDeployment]
    keys: KeyAge
    notices: Mapping[str, NoticeService]


def tool_part(uow: UnitOfWork, connection_id: str) -> ToolPart | None:
    """The connection as tool; None when it is none."""
    try:
        tool = read_tool(uow, connection_id)
    except Missing:
        return None
    registration = registration_of(tool, uow.settings)
    return ToolPart(tool, registration, list_deployments(uow, connection_id), key_age(uow, key_source(tool)))


def waiting_connections(uow: UnitOfWork, limit: int = 20) -> dict[str, str]:
    """The first platforms with a deployment that waits for somebody to approve or refuse it: names by slug."""
    table = tables.lti_platform_deployment
    rows = uow.connection.execute(
        sa.select(connection.c.slug, connection.c.name)
        .where(sa.exists().where(table.c.connection_id == connection.c.id, table.c.state == "pending"))
        .order_by(connection.c.slug)
        .limit(limit)
    )
    return {row.slug: row.name for row in rows}


def platform_part(uow: UnitOfWork, connection_id: str) -> PlatformPart | None:
    """The connection as platform; None when it is none."""
    try:
        platform = read_platform(uow, connection_id)
    except Missing:
        return None
    source = KeySource(tables.lti_platform, connection_id, platform.jwks_url)
    return PlatformPart(
        platform,
        hub_as_tool(uow.settings, connection_id),
        list_platform_deployments(uow, connection_id),
        key_age(uow, source),
        list_notice_services(uow, connection_id),
    )
