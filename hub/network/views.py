"""Names for ids, and what there is to choose from, for the admin pages. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.errors import Missing
from hub.network import tables
from hub.store import UnitOfWork
from hub.store.folded import folded


@dataclass(frozen=True)
class SystemName:
    """A system that can send statements."""

    id: str
    slug: str
    name: str


def list_systems(uow: UnitOfWork) -> list[SystemName]:
    """Every system that can send statements, by name."""
    table = tables.connection
    rows = uow.connection.execute(
        sa.select(table.c.id, table.c.slug, table.c.name)
        .where(table.c.kind != "oidc")
        .order_by(table.c.name, table.c.slug)
    )
    return [SystemName(r.id, r.slug, r.name) for r in rows]


def names_of_people(uow: UnitOfWork, ids: Iterable[str | None]) -> dict[str, str]:
    """Names by person id; erased people are left out."""
    detail = tables.person_detail
    wanted = {id for id in ids if id}
    rows = uow.connection.execute(
        sa.select(detail.c.person_id, detail.c.given_name, detail.c.family_name).where(
            detail.c.person_id.in_(wanted)
        )
    )
    return {r.person_id: f"{r.given_name} {r.family_name}".strip() for r in rows}


def names_of_connections(uow: UnitOfWork, ids: Iterable[str | None]) -> dict[str, str]:
    """Names by connection id."""
    table = tables.connection
    wanted = {id for id in ids if id}
    rows = uow.connection.execute(sa.select(table.c.id, table.c.name).where(table.c.id.in_(wanted)))
    return {r.id: r.name for r in rows}


def list_slugs(uow: UnitOfWork, ids: Iterable[str | None]) -> dict[str, str]:
    """Slugs by connection id."""
    table = tables.connection
    wanted = {id for id in ids if id}
    rows = uow.connection.execute(sa.select(table.c.id, table.c.slug).where(table.c.id.in_(wanted)))
    return {r.id: r.slug for r in rows}


def names_of_partners(uow: UnitOfWork, ids: Iterable[str | None]) -> dict[str, str]:
    """Names by partner id."""
    table = tables.partner
    wanted = {id for id in ids if id}
    rows = uow.connection.execute(sa.select(table.c.id, table.c.name).where(table.c.id.in_(wanted)))
    return {r.id: r.name for r in rows}


def find_partner(uow: UnitOfWork, words: str) -> str:
    """The id of the partner that the network files call so, or whose full name this is; Missing ``no_partner``."""
    table, key = tables.partner, tables.roster_key
    of_files = sa.select(key.c.id).where(key.c.kind == "partner", key.c.external_id == words)
    named = uow.connection.scalars(sa.select(table.c.id).where(table.c.name == words).limit(2)).all()
    found = uow.connection.scalar(of_files) or (named[0] if len(named) == 1 else None)
    if found is None:
        raise Missing("no_partner", f"There is no partner {words}, or there are several.")
    return str(found)


def list_places(uow: UnitOfWork, partner_id: str, limit: int = 500) -> dict[str, str]:
    """The first locations of a partner by name, to choose from: names by id."""
    table = tables.location
    rows = uow.connection.execute(
        sa.select(table.c.id, table.c.name)
        .where(table.c.partner_id == partner_id)
        .order_by(table.c.name, table.c.id)
        .limit(limit)
    )
    return {row.id: row.name for row in rows}


def list_positions(uow: UnitOfWork, limit: int = 500) -> dict[str, str]:
    """The first positions by name that are not closed, to choose from: names by id."""
    table = tables.position
    still = sa.or_(table.c.closed_at.is_(None), table.c.closed_at > uow.now)
    rows = uow.connection.execute(
        sa.select(table.c.id, table.c.title).where(still).order_by(table.c.title, table.c.id).limit(limit)
    )
    return {row.id: row.title for row in rows}


def list_partner_names(uow: UnitOfWork, limit: int = 200) -> list[str]:
    """The first partners by name, to choose from."""
    return list(
        uow.connection.scalars(sa.select(tables.partner.c.name).order_by(tables.partner.c.name).limit(limit))
    )


def find_by_email(uow: UnitOfWork, email: str) -> list[str]:
    """Ids of the people with exactly this address, whatever its case; it proves nothing about who somebody is."""
    detail = tables.person_detail
    query = sa.select(detail.c.person_id).where(folded(detail.c.email) == folded(sa.literal(email)))
    return list(uow.connection.scalars(query.order_by(detail.c.person_id)))


def has_word(word: str, *columns: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Whether one of the columns has the word in it, whatever its case."""
    pattern = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return sa.or_(*(column.ilike(pattern, escape="\\") for column in columns))
