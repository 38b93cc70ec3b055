"""Locations as somebody looks through them: long lists in the order of names, for an owner of five or of five thousand (B40)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.access.explore.field import works_in_sight
from hub.access.reach import Sight
from hub.errors import Missing
from hub.ids import is_id
from hub.network import tables
from hub.network.validity.in_force import in_force
from hub.network.views import has_word
from hub.store import UnitOfWork, valid_at
from hub.store.folded import folded

MAX_WORDS = 5
MOST_COUNTED = 5000
"""So far is counted what a search finds: a common word costs no look at every location."""


@dataclass(frozen=True)
class LocationLine:
    """A location in a list. ``people`` counts those with an appointment there at the instant."""

    id: str
    name: str
    city: str
    country: str
    partner_id: str
    partner: str
    is_open: bool
    people: int


@dataclass(frozen=True)
class Wanted:
    """Which locations: an empty field asks nothing. ``words`` are parts of names or cities; ``node_id`` with all below it."""

    words: str = ""
    partner_id: str = ""
    node_id: str = ""
    brand_id: str = ""
    closed: bool = False


@dataclass(frozen=True)
class LocationList:
    """One part of a list: ``after`` is where it goes on, empty at the end.

    ``total`` counts all parts together; what a search finds beyond MOST_COUNTED is MOST_COUNTED + 1.
    """

    lines: tuple[LocationLine, ...]
    after: str
    total: int
    is_searched: bool = False

    @property
    def tally(self) -> str:
        """The total to be shown: ``5,000+`` for more than are counted."""
        is_cut = self.is_searched and self.total > MOST_COUNTED
        return f"{MOST_COUNTED:,}+" if is_cut else f"{self.total:,}"


def list_location_lines(
    uow: UnitOfWork, sight: Sight, at: datetime, wanted: Wanted, after: str = "", limit: int = 50
) -> LocationList:
    """Those open at an instant, or closed ones too, behind the location ``after`` (an id) in the order of names."""
    location, partner = tables.location, tables.partner
    where = locations_wanted(sight, at, wanted)
    is_searched = bool(wanted.words.split())
    meant = sa.select(location.c.id).where(*where)
    if is_searched:  # a word is looked for in every name: once is enough
        found = uow.connection.scalars(meant.limit(MOST_COUNTED + 1)).all()
        total = len(found)
        if total <= MOST_COUNTED:
            where = [uow.among(location.c.id, found)]
    else:
        total = uow.connection.scalar(sa.select(sa.func.count()).select_from(meant.subquery())) or 0
    name = folded(location.c.name)
    query = (
        sa.select(location, partner.c.name.label("partner"))
        .join(partner, partner.c.id == location.c.partner_id)
        .where(*where)
        .order_by(name, location.c.id)
        .limit(limit + 1)
    )
    seen = sa.select(location).where(location.c.id == after, sight.locations)
    last = uow.connection.execute(seen).first() if is_id(after) else None
    if last is not None:
        before = folded(sa.literal(last.name))
        query = query.where(name >= before, sa.or_(name > before, location.c.id > last.id))
    rows = uow.connection.execute(query).all()
    shown = rows[:limit]
    people = _people(uow, sight, [row.id for row in shown], at)
    return LocationList(
        tuple(_line(row, at, people.get(row.id, 0)) for row in shown),
        shown[-1].id if len(rows) > limit else "",
        total,
        is_searched,
    )


def locations_wanted(sight: Sight, at: datetime, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    """What holds for a row of ``location`` that is seen and asked for."""
    location = tables.location
    where = [sight.locations]
    if not wanted.closed:
        where.append(valid_at(location, at))
    if wanted.partner_id:
        where.append(location.c.partner_id == wanted.partner_id)
    words = wanted.words.split()[:MAX_WORDS]
    where += [has_word(word, location.c.name, location.c.city) for word in words]
    if wanted.brand_id:
        carried = tables.location_brand
        carrying = sa.select(carried.c.location_id)
        where.append(
            location.c.id.in_(carrying.where(carried.c.brand_id == wanted.brand_id, valid_at(carried, at)))
        )
    if wanted.node_id:
        where.append(location.c.id.in_(below_node(wanted.node_id, at)))
    return where


def below_node(node_id: str, at: datetime) -> sa.Select[tuple[str]]:
    """Ids of the locations in a node and below it at an instant."""
    placed, closure = tables.location_node, tables.node_closure
    return (
        sa.select(placed.c.location_id)
        .join(closure, closure.c.descendant_id == placed.c.node_id)
        .where(closure.c.ancestor_id == node_id, valid_at(closure, at), valid_at(placed, at))
    )


def _people(uow: UnitOfWork, sight: Sight, ids: Sequence[str], at: datetime) -> dict[str, int]:
    appointment = tables.appointment
    rows = uow.connection.execute(
        sa.select(appointment.c.location_id, sa.func.count(appointment.c.person_id.distinct()))
        .where(appointment.c.location_id.in_(ids), in_force(appointment, at), works_in_sight(sight))
        .group_by(appointment.c.location_id)
    )
    return {row[0]: row[1] for row in rows}


def _line(row: Any, at: datetime, people: int) -> LocationLine:
    is_open = row.valid_from <= at and (row.valid_to is None or row.valid_to > at)
    return LocationLine(row.id, row.name, row.city, row.country, row.partner_id, row.partner, is_open, people)


def find_location(uow: UnitOfWork, sight: Sight, words: str) -> str:
    """The id of the location that is seen and called so, or called so in a city: ``Riverside Motors, Riverside``.

    Missing ``no_location`` for none, and for several.
    """
    location = tables.location
    name, _, city = (part.strip() for part in words.rpartition(","))
    whole = folded(location.c.name) == folded(sa.literal(words.strip()))
    in_city = sa.and_(
        folded(location.c.name) == folded(sa.literal(name)),
        folded(location.c.city) == folded(sa.literal(city)),
    )
    query = sa.select(location.c.id).where(sight.locations, sa.or_(whole, in_city)).limit(2)
    ids = uow.connection.scalars(query).all()
    if len(ids) != 1:
        several = "Several locations are called so: add the city after a comma."
        raise Missing("no_location", several if ids else "There is no such location.")
    return str(ids[0])
