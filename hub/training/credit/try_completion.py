"""Asking plugins whether a statement completes a course, to see what each says. Reads only; nothing is kept."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.errors import Missing
from hub.hooks import Failure, tracing
from hub.ids import is_id
from hub.journal.tables import statement as statement_table
from hub.store import UnitOfWork, valid_at
from hub.training import tables
from hub.training.completing.completion import Completion, Evidence, Offering
from hub.training.completing.policies import read_policies
from hub.training.courses.offerings import offering_of
from hub.training.credit.recognize import evidence_of, people_of_statements, voided_among

HOOK = "recognize_completion"


@dataclass(frozen=True)
class TriedCompletion:
    """What one plugin said; ``error`` is what it raised, ``counts`` whether its answer is the one that counts."""

    plugin: str
    version: str
    completion: Completion | None
    error: str
    milliseconds: float
    counts: bool


@dataclass(frozen=True)
class Recognized:
    """Of the statement as it is kept: whose it is, whether it is voided, and by whom it was recognized as completion of the course.

    ``open_goals`` are dimensions of the person's open goals on the course.
    """

    person_id: str | None
    is_voided: bool
    recognized_by: str
    open_goals: tuple[str, ...]


def try_completion(uow: UnitOfWork, evidence: Evidence, offering: Offering) -> list[TriedCompletion]:
    """What each plugin says, in order. All of them are asked, also those behind the first that counts."""
    tried: list[TriedCompletion] = []
    decided = False
    for plugin in uow.hooks.implementers(HOOK):
        with tracing() as calls:
            answer = uow.hooks.ask_plugin(HOOK, plugin, statement=evidence, offering=offering)
        error = answer.error if isinstance(answer, Failure) else ""
        value: Any = None if answer is None or isinstance(answer, Failure) else answer.value
        if not isinstance(value, Completion | None):
            error, value = f"answered {type(value).__name__}, not a Completion", None
        counts = not decided and bool(value or error)
        decided = decided or counts
        spent = sum(call.milliseconds for call in calls)
        tried.append(TriedCompletion(plugin, uow.hooks.version_of(plugin) or "", value, error, spent, counts))
    return tried


def find_statement(uow: UnitOfWork, statement_id: str) -> sa.Row[Any]:
    """The statement with this id. Missing ``no_statement``."""
    table, id = statement_table, statement_id.lower()
    row = uow.connection.execute(sa.select(table).where(table.c.id == id)).first() if is_id(id) else None
    if row is None:
        raise Missing("no_statement", f"The record store has no statement {statement_id}.")
    return row


def read_course(uow: UnitOfWork, key: str) -> Offering:
    """A course with the terms that an operator has laid down for it, as plugins see it. Missing ``no_offering``."""
    row = uow.find(tables.offering, key=key)
    if row is None:
        raise Missing("no_offering", f"The catalogue has no {key}.")
    return offering_of(row, read_policies(uow, [row.connection_id]).get(row.connection_id))


def read_recognized(uow: UnitOfWork, row: sa.Row[Any], offering: Offering) -> Recognized:
    """What is known of a statement and a course now."""
    person_id = people_of_statements(uow, [row]).get(row.id)
    done, goal, source = tables.completion, tables.goal, tables.goal_source
    mine = sa.select(done.c.recognized_by).where(
        done.c.statement_id == row.id, done.c.offering_id == offering.id
    )
    live = sa.exists().where(source.c.goal_id == goal.c.id, valid_at(source, uow.now))
    wanted = sa.select(goal.c.dimension).where(
        goal.c.person_id == person_id,
        goal.c.target_kind == "offering",
        goal.c.target_id == offering.id,
        goal.c.reached_at.is_(None),
        live,
    )
    return Recognized(
        person_id,
        row.id in voided_among(uow, [row]),
        uow.connection.scalar(mine) or "",
        tuple(sorted(uow.connection.scalars(wanted))) if person_id else (),
    )


__all__ = [
    "Recognized",
    "TriedCompletion",
    "evidence_of",
    "find_statement",
    "read_course",
    "read_recognized",
    "try_completion",
]
