"""Launching an AU: a session with its documents and its ``launched`` statement, then the address (cmi5, section 8)."""

import json
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import sqlalchemy as sa

from hub.errors import BadInput, HubError, Missing, NotAllowed
from hub.ids import content_hash, is_id, random_id
from hub.journal import audit
from hub.network.people.person import Person, read_person
from hub.network.systems.connections import read_connection
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.training.my_training.plan import may_launch
from hub.xapi.cmi5 import tables
from hub.xapi.cmi5.courses import (
    Course,
    Launchable,
    Node,
    course_of_offering,
    find_course,
    read_au,
    read_nodes,
)
from hub.xapi.cmi5.launch_documents import launch_data, offer_preferences, write_launch_data
from hub.xapi.cmi5.lms_statements import Told, actor_of, tell
from hub.xapi.cmi5.move_on import Progress, default_mode
from hub.xapi.cmi5.read_structure import launch_file
from hub.xapi.cmi5.registrations import Registration, read_progress, register, registration_id
from hub.xapi.cmi5.sessions import LIFETIME, abandon_active
from hub.xapi.cmi5.vocabulary import (
    LAUNCH_MODE,
    LAUNCH_MODES,
    LAUNCH_PARAMETERS,
    LAUNCH_URL,
    LAUNCHED,
    MASTERY_SCORE,
    MOVE_ON,
    LaunchMode,
)


@dataclass(frozen=True)
class Asked:
    """What a learner wants to open. ``node_id`` may be empty where the course has one AU."""

    offering_id: str
    node_id: str = ""
    mode: LaunchMode = "Normal"


def start_launch(hub: Hub, person_id: str, asked: Asked) -> str:
    """``launch_au`` in a unit of its own; a refusal leaves one audit row before its error goes on."""
    try:
        with hub.unit_of_work() as uow:
            return launch_au(uow, person_id, asked)
    except HubError as error:
        subject = asked.offering_id if is_id(asked.offering_id) else ""
        hub.audit_refusal("launch", error.code, subject, actor_id=person_id)
        raise


def open_course(hub: Hub, person_id: str, offering_id: str) -> str | None:
    """Where the button of a plan leads: into a course of one AU, else to the course's page; None for other offerings.

    Raises what ``launch_au`` raises.
    """
    with hub.reading() as uow:
        course = find_course(uow, offering_id)
        if course is None:
            return None
        aus = [node for node in read_nodes(uow, course.id) if node.au]
        if len(aus) != 1:
            return hub.settings.url(f"/courses/{offering_id}")
        progress = read_progress(uow, registration_id(course.id, person_id)).get(aus[0].id, Progress())
        asked = Asked(offering_id, aus[0].id, default_mode(aus[0], progress))
    return start_launch(hub, person_id, asked)


def launch_au(uow: UnitOfWork, person_id: str, asked: Asked) -> str:
    """Begin a session and answer the address the browser goes to, whatever window the AU asks for (8.1).

    Sessions of the registration that are not over are abandoned. Raises Missing ``not_assigned`` without a live goal,
    ``no_course`` and ``no_au``, NotAllowed ``person_disabled`` and ``connection_disabled``, BadInput ``bad_launch``.
    """
    if asked.mode not in LAUNCH_MODES:
        raise BadInput("bad_launch", f"A course is opened as one of: {', '.join(LAUNCH_MODES)}.")
    if not is_id(asked.offering_id) or not may_launch(uow, person_id, asked.offering_id):
        raise Missing("not_assigned", "This course is not in your plan.", "Open My training to see what is.")
    person = read_person(uow, person_id)
    if person.disabled:
        raise NotAllowed("person_disabled", "This account is switched off.")
    course = course_of_offering(uow, asked.offering_id)
    connection = read_connection(uow, course.connection_id)
    if connection.disabled:
        message = f"{connection.name} is switched off at the moment."
        raise NotAllowed("connection_disabled", message, "Try again later.")
    node, au = read_au(uow, course.id, asked.node_id or _only_au(uow, course))
    registration = register(uow, course, person.id)
    abandon_active(uow, course, registration)
    return _begin(uow, course, node, au, registration, person, asked.mode)


def _only_au(uow: UnitOfWork, course: Course) -> str:
    aus = [node for node in read_nodes(uow, course.id) if node.au]
    if len(aus) != 1:
        raise BadInput("bad_launch", "This course has several parts.", "Choose one of them on its page.")
    return aus[0].id


def _begin(
    uow: UnitOfWork,
    course: Course,
    node: Node,
    au: Launchable,
    registration: Registration,
    person: Person,
    mode: LaunchMode,
) -> str:
    session_id, content_key, fetch_key = random_id(), secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    uow.connection.execute(
        sa.insert(tables.cmi5_session).values(
            id=session_id,
            registration_id=registration.id,
            node_id=node.id,
            launch_mode=mode,
            mastery_score=au.mastery_score,
            package_hash=course.package_hash,
            content_hash=content_hash(content_key.encode()),
            fetch_hash=content_hash(fetch_key.encode()),
            launched_at=uow.now,
            expires_at=uow.now + LIFETIME,
        )
    )
    data = launch_data(node, au, session_id, mode, uow.settings.url(f"/courses/{course.offering_id}"))
    write_launch_data(uow, course, registration, node.activity_id, data)
    offer_preferences(uow, course, registration, person.locale)
    address = au.url
    if launch_file(au.url) is not None:
        address = uow.settings.content_address(f"/content/{content_key}/{au.url}")
    extensions = _extensions(au, mode, address)
    told = Told(LAUNCHED, node, session_id, uow.now, extensions=extensions)
    tell(uow, course.connection_id, registration.subject, registration.id, [told])
    audit(
        uow,
        "launch",
        course.offering_id,
        actor_id=person.id,
        partner_id=person.partner_id,
        connection_id=course.connection_id,
        detail={"session": session_id, "registration": registration.id, "au": node.id, "mode": mode},
    )
    fields = {
        "endpoint": uow.settings.url("/xapi/"),
        "fetch": uow.settings.url(f"/cmi5/fetch/{fetch_key}"),
        "actor": json.dumps(actor_of(uow.settings, registration.subject), separators=(",", ":")),
        "registration": registration.id,
        "activityId": node.activity_id,
    }
    parts = urlsplit(address)
    return urlunsplit(
        parts._replace(query="&".join(filter(None, (parts.query, urlencode(fields, quote_via=quote)))))
    )


def _extensions(au: Launchable, mode: LaunchMode, address: str) -> dict[str, Any]:
    """Of the ``launched`` statement (9.6.3). The address of a file has the key of its session, as 9.6.3.4 asks for."""
    optional = {MASTERY_SCORE: au.mastery_score, LAUNCH_PARAMETERS: au.launch_parameters}
    return {
        LAUNCH_MODE: mode,
        LAUNCH_URL: address,
        MOVE_ON: au.move_on,
        **{name: value for name, value in optional.items() if value is not None},
    }
