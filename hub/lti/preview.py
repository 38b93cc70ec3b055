"""What a launch would tell a tool, for somebody who looks into why it does not work. Nothing is written or signed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.lti.deployments import Deployment, deployment_for
from hub.lti.id_token import id_token_claims
from hub.lti.launch import registration_for
from hub.lti.message import Message
from hub.lti.resource_links import planned_link
from hub.lti.tools import Tool, read_tool
from hub.network.people.identities import SUBJECT
from hub.network.people.person import Person, read_person
from hub.network.tables import identity_link
from hub.store import UnitOfWork
from hub.training.courses.offerings import read_offering
from hub.training.my_training.plan import may_launch

WILL_BE_MADE = "(made at the launch)"


@dataclass(frozen=True)
class Preview:
    """The parameters of the login initiation and the claims of the id_token, with WILL_BE_MADE for what a launch makes.

    ``hindrance`` is the reason code for which this launch would be refused now, empty where it would not.
    """

    fields: Mapping[str, str]
    claims: Mapping[str, Any]
    hindrance: str


def preview_launch(uow: UnitOfWork, person_id: str, offering_id: str) -> Preview:
    """The launch of an offering by a person as it would be now; Missing when the offering is not launched by LTI.

    No subject is issued: one that the person does not have yet at this tool is WILL_BE_MADE.
    """
    person, offering = read_person(uow, person_id), read_offering(uow, offering_id)
    tool, link = read_tool(uow, offering.connection_id), planned_link(uow, offering)
    deployment = deployment_for(uow, tool.connection_id, person.partner_id, tool.deployment_id)
    message = Message(
        tool=tool,
        deployment_id=deployment.deployment_id,
        person=person,
        subject=_known_subject(uow, tool, person) or WILL_BE_MADE,
        registration=registration_for(link.id, person.id),
        nonce=WILL_BE_MADE,
        link=link,
        offering=offering,
    )
    fields = {
        "iss": uow.settings.public_url,
        "target_link_uri": message.target_link_uri,
        "login_hint": WILL_BE_MADE,
        "lti_message_hint": link.id,
        "client_id": tool.client_id,
        "lti_deployment_id": deployment.deployment_id,
    }
    claims = id_token_claims(uow, message)
    return Preview(fields, claims, _hindrance(uow, person, tool, deployment, offering.id))


def _known_subject(uow: UnitOfWork, tool: Tool, person: Person) -> str | None:
    link = identity_link
    return uow.connection.scalar(
        sa.select(link.c.subject)
        .where(
            link.c.connection_id == tool.connection_id,
            link.c.person_id == person.id,
            link.c.form == SUBJECT,
            link.c.made_by == "launch",
        )
        .limit(1)
    )


def _hindrance(uow: UnitOfWork, person: Person, tool: Tool, deployment: Deployment, offering_id: str) -> str:
    """In the order in which a launch finds out."""
    if not may_launch(uow, person.id, offering_id):
        return "not_assigned"
    if person.disabled:
        return "person_disabled"
    return tool.closed or ("deployment_disabled" if deployment.disabled else "")
