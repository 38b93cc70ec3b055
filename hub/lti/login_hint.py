"""The hint by which a tool names a message when it comes back for it: usable once, by one tool, in one web session."""

from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa

from hub.ids import content_hash
from hub.lti import tables
from hub.lti.refusals import Refused
from hub.lti.tools import Tool
from hub.store import UnitOfWork
from hub.store.driver import Command, Question


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
class BegunMessage:
    """A message as it was begun, see ``launch.NewMessage``."""

    id: str
    message_type: str
    deployment_id: str
    role: str
    registration: str
    link_id: str | None
    for_person_id: str | None
    content_id: str | None


def take_hint(
    uow: UnitOfWork, tool: Tool, login_hint: str, message_hint: str, session: WebSession
) -> BegunMessage:
    """Use up a login hint; of two that try at once, in whatever process, one succeeds.

    Raises Refused with the error of OpenID Connect Core, section 3.1.2.6, that the tool is told.
    """
    row = _BEGUN.ask(uow.connection, hint_hash=content_hash(login_hint.encode()))
    if row is None:
        raise denied("unknown_login_hint", "The hub did not start this launch.")
    _check(uow, tool, row, message_hint, session)
    if _TAKE.run(uow.connection, launch_id=row.id, now=uow.now) != 1:
        raise denied("hint_reused", "This launch was used before.")
    return BegunMessage(
        row.id,
        row.message_type,
        row.deployment_id,
        row.role,
        row.registration,
        row.resource_link_id,
        row.for_person_id,
        row.content_id,
    )


def denied(reason: str, message: str, error: str = "access_denied") -> Refused:
    """A refusal that the tool is told, with words for the person who sees it there."""
    return Refused(reason, f"{message} {START_AGAIN}", error=error)


START_AGAIN = "Go back to My training and start the course again."


_launch, _deployment = tables.lti_launch, tables.lti_deployment
_BEGUN = Question(
    sa.select(_launch, _deployment.c.disabled.label("deployment_disabled"))
    .join(
        _deployment,
        sa.and_(
            _deployment.c.connection_id == _launch.c.connection_id,
            _deployment.c.deployment_id == _launch.c.deployment_id,
        ),
    )
    .where(_launch.c.hint_hash == sa.bindparam("hint_hash"))
)
_TAKE = Command(
    sa.update(_launch)
    .where(_launch.c.id == sa.bindparam("launch_id"), _launch.c.launched_at.is_(None))
    .values(launched_at=sa.bindparam("now"), expires_at=None)
)


def _check(uow: UnitOfWork, tool: Tool, row: Any, message_hint: str, session: WebSession) -> None:
    if row.connection_id != tool.connection_id:
        raise denied(
            "hint_of_other_tool",
            "This launch was started for another learning system.",
            "unauthorized_client",
        )
    if row.person_id != session.person_id:
        raise denied("hint_of_other_person", "This launch was started by somebody else.")
    if row.session_hash != session.token_hash:
        raise denied("hint_of_other_session", "This launch was started in another browser session.")
    if message_hint != (row.resource_link_id or row.content_id):
        raise denied("message_hint_mismatch", "The lti_message_hint does not belong to this launch.")
    if row.launched_at is None and row.expires_at <= uow.now:
        raise denied("hint_expired", "This launch took too long.")
    if row.deployment_disabled:
        raise Refused(
            "deployment_disabled", f"{tool.name} is switched off for your company.", error="access_denied"
        )
