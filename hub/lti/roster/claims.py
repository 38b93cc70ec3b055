"""What a launch tells a tool of rosters and groups."""

from typing import Any

from hub.config import Settings
from hub.lti.resource_links import ResourceLink
from hub.lti.tools import Tool
from hub.lti.vocabulary import GROUPS_CLAIM, GROUPS_SCOPE, NRPS_CLAIM, NRPS_SCOPE


def roster_claims(settings: Settings, link: ResourceLink | None, tool: Tool) -> dict[str, Any]:
    """The claims of both services, each only where the tool may use it; none where there is no course.

    Names and Role Provisioning Services 2.0, section 3.6.1.1; Course Groups Service 1.0, section 3.1.
    """
    claims: dict[str, Any] = {}
    if link is not None and NRPS_SCOPE in tool.scopes:
        claims[NRPS_CLAIM] = {
            "context_memberships_url": members_url(settings, link.id),
            "service_versions": ["2.0"],
        }
    if link is not None and GROUPS_SCOPE in tool.scopes:
        claims[GROUPS_CLAIM] = {
            "scope": [GROUPS_SCOPE],
            "context_groups_url": groups_url(settings, link.id),
            "context_group_sets_url": group_sets_url(settings, link.id),
            "service_versions": ["1.0"],
        }
    return claims


def members_url(settings: Settings, context_id: str) -> str:
    """The address of a context's members."""
    return settings.url(f"/lti/contexts/{context_id}/members")


def groups_url(settings: Settings, context_id: str) -> str:
    """The address of a context's groups."""
    return settings.url(f"/lti/contexts/{context_id}/groups")


def group_sets_url(settings: Settings, context_id: str) -> str:
    """The address of a context's sets of groups."""
    return settings.url(f"/lti/contexts/{context_id}/groupsets")
