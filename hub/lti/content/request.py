"""Asking a tool what it has: the deep linking request, begun by an operator (Deep Linking 2.0, section 4.4)."""

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub.errors import HubError, NotAllowed
from hub.ids import content_hash, new_id
from hub.lti.content.check_items import ACCEPTED_TYPE
from hub.lti.content.tables import lti_content_request
from hub.lti.deployments import deployment_for
from hub.lti.launch import LoginInitiation, NewMessage, begin_message
from hub.lti.tools import Tool, read_tool
from hub.lti.vocabulary import DEEP_LINKING_CLAIM, DEEP_LINKING_REQUEST
from hub.network.people.person import read_person
from hub.network.systems.connections import find_connection
from hub.runtime import Hub
from hub.store import UnitOfWork

if TYPE_CHECKING:
    from hub.lti.login_hint import WebSession
    from hub.lti.message import Message

LIFETIME = timedelta(hours=1)
"""How long somebody may take to choose in a tool, and afterwards to import what was chosen."""


def start_content(hub: Hub, slug: str, session: "WebSession", *, accept_multiple: bool) -> LoginInitiation:
    """``begin_content`` for the tool of a connection, in a unit of its own; a refusal leaves one audit row."""
    connection_id = None
    try:
        with hub.unit_of_work() as uow:
            connection_id = find_connection(uow, slug).id
            tool = read_tool(uow, connection_id)
            return begin_content(
                uow, tool, session.person_id, session.token_hash, accept_multiple=accept_multiple
            )
    except HubError as error:
        hub.audit_refusal("lti_content", error.code, actor_id=session.person_id, connection_id=connection_id)
        raise


def begin_content(
    uow: UnitOfWork, tool: Tool, person_id: str, session_hash: str, *, accept_multiple: bool = True
) -> LoginInitiation:
    """Prepare a deep linking request to a tool, for an operator in one web session.

    Raises NotAllowed ``not_operator`` for everybody else: what is chosen ends up in the catalogue of all; and
    what the tool is closed for.
    """
    person = read_person(uow, person_id)
    if person.disabled or not person.is_operator:
        raise NotAllowed("not_operator", "Only those who run the hub choose courses for its catalogue.")
    if tool.closed:
        raise NotAllowed(tool.closed, f"{tool.name} {tool.closed_words}")
    content_id = new_id()
    uow.connection.execute(
        sa.insert(lti_content_request).values(
            id=content_id,
            connection_id=tool.connection_id,
            person_id=person_id,
            session_hash=session_hash,
            deployment_id=deployment_for(
                uow, tool.connection_id, person.partner_id, tool.deployment_id
            ).deployment_id,
            accept_multiple=accept_multiple,
            created_at=uow.now,
            expires_at=uow.now + LIFETIME,
        )
    )
    message = NewMessage(
        tool, person_id, session_hash, DEEP_LINKING_REQUEST, role="Instructor", content_id=content_id
    )
    return begin_message(uow, message)


def deep_linking_claims(uow: UnitOfWork, message: "Message") -> dict[str, Any]:
    """What the tool may send back, and where to (section 4.4.1); for the id_token of a message with ``content_id``.

    The answer is known by ``data``, which only the tool and whoever carries its answer see. The hub keeps its hash.
    """
    table, data = lti_content_request, secrets.token_urlsafe(32)
    mine = table.c.id == message.content_id
    accept_multiple = uow.connection.scalar(sa.select(table.c.accept_multiple).where(mine))
    uow.connection.execute(sa.update(table).where(mine).values(data_hash=content_hash(data.encode())))
    settings = {
        "deep_link_return_url": uow.settings.url("/lti/content"),
        "accept_types": [ACCEPTED_TYPE],
        "accept_presentation_document_targets": ["window", "iframe"],
        "accept_multiple": bool(accept_multiple),
        "accept_lineitem": True,
        "auto_create": False,
        "data": data,
    }
    return {DEEP_LINKING_CLAIM + "deep_linking_settings": settings}
