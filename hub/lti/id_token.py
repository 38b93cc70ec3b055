"""What an id_token tells a tool (LTI 1.3, section 5.3; Assignment and Grade Services 2.0, section 3.1)."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub import __version__
from hub.config import Settings
from hub.ids import derived_id
from hub.lti.resource_links import ResourceLink, default_line_item_id
from hub.lti.tools import Tool
from hub.lti.vocabulary import (
    AGS_ENDPOINT_CLAIM,
    CLAIM,
    COURSE_OFFERING,
    LEARNER,
    RESOURCE_LINK_REQUEST,
    VERSION,
)
from hub.network.people import Person
from hub.training.completion import Offering

LIFETIME = timedelta(minutes=5)


@dataclass(frozen=True)
class Message:
    """All that one launch message is made from. ``subject`` is how this tool knows the person, and no other tool."""

    tool: Tool
    link: ResourceLink
    offering: Offering
    person: Person
    subject: str
    registration: str
    nonce: str


def id_token_claims(message: Message, settings: Settings, now: datetime) -> dict[str, Any]:
    """The claims of an LtiResourceLinkRequest, valid for five minutes from ``now``."""
    tool, link = message.tool, message.link
    return {
        "iss": settings.public_url,
        "aud": tool.client_id,
        "sub": message.subject,
        "iat": int(now.timestamp()),
        "exp": int((now + LIFETIME).timestamp()),
        "nonce": message.nonce,
        **_personal_claims(message),
        CLAIM + "message_type": RESOURCE_LINK_REQUEST,
        CLAIM + "version": VERSION,
        CLAIM + "deployment_id": tool.deployment_id,
        CLAIM + "target_link_uri": link.target_link_uri or tool.launch_url,
        CLAIM + "resource_link": {"id": link.id, "title": message.offering.title},
        CLAIM + "context": {"id": link.id, "type": [COURSE_OFFERING], "title": message.offering.title},
        CLAIM + "roles": [LEARNER],
        CLAIM + "custom": _custom(message, settings),
        CLAIM + "launch_presentation": {
            "document_target": "window",
            "return_url": settings.url("/my-training"),
            "locale": message.person.locale,
        },
        CLAIM + "tool_platform": {
            "guid": derived_id("lti-platform", settings.public_url),
            "name": "Partner Training Hub",
            "product_family_code": "partner-training-hub",
            "version": __version__,
            "url": settings.public_url,
        },
        AGS_ENDPOINT_CLAIM: {
            "scope": list(tool.scopes),
            "lineitems": line_items_url(settings, link.id),
            "lineitem": line_item_url(settings, link.id, default_line_item_id(link.id)),
        },
    }


def line_items_url(settings: Settings, context_id: str) -> str:
    """The address of a context's line items."""
    return settings.url(f"/lti/contexts/{context_id}/lineitems")


def line_item_url(settings: Settings, context_id: str, line_item_id: str) -> str:
    """The address of a line item, which is its id for the tool."""
    return f"{line_items_url(settings, context_id)}/{line_item_id}"


def _personal_claims(message: Message) -> dict[str, str]:
    """Name and e-mail where the tool may have them, leaving out what is not known (OpenID Connect Core, 5.1)."""
    if not message.tool.shares_personal_data:
        return {}
    person = message.person
    claims = {
        "name": person.name,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email": person.email,
        "locale": person.locale,
    }
    return {name: value for name, value in claims.items() if value}


def _custom(message: Message, settings: Settings) -> dict[str, str]:
    """The launch parameters, and for tools that send xAPI: whom to name as actor and under which registration."""
    actor = {"objectType": "Agent", "account": {"homePage": settings.public_url, "name": message.subject}}
    return {
        **message.offering.launch,
        **message.link.custom,
        "hub_actor": json.dumps(actor, separators=(",", ":")),
        "registration": message.registration,
    }
