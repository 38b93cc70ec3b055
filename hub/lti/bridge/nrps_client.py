"""Who is in a course of a platform, as the hub sees it as tool (Names and Role Provisioning Services 2.0)."""

from collections.abc import Iterator
from dataclasses import dataclass

from hub.lti.bridge.ags_client import with_parameters
from hub.lti.bridge.outcome import ServiceFailed
from hub.lti.bridge.service import ServiceClient
from hub.lti.tool.platforms import Platform
from hub.lti.vocabulary import MEMBERS_TYPE, NRPS_SCOPE
from hub.runtime import Hub


@dataclass(frozen=True)
class Member:
    """One member of a course. Roles are as received, often short ("Learner"); name and e-mail where they are shared."""

    user_id: str
    roles: tuple[str, ...]
    status: str
    name: str | None
    email: str | None


class NrpsClient:
    """Members of the courses of one platform."""

    def __init__(self, hub: Hub, platform: Platform) -> None:
        self._service = ServiceClient(hub, platform)

    def members(self, members_url: str, resource_link_id: str = "") -> Iterator[Member]:
        """Every member of a course, or of one resource link, page by page (sections 2.2 to 2.4).

        Raises ServiceFailed ``bad_members`` for something else than a membership container, and as ``ServiceClient``.
        """
        url = with_parameters(members_url, rlid=resource_link_id) if resource_link_id else members_url
        for page in self._service.pages(url, (NRPS_SCOPE,), MEMBERS_TYPE):
            told = page.get("members") if isinstance(page, dict) else None
            if not isinstance(told, list):
                raise ServiceFailed("bad_members", "What the platform calls a list of members is none.", 200)
            yield from filter(None, map(_member, told))


def _member(told: object) -> Member | None:
    """A member; None for one without a user id, whom nobody could mean."""
    if not isinstance(told, dict) or not isinstance(told.get("user_id"), str) or not told["user_id"]:
        return None
    roles = told.get("roles")
    return Member(
        told["user_id"],
        tuple(role for role in roles if isinstance(role, str)) if isinstance(roles, list) else (),
        _text(told.get("status")) or "Active",
        _text(told.get("name")),
        _text(told.get("email")),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
