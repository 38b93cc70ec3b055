"""What a partner's administrator does with a setup link, step by step, in units of their own.

Every step proves anew that the link is good and the browser the one that claimed it. A refused step leaves one audit row
and changes nothing else.
"""

from collections.abc import Mapping
from typing import Any, cast

from hub.errors import BadInput, Missing
from hub.exchange import Exchange, Step
from hub.lti.registration.decide import doubts_about_entry
from hub.lti.registration.drafts import Direction, NewDraft, keep_received, open_draft, waiting_of_link
from hub.lti.registration.try_platform import try_platform
from hub.lti.registration.try_tool import try_tool
from hub.lti.tool.platforms import HubAsTool, PlatformSettings, add_platform, connect_platform
from hub.lti.tools import ToolRegistration, add_tool, connect_tool
from hub.network.systems.connections import read_connection
from hub.network.systems.setup_links import (
    ACTION,
    SetupLink,
    attach_connection,
    check_allows,
    claim_setup_link,
    finish_setup_link,
    peek_setup_link,
)
from hub.network.systems.setup_steps import audited, run_step
from hub.network.systems.slugs import free_slug
from hub.runtime import Hub
from hub.store import UnitOfWork


def look(hub: Hub, code: str) -> SetupLink:
    """The link, before anybody claims it; refuses as ``peek_setup_link``."""
    with hub.reading() as uow:
        return audited(hub, lambda: peek_setup_link(uow, code))


def claim(hub: Hub, code: str, browser: str) -> SetupLink:
    """The link, for the browser that has it or takes it now; refuses as ``claim_setup_link``."""
    return run_step(hub, lambda uow: claim_setup_link(uow, code, browser))


def open_registration(
    hub: Hub, code: str, browser: str, direction: Direction, registration_url: str = ""
) -> NewDraft:
    """Open a dynamic registration; where the browser goes next, or what is pasted into the LMS. As ``open_draft``."""

    def step(uow: UnitOfWork) -> NewDraft:
        link = claim_setup_link(uow, code, browser)
        return open_draft(
            uow,
            direction=direction,
            partner_id=link.partner_id,
            slug=_slug(uow, link),
            name=link.name,
            created_by=None,
            setup_link_id=link.id,
            registration_url=registration_url,
        )

    return run_step(hub, step)


def enter_tool(hub: Hub, code: str, browser: str, **settings: Any) -> ToolRegistration:
    """Connect a tool by hand, as ``tools.connect_tool``."""

    def step(uow: UnitOfWork) -> ToolRegistration:
        link = _link_for(uow, code, browser, "tool")
        if link.connection_id is not None:
            return add_tool(uow, link.connection_id, **settings)
        made = connect_tool(uow, _slug(uow, link), link.name, link.partner_id, **settings)
        attach_connection(uow, link.id, made.connection_id)
        return made

    return run_step(hub, step)


def enter_platform(hub: Hub, code: str, browser: str, **settings: Any) -> HubAsTool | None:
    """Connect a platform by hand, as ``platforms.connect_platform``.

    None when it waits for an operator's approval first, for it is at a system of another partner's connection.
    """

    def step(uow: UnitOfWork) -> HubAsTool | None:
        link = _link_for(uow, code, browser, "platform")
        trial = uow.connection.begin_nested()
        made = _make_platform(uow, link, settings)  # what is wrong about it is said at once
        doubts = doubts_about_entry(uow, link.partner_id, settings)
        if not doubts:
            trial.commit()
            return made
        trial.rollback()
        keep_received(uow, _waiting_platform(uow, link), link.name, settings, doubts)
        return None

    return run_step(hub, step)


def _waiting_platform(uow: UnitOfWork, link: SetupLink) -> str:
    """The registration in which a platform of this link waits: the one that waits already, so that a correction replaces it."""
    for draft in waiting_of_link(uow, link.id):
        if draft.direction == "platform":
            return draft.id
    return open_draft(
        uow,
        direction="platform",
        partner_id=link.partner_id,
        slug=_slug(uow, link),
        name=link.name,
        created_by=None,
        setup_link_id=link.id,
    ).id


def _make_platform(uow: UnitOfWork, link: SetupLink, settings: Mapping[str, Any]) -> HubAsTool:
    told = cast(PlatformSettings, settings)
    if link.connection_id is not None:
        return add_platform(uow, link.connection_id, **told)
    made = connect_platform(uow, _slug(uow, link), link.name, link.partner_id, **told)
    attach_connection(uow, link.id, made.connection_id)
    return made


def try_connection(hub: Hub, code: str, browser: str) -> Exchange:
    """Try what was connected so far, as tool and as platform. BadInput ``nothing_connected``."""
    link = claim(hub, code, browser)
    if link.connection_id is None:
        error = BadInput("nothing_connected", "Nothing has been connected yet.", "Connect the LMS first.")
        hub.audit_refusal(ACTION, error.code, link.id, partner_id=link.partner_id)
        raise error
    steps: list[Step] = []
    for attempt in (try_tool, try_platform):
        try:
            steps += attempt(hub, link.connection_id).steps
        except Missing:
            continue  # it is not both
    return Exchange(steps)


def finish(hub: Hub, code: str, browser: str) -> SetupLink:
    """The work is done; the link as it was before. Refuses as ``finish_setup_link``."""

    def step(uow: UnitOfWork) -> SetupLink:
        link = claim_setup_link(uow, code, browser)
        finish_setup_link(uow, code, browser)
        return link

    return run_step(hub, step)


def _link_for(uow: UnitOfWork, code: str, browser: str, direction: Direction) -> SetupLink:
    link = claim_setup_link(uow, code, browser)
    check_allows(link, direction)
    return link


def _slug(uow: UnitOfWork, link: SetupLink) -> str:
    """The slug of the link's connection; for a new one the link's name, with a number where it is taken."""
    if link.connection_id is not None:
        return read_connection(uow, link.connection_id).slug
    return free_slug(uow, link.name, link.partner_id, "lms")
