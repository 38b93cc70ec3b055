"""What a registration becomes: the tool or platform that is saved, at once or when somebody has decided."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from hub.errors import Conflict, Missing
from hub.journal import audit
from hub.lti.registration.addresses import address_problem, host_or_text, origin_of
from hub.lti.registration.drafts import ACTION, Draft, change_draft, read_draft
from hub.lti.tool import tables
from hub.lti.tool.platform_deployments import approve_first, decide_deployment, find_deployment
from hub.lti.tool.platforms import (
    Platform,
    add_platform,
    connect_platform,
    find_platform,
    read_platform,
    taken,
    update_platform,
)
from hub.lti.tools import (
    Tool,
    ToolRegistration,
    add_tool,
    approve_tool,
    connect_tool,
    read_tool,
    refuse_tool,
    update_tool,
)
from hub.network.systems.setup_links import attach_connection, read_setup_link
from hub.network.tables import connection
from hub.store import UnitOfWork


def decide_draft(uow: UnitOfWork, draft_id: str, approve: bool, actor_id: str | None) -> Draft:
    """Approve what the other system sent, or refuse it; once. The connection is in use from now on, or never.

    Raises Missing ``no_registration``; Conflict ``registration_decided`` when there is nothing to decide (any more), and
    ``platform_taken`` when another connection has become this platform since.
    """
    draft = read_draft(uow, draft_id)
    received = draft.received
    if draft.state != "received" or received is None:
        raise Conflict(
            "registration_decided",
            "There is nothing to decide about this registration.",
            "Somebody else may have decided, or the other system has not answered yet.",
        )
    if approve:
        draft = _approve(uow, draft, received)
    else:
        if draft.direction == "tool" and not received["renews"] and draft.connection_id:
            refuse_tool(uow, draft.connection_id)
        draft = change_draft(uow, draft_id, state="refused")
    audit(
        uow,
        ACTION,
        draft.id,
        actor_id=actor_id,
        partner_id=draft.partner_id,
        connection_id=draft.connection_id,
        detail={"done": draft.state},
    )
    return draft


def save_tool(uow: UnitOfWork, draft: Draft, settings: Mapping[str, Any]) -> ToolRegistration:
    """Save the tool of a registration and note its connection; a connection that is a tool already keeps its client_id."""
    known = known_tool(uow, draft)
    if known is not None:
        return update_tool(uow, known.connection_id, **settings)
    there = _connection_of(uow, draft)
    if there is not None:
        made = add_tool(uow, there, **settings)
    else:
        made = connect_tool(uow, draft.slug, draft.name, draft.partner_id, **settings)
    if draft.connection_id is None:
        _note_connection(uow, draft, made.connection_id)
    return made


def save_platform(uow: UnitOfWork, draft: Draft, settings: Mapping[str, Any]) -> str:
    """Save the platform of a registration; its connection's id.

    The same issuer and client_id again renew what is saved, if it is the same partner's; Conflict ``platform_taken`` if it
    is another connection's or another partner's (row R5).
    """
    deployment_id = settings.get("deployment_id")
    facts = {name: value for name, value in settings.items() if name != "deployment_id"}
    known = _known_platform(uow, draft, str(settings["issuer"]), str(settings["client_id"]))
    if known is not None:
        update_platform(uow, known.connection_id, **facts)
        if deployment_id:
            _approve_deployment(uow, known, deployment_id)
        connection_id = known.connection_id
        change_draft(uow, draft.id, slug=known.slug)
    elif (there := _connection_of(uow, draft)) is not None:
        connection_id = there
        add_platform(uow, connection_id, **settings)
    else:
        connection_id = connect_platform(
            uow,
            draft.slug,
            draft.name,
            draft.partner_id,
            **settings,
        ).connection_id
    _note_connection(uow, draft, connection_id)
    return connection_id


def doubts_about_platform(uow: UnitOfWork, draft: Draft, settings: Mapping[str, Any]) -> tuple[str, ...]:
    """What somebody has to look at before ``save_platform``, beside the flags of the configuration; reason codes.

    ``platform_changed`` when a platform that is there already gets another issuer or client_id, or an address on another
    host; ``audience_shared`` when its tokens would be for what another connection's are for. Conflict ``platform_taken``.
    """
    known = _known_platform(uow, draft, str(settings["issuer"]), str(settings["client_id"]))
    doubts = []
    if known is not None and _identity(vars(known)) != _identity(settings):
        doubts.append("platform_changed")
    if _is_audience_of_another(uow, str(settings["token_audience"]), known):
        doubts.append("audience_shared")
    return tuple(doubts)


def doubts_about_entry(
    uow: UnitOfWork, partner_id: str | None, settings: Mapping[str, Any]
) -> tuple[str, ...]:
    """What somebody has to look at before a partner's own administrator may enter this platform by hand; reason codes.

    ``issuer_of_another`` when its issuer is at a system of another partner's connection, ``audience_shared`` when the hub
    would sign assertions for such a system: nobody but the partner's word says that it is theirs as well.
    """
    platform = tables.lti_platform
    others = uow.connection.execute(
        sa.select(platform.c.issuer, platform.c.token_url, platform.c.token_audience)
        .join(connection, connection.c.id == platform.c.connection_id)
        .where(connection.c.partner_id.is_distinct_from(partner_id))
    ).all()
    issuers = {_system(row.issuer) for row in others}
    theirs = issuers | {_system(url) for row in others for url in (row.token_url, row.token_audience) if url}
    audience = settings.get("token_audience") or ""
    doubts = ["issuer_of_another"] if _system(settings["issuer"]) in issuers else []
    if theirs & {_system(text) for text in (settings["token_url"], audience) if text}:
        doubts.append("audience_shared")
    return tuple(doubts)


def known_tool(uow: UnitOfWork, draft: Draft) -> Tool | None:
    """The tool that the registration renews, if it renews one."""
    if draft.connection_id is None:
        return None
    try:
        return read_tool(uow, draft.connection_id)
    except Missing:
        return None


def _approve(uow: UnitOfWork, draft: Draft, received: Mapping[str, Any]) -> Draft:
    if draft.direction == "platform":
        save_platform(uow, draft, received["settings"])
    elif draft.connection_id is not None:
        if received["renews"]:
            save_tool(uow, draft, received["settings"])
        approve_tool(uow, draft.connection_id)
    return change_draft(uow, draft.id, state="approved")


def _known_platform(uow: UnitOfWork, draft: Draft, issuer: str, client_id: str) -> Platform | None:
    same = find_platform(uow, issuer, client_id)
    if same is not None:
        is_mine = same.partner_id == draft.partner_id
        if not is_mine or draft.connection_id not in {None, same.connection_id}:
            raise taken()
        return same
    if draft.connection_id is None:
        return None
    try:
        return read_platform(uow, draft.connection_id)
    except Missing:
        return None


def _identity(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """What of a platform's settings no renewal may change by itself."""
    urls = [settings[name] for name in ("authorize_url", "token_url", "jwks_url")]
    hosts = (host_or_text(url) for url in (*urls, settings["token_audience"] or settings["token_url"]))
    return (settings["issuer"], settings["client_id"], *hosts)


