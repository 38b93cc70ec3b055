"""What the admin pages show of learning: credits, and what became of statements. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.ids import is_id
from hub.journal import voided_ids
from hub.journal.listed import ROWS, Listed, listed
from hub.journal.tables import reader as reader_table
from hub.network import tables as network
from hub.store import UnitOfWork
from hub.training import tables
from hub.training.credit.recognize import people_of_statements, recognize
from hub.training.goals.goal import REVIEW

COMPLETES, WAITS, VOIDED, UNREAD, KEPT = "completes", "waits", "voided", "unread", "kept"


@dataclass(frozen=True)
class StatementRow:
    """A statement and what became of it.

    ``state`` is ``completes`` a course, ``waits`` for its actor to become known, ``voided``, ``unread`` so far, or ``kept``: it
    says nothing about a goal. ``title`` is the course's, empty when no course has this activity.
    """

    position: int
    id: str
    stored: datetime
    connection_id: str
    verb: str
    activity_id: str
    title: str
    person_id: str | None
    actor: str
    state: str


@dataclass(frozen=True)
class CreditRow:
    """One entry of the ledger; ``kind`` is credit or void."""

    id: str
    kind: str
    person_id: str
    title: str
    dimension: str
    policy: str
    statement_id: str
    completed_at: datetime
    recorded_at: datetime


def count_waiting(uow: UnitOfWork, at_most: int | None = None) -> int:
    """How many statements wait for their actor to become known; ``at_most`` + 1 stands for more than that."""
    waiting = sa.select(tables.waiting_statement.c.statement_id)
    some = (waiting.limit(at_most + 1) if at_most is not None else waiting).subquery()
    return uow.connection.scalar(sa.select(sa.func.count()).select_from(some)) or 0


def ledger_with_titles(*, reviews: bool = False) -> sa.Select[tuple[Any, ...]]:
    """Every entry of the ledger, with the ``title`` of what its goal is about and the name of its ``dimension``.

    Goals of performance reviews are confidential: they are left out, or with ``reviews`` nothing else is in it.
    """
    ledger, goal, dimension = tables.credit_ledger, tables.goal, network.dimension
    offering, path = tables.offering, tables.path
    return (
        sa.select(
            ledger,
            sa.func.coalesce(offering.c.title, path.c.title, "").label("title"),
            dimension.c.name.label("dimension"),
        )
        .join(goal, goal.c.id == ledger.c.goal_id)
        .join(dimension, dimension.c.key == goal.c.dimension)
        .outerjoin(offering, sa.and_(goal.c.target_kind == "offering", offering.c.id == goal.c.target_id))
        .outerjoin(path, sa.and_(goal.c.target_kind == "path", path.c.id == goal.c.target_id))
        .where((goal.c.kind == REVIEW) == reviews)
    )


def list_credits(
    uow: UnitOfWork, *, person_id: str | None = None, before: str | None = None, reviews: bool = False
) -> Listed[CreditRow]:
    """The credit ledger, the last recorded first; ``reviews`` as in ``ledger_with_titles``. Ids are in order of time."""
    ledger = tables.credit_ledger
    query = ledger_with_titles(reviews=reviews).order_by(ledger.c.id.desc()).limit(ROWS + 1)
    if person_id:
        query = query.where(ledger.c.person_id == person_id)
    if before is not None:
        query = query.where(ledger.c.id < before)
    rows = [
        CreditRow(
            r.id,
            r.kind,
            r.person_id,
            r.title,
            r.dimension,
            r.policy,
            r.statement_id,
            r.completed_at,
            r.recorded_at,
        )
        for r in uow.connection.execute(query)
    ]
    return listed(rows, lambda row: row.id)


def titles_of_offerings(uow: UnitOfWork, ids: Sequence[str]) -> dict[str, str]:
    """Titles by offering id; texts that are no ids are left out."""
    table = tables.offering
    wanted = [id for id in ids if is_id(id)]
    rows = uow.connection.execute(sa.select(table.c.id, table.c.title).where(table.c.id.in_(wanted)))
    return {row.id: row.title for row in rows}


def statement_rows(uow: UnitOfWork, rows: Sequence[sa.Row[Any]]) -> list[StatementRow]:
    """What became of these rows of the journal, in their order."""
    ids = [row.id for row in rows]
    titles = _titles(uow, rows)
    people = people_of_statements(uow, rows)
    states = _states(uow, ids) | dict.fromkeys(_voided(uow, rows), VOIDED)
    read_to = uow.connection.scalar(
        sa.select(reader_table.c.position).where(reader_table.c.name == recognize.name)
    )
    return [
        StatementRow(
            r.position,
            r.id,
            r.stored,
            r.connection_id,
            r.verb,
            r.object_id,
            titles.get((r.connection_id, r.object_id), ""),
            people.get(r.id),
            f"{r.actor_form} {r.actor_subject}",
            UNREAD if r.position > (read_to or 0) else states.get(r.id, KEPT),
        )
        for r in rows
    ]


def _titles(uow: UnitOfWork, rows: Sequence[sa.Row[Any]]) -> dict[tuple[str, str], str]:
    table = tables.offering
    found = uow.connection.execute(
        sa.select(table.c.connection_id, table.c.activity_id, table.c.title).where(
            table.c.connection_id.in_({r.connection_id for r in rows}),
            table.c.activity_id.in_({r.object_id for r in rows}),
        )
    )
    return {(r.connection_id, r.activity_id): r.title for r in found}


def _states(uow: UnitOfWork, ids: Sequence[str]) -> dict[str, str]:
    waiting, completion = tables.waiting_statement, tables.completion
    waits = uow.connection.scalars(sa.select(waiting.c.statement_id).where(waiting.c.statement_id.in_(ids)))
    states = dict.fromkeys(waits, WAITS)
    completes = sa.select(completion.c.statement_id).where(completion.c.statement_id.in_(ids))
    return states | dict.fromkeys(uow.connection.scalars(completes), COMPLETES)


def _voided(uow: UnitOfWork, rows: Sequence[sa.Row[Any]]) -> set[str]:
    by_connection: dict[str, list[str]] = {}
    for row in rows:
        by_connection.setdefault(row.connection_id, []).append(row.id)
    return {id for connection, ids in by_connection.items() for id in voided_ids(uow, connection, ids)}
