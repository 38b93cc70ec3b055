"""The statements of the journal whose meaning may rest on a completion policy."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from hub.journal.tables import statement, statement_id, statement_term
from hub.journal.terms import ACTIVITY, hash_term
from hub.store import UnitOfWork
from hub.training import tables
from hub.training.completing.policy import Policy

BATCH = 200


def relevant_statements(
    uow: UnitOfWork, policy: Policy, up_to: int | None = None
) -> Iterator[Sequence[sa.Row[Any]]]:
    """Rows of statements, course by course in their order, a batch at a time, up to the position ``up_to``.

    Those about a course of the policy's connection with one of the policy's verbs, and those that complete one now. Any
    other could only have been taken by a plugin that does not ask for the policy.
    """
    courses = uow.connection.execute(
        sa.select(tables.offering.c.id, tables.offering.c.activity_id)
        .where(tables.offering.c.connection_id == policy.connection_id)
        .order_by(tables.offering.c.id)
    ).all()
    for course in courses:
        query = sa.select(statement).order_by(statement.c.position).limit(BATCH)
        query = query.where(
            statement.c.position.in_(_positions(policy.connection_id, course.id, course.activity_id))
        )
        query = query.where(
            sa.or_(statement.c.verb.in_(policy.verbs), statement.c.position.in_(_completing(course.id)))
        )
        if up_to is not None:
            query = query.where(statement.c.position <= up_to)
        position = 0
        while rows := uow.connection.execute(query.where(statement.c.position > position)).all():
            yield rows
            position = rows[-1].position


def _positions(connection_id: str, id: str, activity_id: str) -> sa.CompoundSelect[Any]:
    term = hash_term(connection_id, ACTIVITY, activity_id)
    about = sa.select(statement_term.c.position).where(statement_term.c.term == term)
    return sa.union(about, _completing(id))


def _completing(offering_id: str) -> sa.Select[Any]:
    completion = tables.completion
    return (
        sa.select(statement_id.c.position)
        .join(completion, completion.c.statement_id == statement_id.c.id)
        .where(completion.c.offering_id == offering_id)
    )
