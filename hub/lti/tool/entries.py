"""Entries: accepted launches, and the one-time code by which each opens the hub in its browser."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.errors import BadInput, NotAllowed
from hub.ids import content_hash, new_id
from hub.lti.tool import tables
from hub.lti.tool.message import LtiMessage
from hub.lti.tool.roles import kept_roles
from hub.lti.tool.target import Target
from hub.store import UnitOfWork
from hub.store.driver import Question

WINDOW_LIFETIME = timedelta(seconds=60)
"""Of a code that a redirect carries on at once."""
FRAME_LIFETIME = timedelta(minutes=5)
"""Of a code behind a button, which somebody has to find and press."""
LINK_LIFETIME = timedelta(minutes=30)
"""Of a code that waits until somebody has signed in to say who they are."""
_AGAIN = "Go back to your learning system and open the link again."


@dataclass(frozen=True)
class Entry:
    """One accepted launch. ``person_id`` is None while nobody is known by it; ``role`` is what ``roles`` were taken for."""

    id: str
    at: datetime
    person_id: str | None
    connection_id: str
    deployment_id: str
    placement_id: str | None
    message_type: str
    roles: tuple[str, ...]
    role: str
    target_kind: str
    target_id: str | None
    in_frame: bool


@dataclass(frozen=True)
class NewEntry:
    """What is known when a launch is accepted. ``code`` is empty where nothing is to be opened."""

    connection_id: str
    message: LtiMessage
    target: Target
    role: str
    in_frame: bool
    person_id: str | None = None
    placement_id: str | None = None
    code: str = ""


def save_entry(uow: UnitOfWork, new: NewEntry) -> str:
    """Keep an accepted launch; its id."""
    id = new_id()
    lifetime = FRAME_LIFETIME if new.in_frame else WINDOW_LIFETIME
    uow.insert(
        tables.lti_entry,
        id=id,
        connection_id=new.connection_id,
        deployment_id=new.message.deployment_id,
        placement_id=new.placement_id,
        person_id=new.person_id,
        message_type=new.message.message_type,
        roles=kept_roles(new.message.roles),
        role=new.role,
        target_kind=new.target.kind,
        target_id=new.target.id,
        in_frame=new.in_frame,
        code_hash=_hash(new.code) if new.code else None,
        expires_at=uow.now + lifetime if new.code else None,
        at=uow.now,
    )
    return id


def read_entry(uow: UnitOfWork, code: str) -> Entry:
    """The entry of a code that was not used yet, and is not by this.

    Raises BadInput ``unknown_code`` and ``code_expired``, NotAllowed ``code_used``.
    """
    table = tables.lti_entry
    row = uow.connection.execute(sa.select(table).where(table.c.code_hash == _hash(code))).one_or_none()
    if row is None:
        raise BadInput("unknown_code", "This way in is not known, or not any more.", _AGAIN)
    if row.opened_at is not None:
        raise _used()
    if row.expires_at <= uow.now:
        raise BadInput("code_expired", "This took too long.", _AGAIN)
    return _entry(row)


def take_entry(uow: UnitOfWork, code: str, person_id: str | None = None) -> Entry:
    """Use up a code; of two that try at once, in whatever process, one succeeds.

    ``person_id`` is who turned out to be meant, where the launch itself named nobody known. Raises what ``read_entry``
    raises.
    """
    entry = read_entry(uow, code)
    table = tables.lti_entry
    taken = uow.connection.execute(
        sa.update(table)
        .where(table.c.id == entry.id, table.c.opened_at.is_(None))
        .values(opened_at=uow.now, expires_at=None, person_id=entry.person_id or person_id)
        .returning(table)
    ).one_or_none()
    if taken is None:
        raise _used()
    return _entry(taken)


def exchange_code(uow: UnitOfWork, code: str, new_code: str) -> Entry:
    """Replace the code of an entry that waits for its person, which gives it LINK_LIFETIME. Raises as ``read_entry``."""
    entry = read_entry(uow, code)
    table = tables.lti_entry
    changed = uow.connection.execute(
        sa.update(table)
        .where(table.c.id == entry.id, table.c.code_hash == _hash(code))
        .values(code_hash=_hash(new_code), expires_at=uow.now + LINK_LIFETIME)
    )
    if changed.rowcount != 1:
        raise _used()
    return entry


def list_entries(uow: UnitOfWork, person_id: str, limit: int = 50) -> list[Entry]:
    """The newest launches of a person from outside, the last one first."""
    table = tables.lti_entry
    rows = uow.connection.execute(
        sa.select(table).where(table.c.person_id == person_id).order_by(table.c.id.desc()).limit(limit)
    )
    return [_entry(row) for row in rows]


def came_through(uow: UnitOfWork, person_id: str, placement_id: str) -> bool:
    """Whether the person was ever launched from the placement."""
    return _CAME.ask(uow.connection, person_id=person_id, placement_id=placement_id) is not None


_entries = tables.lti_entry.c
_CAME = Question(
    sa.select(_entries.id)
    .where(
        _entries.person_id == sa.bindparam("person_id"),
        _entries.placement_id == sa.bindparam("placement_id"),
    )
    .limit(1)
)


def people_from(uow: UnitOfWork, placement_id: str) -> list[str]:
    """Everybody who was ever launched from the placement and is known."""
    table = tables.lti_entry
    query = sa.select(table.c.person_id).where(
        table.c.placement_id == placement_id, table.c.person_id.is_not(None)
    )
    return list(uow.connection.scalars(query.distinct().order_by(table.c.person_id)))


def _entry(row: sa.Row[Any]) -> Entry:
    roles: Sequence[str] = row.roles
    return Entry(
        id=row.id,
        at=row.at,
        person_id=row.person_id,
        connection_id=row.connection_id,
        deployment_id=row.deployment_id,
        placement_id=row.placement_id,
        message_type=row.message_type,
        roles=tuple(roles),
        role=row.role,
        target_kind=row.target_kind,
        target_id=row.target_id,
        in_frame=row.in_frame,
    )


def _hash(code: str) -> str:
    return content_hash(code.encode("utf-8", "replace"))


def _used() -> NotAllowed:
    return NotAllowed("code_used", "This way in was used before.", _AGAIN)
