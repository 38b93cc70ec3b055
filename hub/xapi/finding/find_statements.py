"""Finding stored statements: one by its id, or a page of a list that can be continued at any later time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from hub.errors import Missing
from hub.ids import is_id
from hub.journal.references import MAX_REFERENCES
from hub.journal.tables import statement, statement_id
from hub.store import UnitOfWork
from hub.xapi.finding.list_query import find_range, is_voided, piece_of_list, term_groups
from hub.xapi.finding.matching import Told, matches, referred_id
from hub.xapi.finding.parameters import Query, Single

MAX_SCANNED = 2000
"""Candidates looked at for one page; filters that few statements pass together give short pages and go on in ``more``."""
MAX_PAGE_BYTES = 4 * 1024 * 1024

Rows = Sequence[sa.Row[Any]]


@dataclass(frozen=True)
class StoredStatement:
    """The JSON of a statement as it is given back, and when it was stored."""

    payload: bytes
    stored: datetime


@dataclass(frozen=True)
class Page:
    """Some of the statements that were asked for. ``more`` is the id after which the next page begins, if there is one."""

    statements: list[StoredStatement]
    more: str | None


@dataclass
class _Filling:
    """A page on its way: what was found, how many bytes that is, how many candidates were looked at, the last of them."""

    found: list[StoredStatement] = field(default_factory=list)
    size: int = 0
    scanned: int = 0
    last: str | None = None

    def is_full(self, query: Query) -> bool:
        """Whether the next candidate belongs on the next page."""
        return len(self.found) == query.limit or self.size > MAX_PAGE_BYTES or self.scanned >= MAX_SCANNED


def find_statement(uow: UnitOfWork, connections: Sequence[str], wanted: Single) -> StoredStatement:
    """One statement of these connections. Missing ``no_statement``, also when it is voided and was asked for as if it were not."""
    row = uow.connection.execute(
        sa.select(statement.c.payload, statement.c.stored, is_voided(statement).label("voided"))
        .join(statement_id, statement_id.c.position == statement.c.position)
        .where(statement_id.c.id == wanted.id, statement.c.connection_id.in_(connections))
    ).one_or_none()
    if row is None or bool(row.voided) != wanted.voided:
        kind = "voided statement" if wanted.voided else "statement"
        raise Missing("no_statement", f"There is no {kind} with this id.")
    return StoredStatement(row.payload, row.stored)


def find_statements(uow: UnitOfWork, connections: Sequence[str], query: Query, safe_position: int) -> Page:
    """A page of the statements of these connections, newest first unless ``ascending``, in the order in which they were stored.

    Ascending lists end at ``safe_position``, so that who follows them never passes a statement that is still on its way.
    """
    left = find_range(uow, connections, query, safe_position)
    page = _Filling()
    count = 0
    while True:
        # The first piece is usually all; where little passes the filters, each piece is twice the last one.
        count = min(max(query.limit + 1 - len(page.found), 2 * count), MAX_SCANNED + 1 - page.scanned)
        room = MAX_PAGE_BYTES - page.size
        rows = uow.connection.execute(piece_of_list(uow, connections, query, left, count, room)).all()
        passed_by = _refer_to_nothing_wanted(uow, rows, query)
        for row in rows:
            if page.is_full(query):
                return Page(page.found, page.last)
            if row.id is None:  # deleted, and its terms not yet
                continue
            if row.wanted and row.payload is None:  # no room was left for it
                return Page(page.found, page.last)
            page.scanned += 1
            page.last = row.id
            if row.wanted and row.position not in passed_by:
                page.found.append(StoredStatement(row.payload, row.stored))
                page.size += len(row.payload)
        if len(rows) < count:
            return Page(page.found, None)
        left = left.beyond(rows[-1].position, query)


def _refer_to_nothing_wanted(uow: UnitOfWork, rows: Rows, query: Query) -> set[int]:
    """Positions of statements that have every term asked for, but no single statement that they refer to has them all.

    Among the terms of one that refers are those of what it refers to. One filter is met by whoever has its term; several
    must be met by one and the same statement.
    """
    if len(term_groups("", query)) < 2:
        return set()
    told = {
        row.position: (row.connection_id, msgspec.json.decode(row.payload))
        for row in rows
        if row.payload is not None and is_id(row.object_id)
    }
    passed_by = set(told)
    for _ in range(MAX_REFERENCES + 1):
        targets: dict[int, tuple[str, str]] = {}
        for position, (connection_id, each) in told.items():
            target = referred_id(each)
            if matches(each, query):
                passed_by.discard(position)
            elif target is not None:
                targets[position] = connection_id, target
        if not targets:
            break
        known = _load(uow, {id for _, id in targets.values()})
        told = {position: (key[0], known[key]) for position, key in targets.items() if key in known}
    return passed_by


def _load(uow: UnitOfWork, ids: set[str]) -> dict[tuple[str, str], Told]:
    rows = uow.connection.execute(
        sa.select(statement.c.connection_id, statement.c.id, statement.c.payload)
        .join(statement_id, statement_id.c.position == statement.c.position)
        .where(statement_id.c.id.in_(ids))
    )
    return {(row.connection_id, row.id): msgspec.json.decode(row.payload) for row in rows}