def _system(text: str) -> str:
    """Scheme, host and port of an address, whatever its spelling; the text itself where it is none."""
    return text if address_problem(text) else origin_of(text)


def _is_audience_of_another(uow: UnitOfWork, audience: str, known: Platform | None) -> bool:
    """Whether another connection's platform might take an assertion that is signed for this audience."""
    if not audience:
        return False
    platform = tables.lti_platform
    names = (platform.c.token_url, platform.c.token_audience, platform.c.issuer)
    query = sa.select(platform.c.connection_id).where(sa.or_(*(name == audience for name in names)))
    if known is not None:
        query = query.where(platform.c.connection_id != known.connection_id)
    return uow.connection.scalar(query.limit(1)) is not None


def _approve_deployment(uow: UnitOfWork, platform: Platform, deployment_id: str) -> None:
    known = find_deployment(uow, platform.connection_id, deployment_id)
    if known is None:
        approve_first(uow, platform.connection_id, deployment_id, platform.partner_id)
    elif known.state == "pending":
        decide_deployment(uow, platform.connection_id, deployment_id, "approved", platform.partner_id)


def _connection_of(uow: UnitOfWork, draft: Draft) -> str | None:
    """The connection it is for, if there is one; its setup link may have got one since the registration was opened."""
    if draft.connection_id is not None or draft.setup_link_id is None:
        return draft.connection_id
    return read_setup_link(uow, draft.setup_link_id).connection_id


def _note_connection(uow: UnitOfWork, draft: Draft, connection_id: str) -> None:
    change_draft(uow, draft.id, connection_id=connection_id)
    if draft.setup_link_id is not None:
        attach_connection(uow, draft.setup_link_id, connection_id)
