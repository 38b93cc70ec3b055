"""Registrations that are under way: somebody here opened one, and its code lets one other system answer it once.

``direction`` is what the other system is to the hub. A *tool* gets the code as registration token; a *platform* opens the
registration address, which ends in it. So nobody unknown makes the hub call anything or writes anything here.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlencode

import sqlalchemy as sa

from hub.errors import BadInput, Conflict, Missing
from hub.ids import content_hash, is_id, new_id
from hub.journal import Change, audit, record_changes
from hub.lti.refusals import Refused
from hub.lti.registration import tables
from hub.lti.registration.addresses import address_problem, with_query
from hub.network.systems.connections import Connection, check_new_connection, find_connection
from hub.network.systems.setup_links import LinkRefused, check_allows, check_link_is_open
from hub.store import UnitOfWork

ACTION = "lti_registration"
"""Under which the audit trail has what happens to registrations."""
Direction = Literal["tool", "platform"]
DraftState = Literal["open", "received", "approved", "refused"]
LIFETIMES: Mapping[Direction, timedelta] = {"tool": timedelta(hours=1), "platform": timedelta(days=7)}
"""A tool answers in the same sitting; an LMS's administrator may have to find the right page first."""
MAX_NAME = 255


@dataclass(frozen=True)
class Draft:
    """A registration, without its code.

    ``received`` is what the other system told: what will be or was saved (``settings``), what is doubtful about it
    (``flags``, reason codes of ``explain``), and what it calls itself (``name``).
    """

    id: str
    direction: Direction
    partner_id: str | None
    setup_link_id: str | None
    connection_id: str | None
    slug: str
    name: str
    allow_no_token: bool
    registration_url: str
    state: DraftState
    received: Mapping[str, Any] | None
    created_by: str | None
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True)
class NewDraft:
    """A new registration. ``address`` is where the administrator's browser goes next, or what is pasted into the LMS."""

    id: str
    code: str
    address: str


def open_draft(
    uow: UnitOfWork,
    *,
    direction: Direction,
    partner_id: str | None,
    slug: str,
    name: str,
    created_by: str | None,
    setup_link_id: str | None = None,
    registration_url: str = "",
    allow_no_token: bool = False,
) -> NewDraft:
    """Open a registration for a connection ``slug``, which is made when the other system answers.

    If the connection is there already, of the same partner and to an LMS, its registration is renewed. Raises Conflict
    ``connection_exists`` for any other, BadInput ``bad_slug``, ``bad_name`` or ``bad_registration_url``, and for a setup
    link what ``check_link_is_open`` raises and LinkRefused 403 ``link_of_another_partner``.
    """
    if direction == "tool" and (problem := address_problem(registration_url)):
        raise BadInput(
            "bad_registration_url",
            f"This is no registration address: {problem}.",
            "Paste the address that the tool shows for dynamic registration.",
        )
    if not 0 < len(name.strip()) <= MAX_NAME:
        raise BadInput("bad_name", "The connection needs a name.", f"At most {MAX_NAME} characters.")
    if setup_link_id is not None:
        _check_setup_link(uow, setup_link_id, direction, partner_id)
    connection = _existing(uow, slug, partner_id)
    code, draft_id = secrets.token_urlsafe(32), new_id()
    draft = Draft(
        id=draft_id,
        direction=direction,
        partner_id=partner_id,
        setup_link_id=setup_link_id,
        connection_id=connection.id if connection else None,
        slug=slug,
        name=name.strip(),
        allow_no_token=allow_no_token,
        registration_url=registration_url if direction == "tool" else "",
        state="open",
        received=None,
        created_by=created_by,
        expires_at=uow.now + LIFETIMES[direction],
        used_at=None,
    )
    uow.connection.execute(
        sa.insert(tables.lti_registration_draft).values(
            **{**vars(draft), "received": sa.null()}, code_hash=_hash(code)
        )
    )
    _record(uow, draft)
    audit(
        uow,
        ACTION,
        draft_id,
        actor_id=created_by,
        partner_id=partner_id,
        connection_id=draft.connection_id,
        detail={"done": "opened", "direction": direction},
    )
    return NewDraft(draft_id, code, _address(uow, draft, code))


def draft_of(uow: UnitOfWork, code: str, direction: Direction, expected_id: str = "") -> Draft:
    """The open registration with this code. ``expected_id`` names the one that the code is used for, where that is known.

    Raises Refused 401 ``no_token``, ``unknown_token``, ``token_of_another_draft``, ``token_used`` or ``token_expired``, and
    410 when the setup link it belongs to is no longer good.
    """
    if not code:
        raise _unauthorized("no_token", "A registration token is needed.")
    table = tables.lti_registration_draft
    row = uow.connection.execute(sa.select(table).where(table.c.code_hash == _hash(code))).one_or_none()
    if row is None:
        raise _unauthorized("unknown_token", "This registration token was not given out here.")
    draft = _draft(row)
    if draft.direction != direction or (expected_id and draft.id != expected_id):
        raise _unauthorized("token_of_another_draft", "This registration token is for another registration.")
    if draft.state != "open":
        raise _unauthorized("token_used", "This registration token was used before.")
    if draft.expires_at <= uow.now:
        raise _unauthorized("token_expired", "This registration token has expired.")
    if draft.setup_link_id is not None:
        check_link_is_open(uow, draft.setup_link_id)
    return draft


