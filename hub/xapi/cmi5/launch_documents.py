"""The two documents an AU reads at its start: how it is launched, and what its learner prefers (cmi5, sections 10 and 11)."""

import json
from collections.abc import Mapping
from typing import Any

from hub.store import UnitOfWork
from hub.xapi.cmi5.courses import Course, Launchable, Node
from hub.xapi.cmi5.registrations import Registration
from hub.xapi.cmi5.vocabulary import LAUNCH_DATA, LEARNER_PREFERENCES, SESSION_ID, LaunchMode
from hub.xapi.documents.keys import Context, Key
from hub.xapi.documents.store import Document, change_document

_JSON = "application/json"


def launch_data(
    node: Node, au: Launchable, session_id: str, mode: LaunchMode, return_url: str
) -> dict[str, Any]:
    """The properties of ``LMS.LaunchData`` (cmi5, 10.2), without those the publisher left open."""
    optional: Mapping[str, Any] = {
        "masteryScore": au.mastery_score,
        "launchParameters": au.launch_parameters,
        "entitlementKey": None if au.entitlement_key is None else {"courseStructure": au.entitlement_key},
    }
    return {
        "contextTemplate": {
            "contextActivities": {"grouping": [{"objectType": "Activity", "id": node.publisher_id}]},
            "extensions": {SESSION_ID: session_id},
        },
        "launchMode": mode,
        "launchMethod": au.launch_method,
        "moveOn": au.move_on,
        "returnURL": return_url,
        **{name: value for name, value in optional.items() if value is not None},
    }


def write_launch_data(
    uow: UnitOfWork, course: Course, registration: Registration, activity_id: str, data: Mapping[str, Any]
) -> None:
    """Put the state document that the AU finds with the parameters of its launch (cmi5, 10.1)."""
    agent = _agent(uow, registration)
    context = Context(course.connection_id, "state", agent, activity_id, registration.id)
    content = json.dumps(data, ensure_ascii=False).encode()
    change_document(uow, Key(context, LAUNCH_DATA), lambda _: (content, _JSON))


def offer_preferences(uow: UnitOfWork, course: Course, registration: Registration, locale: str) -> None:
    """Make the learner's preferences if there are none; what an AU has changed since stays (cmi5, 11)."""
    context = Context(course.connection_id, "agent_profile", _agent(uow, registration))
    offered = json.dumps({"languagePreference": locale or "en", "audioPreference": "on"}).encode()

    def keep(known: Document | None) -> tuple[bytes, str]:
        return (known.content, known.content_type) if known else (offered, _JSON)

    change_document(uow, Key(context, LEARNER_PREFERENCES), keep)


def _agent(uow: UnitOfWork, registration: Registration) -> tuple[str, str]:
    return "account", f"{uow.settings.public_url}|{registration.subject}"
