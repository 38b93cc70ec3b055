"""What an id_token tells a tool (LTI 1.3, section 5.3; Assignment and Grade Services 2.0, section 3.1)."""

import json
from datetime import timedelta
from typing import Any

from hub import __version__
from hub.config import Settings
from hub.lti.content.request import deep_linking_claims
from hub.lti.legacy.claim import migration_claim
from hub.lti.message import Message
from hub.lti.notices.handlers import notice_claims
from hub.lti.resource_links import ResourceLink, default_line_item_id
from hub.lti.roster.claims import roster_claims
from hub.lti.service_urls import line_item_url, line_items_url
from hub.lti.substitution import PLATFORM_FAMILY, PLATFORM_NAME, platform_guid, return_url, substitute
from hub.lti.vocabulary import (
    AGS_ENDPOINT_CLAIM,
    AGS_SCOPES,
    CLAIM,
    COURSE_OFFERING,
    DEEP_LINKING_REQUEST,
    LEARNER,
    RESOURCE_LINK_REQUEST,
    SUBMISSION_REVIEW_REQUEST,
    VERSION,
)
from hub.network.people.person import Person
from hub.store import UnitOfWork

LIFETIME = timedelta(minutes=5)


def id_token_claims(uow: UnitOfWork, message: Message) -> dict[str, Any]:
    """The claims of a message of any type, valid for five minutes from now."""
    settings, tool = uow.settings, message.tool
    claims = {
        "iss": settings.public_url,
        "aud": tool.client_id,
        "sub": message.subject,
        "iat": int(uow.now.timestamp()),
        "exp": int((uow.now + LIFETIME).timestamp()),
        "nonce": message.nonce,
        **_personal_claims(message, message.person),
        CLAIM + "message_type": message.message_type,
        CLAIM + "version": VERSION,
        CLAIM + "deployment_id": message.deployment_id,
        CLAIM + "target_link_uri": message.target_link_uri,
        CLAIM + "roles": [message.role_uri],
        CLAIM + "launch_presentation": {
            "document_target": "window",
            "return_url": return_url(message, settings),
            "locale": message.person.locale,
        },
        CLAIM + "tool_platform": {
            "guid": platform_guid(settings),
            "name": PLATFORM_NAME,
            "product_family_code": PLATFORM_FAMILY,
            "version": __version__,
            "url": settings.public_url,
        },
        **_course_claims(message, settings),
        **_review_claims(message),
        **roster_claims(settings, message.link, tool),
        **notice_claims(settings, tool, message.deployment_id),
        **(deep_linking_claims(uow, message) if message.message_type == DEEP_LINKING_REQUEST else {}),
    }
    with_person = tool.shares_personal_data
    return claims | migration_claim(
        uow, tool.connection_id, message.person.id, claims, with_person=with_person
    )


def _personal_claims(message: Message, person: Person) -> dict[str, str]:
    """Name and e-mail where the tool may have them, leaving out what is not known (OpenID Connect Core, 5.1)."""
    if not message.tool.shares_personal_data:
        return {}
    claims = {
        "name": person.name,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email": person.email,
        "locale": person.locale,
    }
    return {name: value for name, value in claims.items() if value}


def _course_claims(message: Message, settings: Settings) -> dict[str, Any]:
    """The course a message is about, its launch parameters and its services."""
    link, offering = message.link, message.offering
    if link is None or offering is None:
        return {}
    return {
        CLAIM + "resource_link": {"id": link.id, "title": offering.title},
        CLAIM + "context": {"id": link.id, "type": [COURSE_OFFERING], "title": offering.title},
        CLAIM + "custom": _custom(message, settings),
        **_grade_claims(message, link, settings),
    }


def _grade_claims(message: Message, link: ResourceLink, settings: Settings) -> dict[str, Any]:
    """Assignment and Grade Services, where the tool may use any of them (AGS 2.0, section 3.1)."""
    scopes = [scope for scope in message.tool.scopes if scope in AGS_SCOPES]
    if not scopes:
        return {}
    line_item_id = message.review.line_item_id if message.review else default_line_item_id(link.id)
    return {
        AGS_ENDPOINT_CLAIM: {
            "scope": scopes,
            "lineitems": line_items_url(settings, link.id),
            "lineitem": line_item_url(settings, link.id, line_item_id),
        }
    }


def _review_claims(message: Message) -> dict[str, Any]:
    """Whose submission is to be shown (Submission Review 1.0, section 3.2)."""
    review = message.review
    if message.message_type != SUBMISSION_REVIEW_REQUEST or review is None:
        return {}
    about = {
        name: value for name, value in _personal_claims(message, review.person).items() if name != "locale"
    }
    return {CLAIM + "for_user": {"user_id": review.subject, **about, "roles": [LEARNER]}}


def _custom(message: Message, settings: Settings) -> dict[str, str]:
    """The launch parameters, and for tools that send xAPI: whom to name as actor and under which registration."""
    placed = message.link.custom if message.link else {}
    catalogued = message.offering.launch if message.offering else {}
    reviewed = message.review.custom if message.review else {}
    custom = substitute({**message.tool.custom, **catalogued, **placed, **reviewed}, message, settings)
    if message.message_type != RESOURCE_LINK_REQUEST:
        return custom
    actor = {"objectType": "Agent", "account": {"homePage": settings.public_url, "name": message.subject}}
    return {
        **custom,
        "hub_actor": json.dumps(actor, separators=(",", ":")),
        "registration": message.registration,
    }
