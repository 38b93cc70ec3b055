"""The statements that name a subject: its own, which go, and those of others, which stay without the name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.journal.tables import statement, statement_term
from hub.journal.terms import AGENT, RELATED_AGENT
from hub.lifecycle.delete_statements import keys_of
from hub.lifecycle.subject import Subject
from hub.store import UnitOfWork

CHUNK = 200


@dataclass(frozen=True)
class Mentions:
    """Rows of statements, and the last position that was looked at; None when there are no more."""

    own: Sequence[sa.Row[Any]]
    others: Sequence[sa.Row[Any]]
    last: int | None


def find_mentions(uow: UnitOfWork, subject: Subject, after: int) -> Mentions:
    """The next statements that name the subject, at most CHUNK of them.

    Its own are those whose actor it is. Statements that only refer to one that names it name nobody.
    """
    term = statement_term
    positions = uow.connection.scalars(
        sa.select(term.c.position)
        .where(uow.among(term.c.term, subject.terms), term.c.position > after)
        .distinct()
        .order_by(term.c.position)
        .limit(CHUNK)
    ).all()
    rows = uow.connection.execute(
        sa.select(statement).where(uow.among(statement.c.position, positions)).order_by(statement.c.position)
    ).all()
    own = [row for row in rows if (row.connection_id, (row.actor_form, row.actor_subject)) in subject.names]
    others = [row for row in rows if row not in own and _names(row, subject)]
    return Mentions(own, others, positions[-1] if positions else None)


def _names(row: sa.Row[Any], subject: Subject) -> bool:
    named = {tuple(value.split(":", 1)) for kind, value in keys_of(row) if kind in (AGENT, RELATED_AGENT)}
    mine = {identity for connection_id, identity in subject.names if connection_id == row.connection_id}
    return bool(named & mine)
