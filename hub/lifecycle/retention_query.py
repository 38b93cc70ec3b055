"""Which statements the retention rules ask to delete, and which of them are kept all the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.journal import tables as journal
from hub.journal.tables import statement
from hub.lifecycle.rules import Rule
from hub.network import tables as network
from hub.store import UnitOfWork
from hub.training import tables as training
from hub.training.credit.recognize import recognize


@dataclass(frozen=True)
class Held:
    """How far every reader of statements has read, the reader that is furthest behind, and when that moved last."""

    up_to: int
    reader: str
    since: datetime | None = None


def readers_hold(uow: UnitOfWork) -> Held:
    """Nothing that a reader has not read yet may go: it would neither be credited nor forwarded."""
    reader = journal.reader
    rows = uow.connection.execute(
        sa.select(reader.c.position, reader.c.name, reader.c.moved_at)
        .where(reader.c.log == statement.name)
        .order_by(reader.c.position, reader.c.name)
    ).all()
    if recognize.name not in {row.name for row in rows}:
        return Held(0, recognize.name)  # no worker has run yet
    return Held(rows[0].position, rows[0].name, rows[0].moved_at)


def cutoff(rule: Rule, on: date) -> datetime:
    """Statements stored before this instant are too old. Whole days of UTC, so that a plan holds for a day."""
    return datetime(on.year, on.month, on.day, tzinfo=UTC) - timedelta(days=rule.keep_days)


def asked_by(rule: Rule, on: date) -> sa.ColumnElement[bool]:
    """Whether a rule asks for a statement's deletion."""
    conditions: list[sa.ColumnElement[bool]] = [statement.c.stored < cutoff(rule, on)]
    if rule.verb is not None:
        conditions.append(statement.c.verb == rule.verb)
    if rule.connection_id is not None:
        conditions.append(statement.c.connection_id == rule.connection_id)
    if rule.partner_id is not None:
        connection = network.connection
        mine = sa.select(connection.c.id).where(connection.c.partner_id == rule.partner_id)
        conditions.append(statement.c.connection_id.in_(mine))
    return sa.and_(*conditions)


def asked_by_any(rules: Sequence[Rule], on: date) -> sa.ColumnElement[bool]:
    """Whether one of the rules asks for a statement's deletion; there is at least one rule."""
    return sa.and_(
        statement.c.stored < max(cutoff(rule, on) for rule in rules),
        sa.or_(*(asked_by(rule, on) for rule in rules)),
    )


def is_evidence() -> sa.ColumnElement[bool]:
    """Whether a statement completes something that its person has a goal for.

    Such a statement is the evidence of a credit, a step on a path that is credited, or may become either.
    """
    completion, goal, step = training.completion, training.goal, training.path_step
    paths = sa.select(step.c.path_id).where(step.c.offering_id == completion.c.offering_id)
    for_goal = sa.exists().where(
        goal.c.person_id == completion.c.person_id,
        sa.or_(
            sa.and_(goal.c.target_kind == "offering", goal.c.target_id == completion.c.offering_id),
            sa.and_(goal.c.target_kind == "path", goal.c.target_id.in_(paths.correlate(completion))),
        ),
    )
    return sa.exists().where(completion.c.statement_id == statement.c.id, for_goal.correlate(completion))


def ready_to_go(rules: Sequence[Rule], on: date, up_to: int) -> sa.Select[Any]:
    """Positions of what can be deleted now, in their order."""
    return (
        sa.select(statement.c.position)
        .where(asked_by_any(rules, on), statement.c.position <= up_to, ~is_evidence())
        .order_by(statement.c.position)
    )
