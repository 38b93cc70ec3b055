"""Partners as somebody looks through them, and one of them with what it is to the network and whom it buys from. Reads only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.access.listing.read_network import PartnerSeen, seen_row
from hub.access.reach import Sight
from hub.ids import is_id
from hub.network import tables
from hub.network.validity.as_of import attributes_at
from hub.network.validity.intervals import Interval, holds
from hub.network.views import has_word
from hub.store import UnitOfWork, valid_at
from hub.store.folded import folded

MAX_WORDS = 5


@dataclass(frozen=True)
class KindOfPartner:
    """What a partner is to the network, and when."""

    kind: str
    during: Interval
    holds: bool


@dataclass(frozen=True)
class LinkOfPartner:
    """Another partner at the end of a link. ``partner_id`` is None where that one is not seen, and then it has no name."""

    partner_id: str | None
    name: str
    kind: str


@dataclass(frozen=True)
class PartnerPage:
    """A partner at an instant: ``locations`` counts open ones that are seen, ``people`` those it employs where they are seen."""

    id: str
    name: str
    kinds: tuple[KindOfPartner, ...]
    upstream: tuple[LinkOfPartner, ...]
    downstream: tuple[LinkOfPartner, ...]
    locations: int
    people: int
    attributes: dict[str, Any]


def search_partners(
    uow: UnitOfWork,
    sight: Sight,
    words: str,
    at: datetime,
    *,
    kind: str = "",
    after: str = "",
    limit: int = 50,
) -> tuple[list[PartnerSeen], str, int]:
    """Partners with these words in their names, by name, behind the partner ``after`` (an id); where to go on, and the total."""
    partner, relation = tables.partner, tables.partner_relationship
    where = [sight.partners, *(has_word(word, partner.c.name) for word in words.split()[:MAX_WORDS])]
    if kind:
        of_kind = sa.select(relation.c.partner_id).where(relation.c.kind == kind, valid_at(relation, at))
        where.append(partner.c.id.in_(of_kind))
    total = uow.connection.scalar(sa.select(sa.func.count()).select_from(partner).where(*where)) or 0
    name = folded(partner.c.name)
    query = sa.select(partner).where(*where).order_by(name, partner.c.id).limit(limit + 1)
    seen = sa.select(partner).where(partner.c.id == after, sight.partners)
    last = uow.connection.execute(seen).first() if is_id(after) else None
    if last is not None:
        before = folded(sa.literal(last.name))
        query = query.where(name >= before, sa.or_(name > before, partner.c.id > last.id))
    rows = uow.connection.execute(query).all()
    shown = rows[:limit]
    kinds: dict[str, list[str]] = {}
    for row in uow.connection.execute(
        sa.select(relation.c.partner_id, relation.c.kind)
        .where(relation.c.partner_id.in_([row.id for row in shown]), valid_at(relation, at))
        .order_by(relation.c.kind)
    ):
        kinds.setdefault(row.partner_id, []).append(row.kind)
    found = [PartnerSeen(row.id, row.name, tuple(kinds.get(row.id, ()))) for row in shown]
    return found, shown[-1].id if len(rows) > limit else "", total


def read_partner_page(uow: UnitOfWork, sight: Sight, partner_id: str, at: datetime) -> PartnerPage:
    """The partner. Missing ``no_partner``, also for one behind the wall."""
    row = seen_row(uow, tables.partner, sight.partners, partner_id, "partner")
    relation, location, person = tables.partner_relationship, tables.location, tables.person
    kinds = uow.connection.execute(
        sa.select(relation)
        .where(relation.c.partner_id == row.id)
        .order_by(relation.c.valid_from, relation.c.kind)
    )
    here = sa.and_(location.c.partner_id == row.id, valid_at(location, at), sight.locations)
    employed = sa.and_(person.c.partner_id == row.id, sight.people)
    link = tables.partner_link
    return PartnerPage(
        row.id,
        row.name,
        tuple(
            KindOfPartner(
                each.kind,
                (each.valid_from, each.valid_to),
                holds((each.valid_from, each.valid_to), at),
            )
            for each in kinds
        ),
        _links(uow, sight, link.c.downstream_id == row.id, link.c.upstream_id, at),
        _links(uow, sight, link.c.upstream_id == row.id, link.c.downstream_id, at),
        uow.connection.scalar(sa.select(sa.func.count()).select_from(location).where(here)) or 0,
        uow.connection.scalar(sa.select(sa.func.count()).select_from(person).where(employed)) or 0,
        attributes_at(uow, row.id, at),
    )


def _links(
    uow: UnitOfWork, sight: Sight, mine: sa.ColumnElement[bool], other: sa.Column[str], at: datetime
) -> tuple[LinkOfPartner, ...]:
    """Of partners that are not seen only the kind of the link is told."""
    link, partner = tables.partner_link, tables.partner
    rows = uow.connection.execute(
        sa.select(link.c.kind, partner.c.id, partner.c.name, sight.partners.label("seen"))
        .join(partner, partner.c.id == other)
        .where(mine, valid_at(link, at))
        .order_by(folded(partner.c.name), partner.c.id)
        .limit(200)
    )
    return tuple(
        LinkOfPartner(row.id if row.seen else None, row.name if row.seen else "", row.kind) for row in rows
    )
