"""Attributes as a program sees them: of people, appointments, locations and partners on its side of the wall. Reads only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.access.listing.pages_of import Asked, Page, page_of, part_of
from hub.access.listing.read_appointments import read_appointment
from hub.access.listing.read_network import seen_row
from hub.access.reach import Sight
from hub.network import tables
from hub.network.attribute_values import AttributeKind
from hub.store import UnitOfWork


@dataclass(frozen=True)
class ValueSeen:
    """A value of an attribute for a time."""

    key: str
    value: Any
    valid_from: datetime
    valid_to: datetime | None


def list_kinds(uow: UnitOfWork, asked: Asked) -> Page[AttributeKind]:
    """Which attributes there are, by key."""
    table = tables.attribute_kind
    rows = uow.connection.execute(part_of(sa.select(table), table.c.key, asked)).all()
    kept, following = page_of(rows, asked, lambda row: str(row.key))
    return Page(tuple(_kind(row) for row in kept), following)


def list_values(uow: UnitOfWork, sight: Sight, subject: str, subject_id: str) -> list[ValueSeen]:
    """Every value that a subject has, had and will have, by key and time. Missing ``no_<subject>``, also behind the wall.

    Of people only where their details are seen.
    """
    see_subject(uow, sight, subject, subject_id)
    table = tables.attribute
    query = sa.select(table).where(table.c.subject_id == subject_id).order_by(table.c.key, table.c.valid_from)
    return [
        ValueSeen(row.key, row.value, row.valid_from, row.valid_to) for row in uow.connection.execute(query)
    ]


def see_subject(uow: UnitOfWork, sight: Sight, subject: str, subject_id: str) -> None:
    """Missing ``no_<subject>`` unless the person (with details), appointment, location or partner is seen."""
    if subject == "appointment":
        read_appointment(uow, sight, subject_id)
    elif subject == "person":
        seen = sa.and_(sight.people, sight.details)
        seen_row(uow, tables.person, seen, subject_id, subject)
    elif subject == "location":
        seen_row(uow, tables.location, sight.locations, subject_id, subject)
    else:
        seen_row(uow, tables.partner, sight.partners, subject_id, subject)


def _kind(row: Any) -> AttributeKind:
    return AttributeKind(
        row.key, row.title, row.subject, row.type, tuple(row.choices), tuple(row.mandatory_for)
    )
