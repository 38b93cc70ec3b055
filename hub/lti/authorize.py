"""The second step of a launch: the tool asks who is there, and gets an id_token by form post.

LTI 1.3, section 5.1.1, on OpenID Connect Core, section 3.2. Errors go to the tool only where its redirect_uri is
registered; otherwise the person sees a page of the hub.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa

from hub.errors import BadInput, HubError, NotAllowed
from hub.ids import content_hash
from hub.journal import audit
from hub.lti import tables
from hub.lti.id_token import Message, id_token_claims
from hub.lti.platform_keys import sign
from hub.lti.refusals import Refused
from hub.lti.resource_links import ResourceLink, read_link
from hub.lti.tools import Tool, find_tool
from hub.network.identities import pairwise_subject
from hub.network.people import lock_people, read_person
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.training.offerings import read_offering
from hub.training.plan import may_launch

Parameters = Mapping[str, Sequence[str]]
"""Request parameters by name, each with all its values."""


class WebSession(Protocol):
    """What a launch needs to know of the web session of this browser."""

    @property
    def person_id(self) -> str:
        """Who is signed in."""
        ...

    @property
    def token_hash(self) -> str:
        """The hash of the session's cookie."""
        ...


@dataclass(frozen=True)
class FormPost:
    """A page that posts ``fields`` to ``url`` (OAuth 2.0 Form Post Response Mode); ``name`` is the tool's."""

    url: str
    fields: Mapping[str, str]
    name: str


def authorize(hub: Hub, asked: Parameters, session: WebSession | None) -> FormPost:
    """Answer a tool's authentication request with an id_token, or with an error it can show.

    Raises BadInput or NotAllowed, to be shown as a page of the hub, when the tool or its redirect_uri is not known or
    the tool is switched off: nothing is posted anywhere then. Every refusal leaves one audit row.
    """
    actor_id = session.person_id if session else None
    try:
        tool = _asking_tool(hub, asked)
    except HubError as error:
        hub.audit_refusal("launch", error.code, actor_id=actor_id)
        raise
    redirect_uri, state = asked["redirect_uri"][0], asked.get("state", [""])[0]
    fields = {"state": state} if state else {}
    try:
        _check_request(asked)
        if session is None:
            raise Refused("no_session", "Nobody is signed in at the hub.", error="login_required")
        with hub.unit_of_work() as uow:
            fields["id_token"] = _id_token(uow, tool, asked, session)
    except HubError as error:
        hub.audit_refusal("launch", error.code, actor_id=actor_id, connection_id=tool.connection_id)
        fields["error"] = (error.error if isinstance(error, Refused) else "") or "access_denied"
        fields["error_description"] = error.message
    return FormPost(redirect_uri, fields, tool.name)


def _asking_tool(hub: Hub, asked: Parameters) -> Tool:
    """The tool that asks, if the address for the answer is one of its own, character by character."""
    client_ids, redirect_uris = asked.get("client_id", ()), asked.get("redirect_uri", ())
    with hub.reading() as uow:
        tool = find_tool(uow, client_ids[0]) if len(client_ids) == 1 else None
    if tool is None:
        raise BadInput("unknown_client", "The learning system that asked is not known here.", _START_AGAIN)
    if tool.disabled:
        raise NotAllowed("tool_disabled", f"{tool.name} is switched off at the moment.", "Try again later.")
    if len(redirect_uris) != 1 or redirect_uris[0] not in tool.redirect_uris:
        raise BadInput(
            "unregistered_redirect_uri",
            f"{tool.name} asked for an answer at an address that is not registered.",
            _START_AGAIN,
        )
    return tool


def _check_request(asked: Parameters) -> None:
    """Everything but the person and the hints (LTI 1.3, section 5.1.1.2)."""
    repeated = sorted(name for name, values in asked.items() if len(values) > 1)
    if repeated:
        raise _bad_request("repeated_parameter", f"{repeated[0]} was given more than once.")
    given = {name: values[0] for name, values in asked.items()}
    if given.get("response_type") != "id_token":
        raise _bad_request("bad_response_type", "Only id_token is answered.", "unsupported_response_type")
    if given.get("scope") != "openid":
        raise _bad_request("bad_scope", "The scope of a launch is openid.", "invalid_scope")
    if given.get("response_mode") != "form_post":
        raise _bad_request("bad_response_mode", "The answer comes by form_post only.")
    if given.get("prompt") != "none":
        raise _bad_request("bad_prompt", "A launch asks with prompt=none.")
    for name in ("nonce", "login_hint", "lti_message_hint"):
        if not given.get(name):
            raise _bad_request(f"no_{name}", f"{name} is missing.")


def _id_token(uow: UnitOfWork, tool: Tool, asked: Parameters, session: WebSession) -> str:
    launch = _take_hint(uow, tool, asked["login_hint"][0], asked["lti_message_hint"][0], session)
    link, person = launch.link, read_person(uow, session.person_id)
    if person.disabled or not may_launch(uow, person.id, link.offering_id):
        raise _denied("not_assigned", "This course is no longer in the plan.")
    lock_people(uow, [person.id])  # two first launches at once get one subject
    message = Message(
        tool=tool,
        link=link,
        offering=read_offering(uow, link.offering_id),
        person=person,
        subject=pairwise_subject(uow, tool.connection_id, person.id),
        registration=launch.registration,
        nonce=asked["nonce"][0],
    )
    audit(
        uow,
        "launch",
        link.offering_id,
        actor_id=person.id,
        partner_id=person.partner_id,
        connection_id=tool.connection_id,
        detail={"launch": launch.id, "registration": launch.registration},
    )
    return sign(uow, id_token_claims(message, uow.settings, uow.now))


@dataclass(frozen=True)
class _Launch:
    id: str
    link: ResourceLink
    registration: str


def _take_hint(
    uow: UnitOfWork, tool: Tool, login_hint: str, message_hint: str, session: WebSession
) -> _Launch:
    """Use up a login hint; of two that try at once, in whatever process, one succeeds."""
    table = tables.lti_launch
    row = uow.connection.execute(
        sa.select(table).where(table.c.hint_hash == content_hash(login_hint.encode()))
    ).one_or_none()
    link = read_link(uow, row.resource_link_id) if row else None
    if row is None or link is None:
        raise _denied("unknown_login_hint", "The hub did not start this launch.")
    if link.connection_id != tool.connection_id:
        raise _denied(
            "hint_of_other_tool",
            "This launch was started for another learning system.",
            "unauthorized_client",
        )
    if row.person_id != session.person_id:
        raise _denied("hint_of_other_person", "This launch was started by somebody else.")
    if row.session_hash != session.token_hash:
        raise _denied("hint_of_other_session", "This launch was started in another browser session.")
    if message_hint != link.id:
        raise _denied("message_hint_mismatch", "The lti_message_hint does not belong to this launch.")
    if row.launched_at is None and row.expires_at <= uow.now:
        raise _denied("hint_expired", "This launch took too long.")
    taken = uow.connection.execute(
        sa.update(table)
        .where(table.c.id == row.id, table.c.launched_at.is_(None))
        .values(launched_at=uow.now, expires_at=None)
    )
    if taken.rowcount != 1:
        raise _denied("hint_reused", "This launch was used before.")
    return _Launch(row.id, link, row.registration)


_START_AGAIN = "Go back to My training and start the course again."


def _bad_request(reason: str, message: str, error: str = "invalid_request") -> Refused:
    return Refused(reason, message, error=error)


def _denied(reason: str, message: str, error: str = "access_denied") -> Refused:
    return Refused(reason, f"{message} {_START_AGAIN}", error=error)
