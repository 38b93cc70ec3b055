"""What the admin pages show of completion policies. Reads only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from hub.store import UnitOfWork
from hub.training import tables

MAX_COURSES = 500


@dataclass(frozen=True)
class CourseLine:
    """A course that can have terms of its own."""

    id: str
    key: str
    title: str


@dataclass(frozen=True)
class CatalogueNames:
    """Which completion policies a system's catalogue names, each with how many courses, and how many courses there are."""

    names: dict[str, int]
    courses: int


def list_courses(uow: UnitOfWork, connection_id: str) -> list[CourseLine]:
    """The first MAX_COURSES courses of a system that are not retired, by title."""
    table = tables.offering
    rows = uow.connection.execute(
        sa.select(table.c.id, table.c.key, table.c.title)
        .where(table.c.connection_id == connection_id, ~table.c.retired)
        .order_by(table.c.title, table.c.key)
        .limit(MAX_COURSES)
    )
    return [CourseLine(row.id, row.key, row.title) for row in rows]


def find_courses(uow: UnitOfWork, connection_id: str, keys: Sequence[str]) -> dict[str, str]:
    """Ids of a system's courses by key; keys it does not have are left out."""
    table = tables.offering
    query = sa.select(table.c.key, table.c.id).where(
        table.c.connection_id == connection_id, table.c.key.in_(keys)
    )
    return {row.key: row.id for row in uow.connection.execute(query)}


def keys_of_courses(uow: UnitOfWork, ids: Iterable[str]) -> dict[str, str]:
    """Keys by course id."""
    table = tables.offering
    rows = uow.connection.execute(sa.select(table.c.id, table.c.key).where(table.c.id.in_(list(ids))))
    return {row.id: row.key for row in rows}


def names_in_catalogue(uow: UnitOfWork, connection_ids: Sequence[str]) -> dict[str, CatalogueNames]:
    """By connection, of those that have courses."""
    table = tables.offering
    rows = uow.connection.execute(
        sa.select(table.c.connection_id, table.c.completion_policy, sa.func.count().label("courses"))
        .where(table.c.connection_id.in_(connection_ids), ~table.c.retired)
        .group_by(table.c.connection_id, table.c.completion_policy)
    )
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row.connection_id, {})[row.completion_policy] = row.courses
    return {id: CatalogueNames(names, sum(names.values())) for id, names in found.items()}
