"""Finding stored statements: one by its id, or a page of a list that can be continued at any later time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from hub.errors import BadInput, Missing, Problem
from hub.journal import VOIDED
from hub.journal.tables import statement, statement_id, voiding
from hub.store import UnitOfWork
from hub.xapi.matching import Told, matches, referred_id
from hub.xapi.parameters import Query, Single

MAX_SCANNED = 2000
"""Candidates looked at for one page; a filter that few statements pass gives short pages and goes on in ``more``."""
MAX_PAGE_BYTES = 4 * 1024 * 1024
MAX_REFERENCES = 20
"""How far a chain of statements about statements is followed."""
_ROWS_AT_ONCE = 50


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


def find_statement(uow: UnitOfWork, connection_id: str, wanted: Single) -> StoredStatement:
    """One statement of a connection. Missing ``no_statement``, also when it is voided and was asked for as if it were not."""
    row = uow.connection.execute(
        sa.select(statement.c.payload, statement.c.stored, _is_voided().label("voided")).where(
            statement.c.id == wanted.id, statement.c.connection_id == connection_id
        )
    ).one_or_none()
    if row is None or bool(row.voided) != wanted.voided:
        kind = "voided statement" if wanted.voided else "statement"
        raise Missing("no_statement", f"There is no {kind} with this id.")
    return StoredStatement(row.payload, row.stored)


def find_statements(uow: UnitOfWork, connection_id: str, query: Query, safe_position: int) -> Page:
    """A page of a connection's statements, newest first unless ``ascending``, in the order in which they were stored.

    Ascending lists end at ``safe_position``, so that who follows them never passes a statement that is still on its way.
    """
    found: list[StoredStatement] = []
    size = scanned = 0
    last = None
    rows = uow.connection.execute(
        _candidates(uow, connection_id, query, safe_position), execution_options={"yield_per": _ROWS_AT_ONCE}
    )
    with rows:
        for row in rows:
            if len(found) == query.limit or size > MAX_PAGE_BYTES or scanned == MAX_SCANNED:
                return Page(found, last)
            scanned += 1
            last = row.id
            if not query.filters or _is_wanted(uow, connection_id, row.payload, query):
                found.append(StoredStatement(row.payload, row.stored))
                size += len(row.payload)
    return Page(found, None)


def _candidates(uow: UnitOfWork, connection_id: str, query: Query, safe_position: int) -> sa.Select[Any]:
    """Statements that may be wanted, as far as columns can tell."""
    conditions = [statement.c.connection_id == connection_id, ~_is_voided()]
    if query.since is not None:
        conditions.append(statement.c.stored > query.since)
    if query.until is not None:
        conditions.append(statement.c.stored <= query.until)
    if query.ascending:
        conditions.append(statement.c.position <= safe_position)
    if query.after is not None:
        position = _position_of(uow, connection_id, query.after)
        conditions.append(
            statement.c.position > position if query.ascending else statement.c.position < position
        )
    if query.filters:
        # Statements and SubStatements as objects have no colon in object_id; the former may refer to what is wanted.
        conditions.append(sa.or_(sa.and_(*_columns_fit(query)), statement.c.object_id.not_like("%:%")))
    order = statement.c.position.asc() if query.ascending else statement.c.position.desc()
    return (
        sa.select(statement.c.id, statement.c.payload, statement.c.stored).where(*conditions).order_by(order)
    )


def _columns_fit(query: Query) -> Iterator[sa.ColumnElement[bool]]:
    if query.verb is not None:
        yield statement.c.verb == query.verb
    if query.registration is not None:
        yield statement.c.registration == query.registration
    if query.activity is not None and not query.related_activities:
        yield statement.c.object_id == query.activity
    if query.agent is not None and not query.related_agents:
        form, subject = query.agent
        yield sa.or_(
            sa.and_(statement.c.actor_form == form, statement.c.actor_subject == subject),
            statement.c.actor_form == "group",
            statement.c.object_id == f"{form}:{subject}",
            statement.c.object_id.like("group:%"),
        )
    yield sa.true()


def _is_voided() -> sa.ColumnElement[bool]:
    """Whether a voiding statement names this one; voiding statements themselves stay."""
    named = sa.exists().where(
        voiding.c.target_id == statement.c.id, voiding.c.connection_id == statement.c.connection_id
    )
    return sa.and_(named, statement.c.verb != VOIDED)


def _position_of(uow: UnitOfWork, connection_id: str, id: str) -> int:
    position = uow.connection.scalar(
        sa.select(statement_id.c.position).where(
            statement_id.c.id == id, statement_id.c.connection_id == connection_id
        )
    )
    if position is None:
        raise BadInput(
            "bad_parameters", "The list cannot be continued.", problems=[Problem("is unknown", "cursor")]
        )
    return int(position)


def _is_wanted(uow: UnitOfWork, connection_id: str, payload: bytes, query: Query) -> bool:
    """Whether a statement, or one that it refers to over however many steps, is what was asked for (2.1.3.s3)."""
    seen: set[str] = set()
    while True:
        told: Told = msgspec.json.decode(payload)
        if matches(told, query):
            return True
        target = referred_id(told)
        if target is None or target in seen or len(seen) == MAX_REFERENCES:
            return False
        seen.add(target)
        row = uow.connection.execute(
            sa.select(statement.c.payload).where(
                statement.c.id == target, statement.c.connection_id == connection_id
            )
        ).one_or_none()
        if row is None:
            return False
        payload = row.payload
