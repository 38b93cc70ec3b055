"""Names for ids, and finding people and connections, for the admin pages. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.errors import Missing
from hub.network import tables
from hub.store import UnitOfWork

MAX_FOUND = 10
CONNECTIONS = 50


@dataclass(frozen=True)
class FoundPerson:
    """A person as a search shows it, with the employer to tell namesakes apart."""

    id: str
    name: str
    employer: str


@dataclass(frozen=True)
class ConnectionLine:
    """A connection with its owner's name, empty where partners share it, and the e-mail domains it signs in."""

    id: str
    slug: str
    name: str
    kind: str
    partner: str
    domains: tuple[str, ...]
    disabled: bool


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


def list_partner_names(uow: UnitOfWork, limit: int = 200) -> list[str]:
    """The first partners by name, to choose from."""
    return list(
        uow.connection.scalars(sa.select(tables.partner.c.name).order_by(tables.partner.c.name).limit(limit))
    )


def search_people(uow: UnitOfWork, words: str) -> list[FoundPerson]:
    """The first MAX_FOUND people whose name or e-mail has every one of the words; none for no words."""
    if not words.strip():
        return []
    detail, person, partner = tables.person_detail, tables.person, tables.partner
    query = (
        sa.select(detail.c.person_id, detail.c.given_name, detail.c.family_name, partner.c.name)
        .join(person, person.c.id == detail.c.person_id)
        .join(partner, partner.c.id == person.c.partner_id)
        .order_by(detail.c.family_name, detail.c.given_name, detail.c.person_id)
        .limit(MAX_FOUND)
    )
    for word in words.split():
        query = query.where(_has_word(word, detail.c.given_name, detail.c.family_name, detail.c.email))
    return [
        FoundPerson(r.person_id, f"{r.given_name} {r.family_name}".strip(), r.name)
        for r in uow.connection.execute(query)
    ]


def find_by_email(uow: UnitOfWork, email: str) -> list[str]:
    """Ids of the people with exactly this address, whatever its case; it proves nothing about who somebody is."""
    detail = tables.person_detail
    query = sa.select(detail.c.person_id).where(sa.func.lower(detail.c.email) == email.lower())
    return list(uow.connection.scalars(query.order_by(detail.c.person_id)))


def search_connections(uow: UnitOfWork, words: str = "", after: str = "") -> tuple[list[ConnectionLine], str]:
    """Connections by slug whose slug or name has every word, CONNECTIONS at a time; and where to go on, if there are more."""
    c, partner = tables.connection, tables.partner
    query = (
        sa.select(c, partner.c.name.label("partner"))
        .outerjoin(partner, partner.c.id == c.c.partner_id)
        .where(c.c.slug > after)
        .order_by(c.c.slug)
        .limit(CONNECTIONS + 1)
    )
    for word in words.split():
        query = query.where(_has_word(word, c.c.slug, c.c.name, partner.c.name))
    rows = uow.connection.execute(query).all()
    shown = rows[:CONNECTIONS]
    domains = _domains(uow, [row.id for row in shown])
    lines = [
        ConnectionLine(r.id, r.slug, r.name, r.kind, r.partner or "", domains.get(r.id, ()), r.disabled)
        for r in shown
    ]
    return lines, shown[-1].slug if len(rows) > CONNECTIONS else ""


def _domains(uow: UnitOfWork, connection_ids: list[str]) -> dict[str, tuple[str, ...]]:
    table = tables.email_domain
    rows = uow.connection.execute(
        sa.select(table).where(table.c.connection_id.in_(connection_ids)).order_by(table.c.domain)
    )
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        found[row.connection_id] = (*found.get(row.connection_id, ()), row.domain)
    return found


def _has_word(word: str, *columns: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    pattern = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return sa.or_(*(column.ilike(pattern, escape="\\") for column in columns))
