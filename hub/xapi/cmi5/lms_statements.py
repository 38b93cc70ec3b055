"""Statements that the hub itself makes as the LMS, stored through the same door as everybody's (cmi5, section 9)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from hub.config import Settings
from hub.ids import random_id
from hub.network.systems.connections import read_connection
from hub.store import UnitOfWork
from hub.xapi.callers.credentials import ALL, Credential
from hub.xapi.cmi5.courses import Course, Node
from hub.xapi.cmi5.vocabulary import ACTIVITY_TYPES, CMI5_CATEGORY, MOVE_ON_CATEGORY, SESSION_ID
from hub.xapi.http.versions import ApiVersion
from hub.xapi.statements.instants import format_instant
from hub.xapi.statements.types import LanguageTag
from hub.xapi.storing.incoming import read_statements
from hub.xapi.storing.store_statements import store_statements

KEY = "hub"
"""The account under which the hub asserts its own statements."""


@dataclass(frozen=True)
class Told:
    """What the hub tells: a verb about the course, a block or an AU, within a session of a registration."""

    verb: str
    about: Course | Node
    session_id: str
    at: datetime
    result: Mapping[str, Any] | None = None
    extensions: Mapping[str, Any] | None = None


def actor_of(settings: Settings, subject: str) -> dict[str, Any]:
    """The hub account under which the hub names a learner to a connection (cmi5, 9.2)."""
    return {"objectType": "Agent", "account": {"homePage": settings.public_url, "name": subject}}


def tell(
    uow: UnitOfWork, connection_id: str, subject: str, registration_id: str, told: Sequence[Told]
) -> list[str]:
    """Append statements of the hub in one request of its own, in their order; their ids."""
    statements = [_statement(uow, subject, registration_id, each) for each in told]
    incoming = read_statements(json.dumps(statements).encode(), ApiVersion.V1)
    connection = read_connection(uow, connection_id)
    hub = Credential(connection_id, KEY, connection_id, connection.partner_id, frozenset({ALL}))
    return store_statements(uow, hub, incoming, ApiVersion.V1)


def activity_of(about: Course | Node) -> dict[str, Any]:
    """The object of a statement about a course, a block or an AU (cmi5, 9.4)."""
    kind = about.kind if isinstance(about, Node) else "course"
    definition: dict[str, Any] = {
        name: tagged
        for name, texts in (("name", about.title), ("description", about.description))
        if (tagged := {tag: text for tag, text in texts.items() if _is_tag(tag)})
    }
    au = about.au if isinstance(about, Node) else None
    type = au.activity_type if au else ACTIVITY_TYPES.get(kind)
    if type:
        definition["type"] = type
    return {"objectType": "Activity", "id": about.activity_id, "definition": definition}


def _is_tag(tag: str) -> bool:
    """Whether xAPI takes the language tag: XML allows some that RFC 5646 does not."""
    try:
        return bool(msgspec.convert(tag, LanguageTag))
    except msgspec.ValidationError:
        return False


def _statement(uow: UnitOfWork, subject: str, registration_id: str, told: Told) -> dict[str, Any]:
    categories = [{"objectType": "Activity", "id": CMI5_CATEGORY}]
    result = dict(told.result or {})
    if "success" in result or "completion" in result:
        categories.append({"objectType": "Activity", "id": MOVE_ON_CATEGORY})
    statement: dict[str, Any] = {
        "id": random_id(),
        "actor": actor_of(uow.settings, subject),
        "verb": {"id": told.verb, "display": {"en": told.verb.rpartition("/")[2]}},
        "object": activity_of(told.about),
        "context": {
            "registration": registration_id,
            "contextActivities": {
                "category": categories,
                "grouping": [{"objectType": "Activity", "id": told.about.publisher_id}],
            },
            "extensions": {SESSION_ID: told.session_id, **(told.extensions or {})},
        },
        "timestamp": format_instant(told.at),
    }
    return statement | ({"result": result} if result else {})
