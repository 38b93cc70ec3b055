"""The first step of a launch: the hub asks the tool to start a sign-in with it (OpenID Connect Core, section 4)."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode, urlsplit, urlunsplit

import sqlalchemy as sa

from hub.errors import HubError, Missing, NotAllowed
from hub.ids import content_hash, derived_id, is_id, new_id
from hub.journal import audit
from hub.lti import tables
from hub.lti.deployments import deployment_for
from hub.lti.message import target_link_uri
from hub.lti.resource_links import ResourceLink, link_for
from hub.lti.tools import Tool, read_tool
from hub.lti.vocabulary import RESOURCE_LINK_REQUEST
from hub.network.people.person import read_person
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.training.courses.offerings import read_offering
from hub.training.my_training.plan import may_launch

LOGIN_HINT_LIFETIME = timedelta(minutes=5)


@dataclass(frozen=True)
class LoginInitiation:
    """Where the browser goes, by GET or by POST, and the parameters it takes along (LTI 1.3, section 4.1)."""

    url: str
    fields: Mapping[str, str]

    @property
    def address(self) -> str:
        """Address and parameters in one, for a redirect."""
        parts = urlsplit(self.url)
        query = "&".join(filter(None, (parts.query, urlencode(self.fields))))
        return urlunsplit(parts._replace(query=query))


def start_launch(hub: Hub, person_id: str, offering_id: str, session_hash: str) -> LoginInitiation:
    """``launch_course`` in a unit of its own; a refusal leaves one audit row before its error goes on."""
    try:
        with hub.unit_of_work() as uow:
            return launch_course(uow, person_id, offering_id, session_hash)
    except HubError as error:
        hub.audit_refusal("launch", error.code, offering_id if is_id(offering_id) else "", actor_id=person_id)
        raise


def launch_course(uow: UnitOfWork, person_id: str, offering_id: str, session_hash: str) -> LoginInitiation:
    """Prepare the launch of an offering for a person in one web session.

    Raises Missing when the person may not launch it, and what ``begin_message`` raises.
    """
    if not is_id(offering_id) or not may_launch(uow, person_id, offering_id):
        raise Missing("not_assigned", "This course is not in your plan.", "Open My training to see what is.")
    offering = read_offering(uow, offering_id)
    tool = read_tool(uow, offering.connection_id)
    return begin_message(uow, NewMessage(tool, person_id, session_hash, link=link_for(uow, offering)))


@dataclass(frozen=True)
class NewMessage:
    """A message of any type that is to be sent to a tool by the browser of a person in one web session.

    Messages about a course have its ``link``; those about content that is chosen, or about work on a line item, name
    it in ``content_id``. ``review_url`` is where a line item's submissions are reviewed, if not where it is launched.
    """

    tool: Tool
    person_id: str
    session_hash: str
    message_type: str = RESOURCE_LINK_REQUEST
    link: ResourceLink | None = None
    role: str = "Learner"
    for_person_id: str | None = None
    content_id: str | None = None
    review_url: str = ""


def begin_message(uow: UnitOfWork, message: NewMessage) -> LoginInitiation:
    """Prepare a message: the tool is asked to start a sign-in, and gets the message when it comes back for it.

    Whether the person may send it is for the caller to decide, and decided again before it is signed. The login hint
    works once, within five minutes, for this person in this session. Raises NotAllowed ``person_disabled``,
    ``tool_disabled``, ``tool_pending``, ``tool_refused`` or ``deployment_disabled``.
    """
    tool, person = message.tool, read_person(uow, message.person_id)
    if person.disabled:
        raise NotAllowed("person_disabled", "This account is switched off.")
    if tool.closed:
        raise NotAllowed(tool.closed, f"{tool.name} {tool.closed_words}", "Try again later.")
    deployment = deployment_for(uow, tool.connection_id, person.partner_id, tool.deployment_id)
    if deployment.disabled:
        raise NotAllowed(
            "deployment_disabled", f"{tool.name} is switched off for your company.", "Try again later."
        )
    login_hint = secrets.token_urlsafe(32)
    _save(uow, message, deployment.deployment_id, login_hint)
    # Whether the LMS is up shows only in the browser: without this row a launch that ends there leaves no trace.
    audit(
        uow,
        "launch_begun",
        _subject(message),
        actor_id=person.id,
        partner_id=person.partner_id,
        connection_id=tool.connection_id,
        detail={} if message.message_type == RESOURCE_LINK_REQUEST else {"message": message.message_type},
    )
    fields = {
        "iss": uow.settings.public_url,
        "target_link_uri": target_link_uri(tool, message.link, message.message_type, message.review_url),
        "login_hint": login_hint,
        "lti_message_hint": message.link.id if message.link else message.content_id or "",
        "client_id": tool.client_id,
        "lti_deployment_id": deployment.deployment_id,
    }
    return LoginInitiation(tool.login_url, fields)


def _subject(message: NewMessage) -> str:
    return message.link.offering_id if message.link else message.content_id or ""


def _save(uow: UnitOfWork, message: NewMessage, deployment_id: str, login_hint: str) -> None:
    link = message.link
    uow.connection.execute(
        sa.insert(tables.lti_launch).values(
            id=new_id(),
            hint_hash=content_hash(login_hint.encode()),
            person_id=message.person_id,
            connection_id=message.tool.connection_id,
            deployment_id=deployment_id,
            message_type=message.message_type,
            role=message.role,
            resource_link_id=link.id if link else None,
            for_person_id=message.for_person_id,
            content_id=message.content_id,
            session_hash=message.session_hash,
            registration=registration_for(link.id, message.person_id) if link else new_id(),
            created_at=uow.now,
            expires_at=uow.now + LOGIN_HINT_LIFETIME,
        )
    )


def registration_for(link_id: str, person_id: str) -> str:
    """The xAPI registration of a person's work on a resource link: the same however often it is launched again.

    A UUIDv5, because tincan, which many senders use, takes no UUID of a later version.
    """
    return derived_id("lti-registration", link_id, person_id)
