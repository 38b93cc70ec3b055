"""A launch message of a platform, with its types checked (LTI 1.3, section 5.3; AGS 2.0; NRPS 2.0)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from hub.lti.refusals import Refused
from hub.lti.vocabulary import (
    AGS_ENDPOINT_CLAIM,
    CLAIM,
    DEEP_LINKING_REQUEST,
    GROUPS_CLAIM,
    NRPS_CLAIM,
    RESOURCE_LINK_REQUEST,
    VERSION,
)

MAX_ID = 255
MAX_TEXT = 255
MAX_URL = 2000
FRAMES = frozenset({"iframe", "frame"})


@dataclass(frozen=True)
class LtiMessage:
    """What the hub uses of a message. Names and e-mail addresses are not among it: nobody is known by them.

    ``subject`` is empty for an anonymous launch; ``return_url`` is empty unless it is http(s).
    """

    message_type: str
    deployment_id: str
    target_link_uri: str
    subject: str
    roles: tuple[str, ...]
    resource_link_id: str
    title: str
    context_id: str
    return_url: str
    document_target: str
    line_item_url: str | None
    line_items_url: str | None
    members_url: str | None
    groups_url: str | None
    service_scopes: tuple[str, ...]

    @property
    def is_deep_linking(self) -> bool:
        """Whether somebody is to choose content, and nothing is opened."""
        return self.message_type == DEEP_LINKING_REQUEST


def read_message(claims: Mapping[str, Any]) -> LtiMessage:
    """The message in these claims.

    Refuses ``wrong_version``, ``wrong_message_type``, ``missing_deployment``, ``missing_roles``,
    ``missing_resource_link`` and ``malformed_token``. Optional claims of a wrong type are left out.
    """
    if claims.get(CLAIM + "version") != VERSION:
        raise Refused("wrong_version", f"The hub speaks LTI {VERSION}.")
    message_type = claims.get(CLAIM + "message_type")
    if message_type not in (RESOURCE_LINK_REQUEST, DEEP_LINKING_REQUEST):
        raise Refused("wrong_message_type", "The hub does not take messages of this type.")
    deployment_id = _id(claims.get(CLAIM + "deployment_id"))
    if not deployment_id:
        raise Refused("missing_deployment", "The message does not say which deployment it comes from.")
    roles = claims.get(CLAIM + "roles")
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise Refused("missing_roles", "The message does not have a list of roles.")
    link = _object(claims, CLAIM + "resource_link")
    if message_type == RESOURCE_LINK_REQUEST and not _id(link.get("id")):
        raise Refused("missing_resource_link", "The message does not say from which link it comes.")
    context, shown = _object(claims, CLAIM + "context"), _object(claims, CLAIM + "launch_presentation")
    grades = _object(claims, AGS_ENDPOINT_CLAIM)
    scopes = grades.get("scope")
    return LtiMessage(
        message_type=message_type,
        deployment_id=deployment_id,
        target_link_uri=_text(claims.get(CLAIM + "target_link_uri"), MAX_URL),
        subject=_subject(claims.get("sub")),
        roles=tuple(roles),
        resource_link_id=_id(link.get("id")),
        title=_text(link.get("title"), MAX_TEXT) or _text(context.get("title"), MAX_TEXT),
        context_id=_text(context.get("id"), MAX_TEXT),
        return_url=_url(shown.get("return_url")) or "",
        document_target=_text(shown.get("document_target"), MAX_TEXT),
        line_item_url=_url(grades.get("lineitem")),
        line_items_url=_url(grades.get("lineitems")),
        members_url=_url(_object(claims, NRPS_CLAIM).get("context_memberships_url")),
        groups_url=_url(_object(claims, GROUPS_CLAIM).get("context_groups_url")),
        service_scopes=tuple(sorted({s for s in scopes if isinstance(s, str) and len(s) <= MAX_TEXT}))
        if isinstance(scopes, list)
        else (),
    )


def _object(claims: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = claims.get(name)
    return value if isinstance(value, dict) else {}


def _subject(value: object) -> str:
    """Up to 255 characters, case sensitive (OpenID Connect Core 1.0, section 2); empty where there is none."""
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or len(value) > MAX_ID or "\0" in value:
        raise Refused("malformed_token", "The message names its user in a way that cannot be.")
    return value


def _id(value: object) -> str:
    return value if isinstance(value, str) and 0 < len(value) <= MAX_ID and "\0" not in value else ""


def _text(value: object, longest: int) -> str:
    return value.replace("\0", "")[:longest] if isinstance(value, str) else ""


def _url(value: object) -> str | None:
    """An http(s) address; anything else, such as ``javascript:``, is as good as none."""
    if not isinstance(value, str) or len(value) > MAX_URL or "\0" in value:
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return value if parts.scheme in {"http", "https"} and parts.hostname else None
