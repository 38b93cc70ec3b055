"""The second step of a launch: the tool asks who is there, and gets an id_token by form post.

LTI 1.3, section 5.1.1, on OpenID Connect Core, section 3.2. Errors go to the tool only where its redirect_uri is
registered; otherwise the person sees a page of the hub.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.errors import BadInput, HubError, NotAllowed
from hub.journal import audit
from hub.lti.id_token import id_token_claims
from hub.lti.login_hint import START_AGAIN, BegunMessage, WebSession, denied, take_hint
from hub.lti.message import Message
from hub.lti.platform_keys import sign
from hub.lti.refusals import Refused
from hub.lti.resource_links import ResourceLink, read_link
from hub.lti.review import may_review, read_review
from hub.lti.tools import Tool, find_tool
from hub.lti.vocabulary import DEEP_LINKING_REQUEST, SUBMISSION_REVIEW_REQUEST
from hub.network.people.identities import pairwise_subject
from hub.network.people.person import Person, lock_people, read_person
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.training.courses.offerings import read_offering
from hub.training.my_training.plan import may_launch

Parameters = Mapping[str, Sequence[str]]
"""Request parameters by name, each with all its values."""


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
        check_request(asked)
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
    """The tool that asks, if it is served and the address for the answer is one of its own."""
    client_ids = asked.get("client_id", ())
    with hub.glance() as uow:
        tool = find_tool(uow, client_ids[0]) if len(client_ids) == 1 else None
    if tool is None:
        raise BadInput("unknown_client", "The learning system that asked is not known here.", START_AGAIN)
    check_tool(tool, asked)
    return tool


def check_tool(tool: Tool, asked: Parameters) -> None:
    """Refuse a tool that is not served, and an answer at an address that is not its own, character by character."""
    redirect_uris = asked.get("redirect_uri", ())
    if tool.closed:
        raise NotAllowed(tool.closed, f"{tool.name} {tool.closed_words}", "Try again later.")
    if len(redirect_uris) != 1 or redirect_uris[0] not in tool.redirect_uris:
        raise BadInput(
            "unregistered_redirect_uri",
            f"{tool.name} asked for an answer at an address that is not registered.",
            START_AGAIN,
        )


def check_request(asked: Parameters) -> None:
    """Everything but the tool, the person and the hints (LTI 1.3, section 5.1.1.2); raises Refused with OAuth's codes."""
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
    begun = take_hint(uow, tool, asked["login_hint"][0], asked["lti_message_hint"][0], session)
    person = read_person(uow, session.person_id)
    link = read_link(uow, begun.link_id) if begun.link_id else None
    _check_still_allowed(uow, person, link, begun)
    if begun.for_person_id:
        # Both may get their subject now, and are held in one order.
        lock_people(uow, [person.id, begun.for_person_id])
    message = Message(
        tool=tool,
        deployment_id=begun.deployment_id,
        person=person,
        subject=pairwise_subject(uow, tool.connection_id, person.id),
        registration=begun.registration,
        nonce=asked["nonce"][0],
        link=link,
        offering=read_offering(uow, link.offering_id) if link else None,
        message_type=begun.message_type,
        role=begun.role,
        review=read_review(uow, tool, begun),
        content_id=begun.content_id,
    )
    audit(
        uow,
        "launch",
        link.offering_id if link else begun.content_id or "",
        actor_id=person.id,
        partner_id=person.partner_id,
        connection_id=tool.connection_id,
        detail={"launch": begun.id, "registration": begun.registration},
    )
    return sign(uow, id_token_claims(uow, message))


def _check_still_allowed(
    uow: UnitOfWork, person: Person, link: ResourceLink | None, begun: BegunMessage
) -> None:
    """Goals end, roles are taken back and people change places: what counts is now."""
    if begun.message_type == DEEP_LINKING_REQUEST:
        allowed, reason = person.is_operator, "not_operator"
    elif begun.message_type == SUBMISSION_REVIEW_REQUEST:
        allowed, reason = may_review(uow, person, begun.for_person_id or ""), "may_not_review"
    else:
        allowed, reason = link is not None and may_launch(uow, person.id, link.offering_id), "not_assigned"
    if person.disabled or not allowed:
        raise denied(reason, _NO_LONGER[reason])


_NO_LONGER = {
    "not_assigned": "This course is no longer in the plan.",
    "not_operator": "Content is chosen by operators of the hub.",
    "may_not_review": "This person's work can no longer be reviewed here.",
}


def _bad_request(reason: str, message: str, error: str = "invalid_request") -> Refused:
    return Refused(reason, message, error=error)