def take_draft(uow: UnitOfWork, draft: Draft) -> None:
    """Use up the code; of two that try at once, in whatever process, one succeeds: Refused 401 ``token_used``."""
    table = tables.lti_registration_draft
    taken = uow.connection.execute(
        sa.update(table)
        .where(table.c.id == draft.id, table.c.state == "open")
        .values(state="received", used_at=uow.now)
    )
    if taken.rowcount != 1:
        raise _unauthorized("token_used", "This registration token was used before.")


def release_draft(uow: UnitOfWork, draft: Draft) -> None:
    """Give the code back after a registration that the other system did not bring to its end."""
    table = tables.lti_registration_draft
    uow.connection.execute(
        sa.update(table)
        .where(table.c.id == draft.id, table.c.state == "received")
        .values(state="open", used_at=None)
    )


def change_draft(uow: UnitOfWork, draft_id: str, **values: Any) -> Draft:
    """Write columns of a registration and journal it; as it is now."""
    table = tables.lti_registration_draft
    uow.connection.execute(sa.update(table).where(table.c.id == draft_id).values(**values))
    draft = read_draft(uow, draft_id)
    _record(uow, draft)
    return draft


def keep_received(
    uow: UnitOfWork, draft_id: str, name: str, settings: Mapping[str, Any], flags: Sequence[str]
) -> Draft:
    """What was entered by hand, to wait for somebody's decision as if the other system had sent it: its code is good no more."""
    received = {"name": name, "settings": dict(settings), "flags": list(flags), "renews": False}
    draft = change_draft(uow, draft_id, state="received", used_at=uow.now, received=received)
    detail = {"done": "received", "flags": list(flags)}
    audit(uow, ACTION, draft_id, partner_id=draft.partner_id, detail=detail)
    return draft


def waiting_of_link(uow: UnitOfWork, setup_link_id: str) -> list[Draft]:
    """What came through a setup link and waits for somebody's decision, the oldest first."""
    table = tables.lti_registration_draft
    query = sa.select(table).where(table.c.setup_link_id == setup_link_id, table.c.state == "received")
    return [_draft(row) for row in uow.connection.execute(query.order_by(table.c.id))]


def read_draft(uow: UnitOfWork, draft_id: str) -> Draft:
    """The registration with this id; Missing ``no_registration`` when there is none."""
    table = tables.lti_registration_draft
    row = (
        uow.connection.execute(sa.select(table).where(table.c.id == draft_id)).one_or_none()
        if is_id(draft_id)
        else None
    )
    if row is None:
        raise Missing("no_registration", "There is no such registration.")
    return _draft(row)


def list_drafts(uow: UnitOfWork, *, state: DraftState | None = None, limit: int = 100) -> list[Draft]:
    """The newest registrations, all or those in one state: ``received`` wait for somebody to decide."""
    table = tables.lti_registration_draft
    query = sa.select(table).order_by(table.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(table.c.state == state)
    return [_draft(row) for row in uow.connection.execute(query)]


def _existing(uow: UnitOfWork, slug: str, partner_id: str | None) -> Connection | None:
    try:
        connection = find_connection(uow, slug)
    except Missing:
        check_new_connection(uow, slug, partner_id)
        return None
    if connection.kind != "lms" or connection.partner_id != partner_id:
        raise Conflict("connection_exists", f"There is already a connection {slug}.", "Choose another name.")
    return connection


def _check_setup_link(
    uow: UnitOfWork, setup_link_id: str, direction: Direction, partner_id: str | None
) -> None:
    link = check_link_is_open(uow, setup_link_id)
    if link.partner_id != partner_id:
        raise LinkRefused("link_of_another_partner", "The setup link is another partner's.", status=403)
    check_allows(link, direction)


def _address(uow: UnitOfWork, draft: Draft, code: str) -> str:
    """1EdTech Dynamic Registration 1.0, section 3.3: the platform opens the tool's address with these two parameters."""
    if draft.direction == "platform":
        return uow.settings.url(f"/lti/tool/register/{code}")
    configuration = uow.settings.url("/lti/openid-configuration")
    query = {
        "openid_configuration": f"{configuration}?{urlencode({'registration': draft.id})}",
        "registration_token": code,
    }
    return with_query(draft.registration_url, query)


def _record(uow: UnitOfWork, draft: Draft) -> None:
    body = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in vars(draft).items()
    }
    record_changes(uow, [Change("lti_registration_changed", draft.id, body)])


def _draft(row: sa.Row[Any]) -> Draft:
    return Draft(**{name: getattr(row, name) for name in Draft.__dataclass_fields__})


def _hash(code: str) -> str:
    return content_hash(code.encode("utf-8", "surrogatepass"))


def _unauthorized(reason: str, message: str) -> Refused:
    challenge = "Bearer" if reason == "no_token" else 'Bearer error="invalid_token"'
    return Refused(
        reason, message, status=401, error="invalid_token", headers={"WWW-Authenticate": challenge}
    )
