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
from hub.lti.resource_links import link_for
from hub.lti.tools import read_tool
from hub.network.people import read_person
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.training.offerings import read_offering
from hub.training.plan import may_launch

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

    The login hint works once, within five minutes, for this person in this session. Raises Missing when the person has
    no live goal on the offering, directly or through a path, and NotAllowed ``tool_disabled`` or ``person_disabled``.
    """
    if not is_id(offering_id) or not may_launch(uow, person_id, offering_id):
        raise Missing("not_assigned", "This course is not in your plan.", "Open My training to see what is.")
    person = read_person(uow, person_id)
    if person.disabled:
        raise NotAllowed("person_disabled", "This account is switched off.")
    offering = read_offering(uow, offering_id)
    tool = read_tool(uow, offering.connection_id)
    if tool.disabled:
        raise NotAllowed("tool_disabled", f"{tool.name} is switched off at the moment.", "Try again later.")
    link = link_for(uow, offering)
    login_hint = secrets.token_urlsafe(32)
    uow.connection.execute(
        sa.insert(tables.lti_launch).values(
            id=new_id(),
            hint_hash=content_hash(login_hint.encode()),
            person_id=person_id,
            resource_link_id=link.id,
            session_hash=session_hash,
            registration=registration_for(link.id, person_id),
            created_at=uow.now,
            expires_at=uow.now + LOGIN_HINT_LIFETIME,
        )
    )
    # Whether the LMS is up shows only in the browser: without this row a launch that ends there leaves no trace.
    audit(
        uow,
        "launch_begun",
        offering.id,
        actor_id=person_id,
        partner_id=person.partner_id,
        connection_id=tool.connection_id,
    )
    fields = {
        "iss": uow.settings.public_url,
        "target_link_uri": link.target_link_uri or tool.launch_url,
        "login_hint": login_hint,
        "lti_message_hint": link.id,
        "client_id": tool.client_id,
        "lti_deployment_id": tool.deployment_id,
    }
    return LoginInitiation(tool.login_url, fields)


def registration_for(link_id: str, person_id: str) -> str:
    """The xAPI registration of a person's work on a resource link: the same however often it is launched again.

    A UUIDv5, because tincan, which many senders use, takes no UUID of a later version.
    """
    return derived_id("lti-registration", link_id, person_id)
