"""Doors: names in an address under which the people of one partner, or of one of its locations, find their ways in."""

import re
from dataclasses import dataclass

import sqlalchemy as sa

from hub.errors import BadInput, Conflict, Missing
from hub.ids import is_id
from hub.journal import Change, audit, record_changes
from hub.network import tables as network
from hub.sso.tables import sign_in_door
from hub.store import UnitOfWork
from hub.store.insert import insert_once

CHANGED = "sign_in_door_changed"
REMOVED = "sign_in_door_removed"
RESERVED = frozenset({"forget", "local", "recover", "with", "passkey", "password", "register"})
"""What follows ``/sign-in/`` in the hub's own addresses."""
_SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?")


@dataclass(frozen=True)
class Door:
    """A name for a partner's ways in. ``name`` is what the page calls it: the location's name or the partner's."""

    slug: str
    partner_id: str
    location_id: str | None
    name: str


def find_door(uow: UnitOfWork, slug: str) -> Door | None:
    """The door of this name, if there is one."""
    found = _doors(uow, sign_in_door.c.slug == slug)
    return found[0] if found else None


def list_doors(uow: UnitOfWork, partner_id: str) -> list[Door]:
    """A partner's doors by name."""
    return _doors(uow, sign_in_door.c.partner_id == partner_id)


def add_door(
    uow: UnitOfWork,
    slug: str,
    partner_id: str,
    location_id: str | None = None,
    *,
    actor_id: str | None = None,
) -> None:
    """Let ``/sign-in/SLUG`` show a partner's ways in; the same again changes nothing.

    BadInput ``bad_slug``; Missing ``no_partner`` or ``no_location``; Conflict ``door_taken`` when the name means
    something else, also a connection.
    """
    if not _SLUG.fullmatch(slug) or slug in RESERVED:
        raise BadInput(
            "bad_slug", f"{slug!r} cannot name a door.", "Use lower case letters, digits and hyphens."
        )
    if not is_id(partner_id) or uow.find(network.partner, id=partner_id) is None:
        raise Missing("no_partner", "There is no such partner.")
    place = uow.find(network.location, id=location_id) if location_id and is_id(location_id) else None
    if location_id and (place is None or place.partner_id != partner_id):
        raise Missing("no_location", "There is no such location.")
    body = {"slug": slug, "partner_id": partner_id, "location_id": location_id}
    is_connection = uow.find(network.connection, slug=slug) is not None
    if not is_connection and insert_once(uow, sign_in_door, **body):
        record_changes(uow, [Change(CHANGED, slug, body, actor_id=actor_id)])
        audit(uow, CHANGED, slug, actor_id=actor_id, partner_id=partner_id)
        return
    known = find_door(uow, slug)
    if known is None or (known.partner_id, known.location_id) != (partner_id, location_id):
        raise Conflict("door_taken", f"The name {slug} is in use.", "Choose another name.")


def remove_door(uow: UnitOfWork, slug: str, *, actor_id: str | None = None) -> None:
    """Let the name lead nowhere any more. Missing ``no_door``."""
    door = find_door(uow, slug)
    if door is None:
        raise Missing("no_door", f"There is no door {slug}.")
    uow.connection.execute(sa.delete(sign_in_door).where(sign_in_door.c.slug == slug))
    record_changes(uow, [Change(REMOVED, slug, {"slug": slug}, actor_id=actor_id)])
    audit(uow, REMOVED, slug, actor_id=actor_id, partner_id=door.partner_id)


def _doors(uow: UnitOfWork, where: sa.ColumnElement[bool]) -> list[Door]:
    door, partner, location = sign_in_door, network.partner, network.location
    name = sa.func.coalesce(location.c.name, partner.c.name)
    rows = uow.connection.execute(
        sa.select(door.c.slug, door.c.partner_id, door.c.location_id, name)
        .join(partner, partner.c.id == door.c.partner_id)
        .outerjoin(location, location.c.id == door.c.location_id)
        .where(where)
        .order_by(door.c.slug)
    )
    return [Door(*row) for row in rows]
