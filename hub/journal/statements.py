"""Appending statements: each id once, whoever sends it how often and however many at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from hub.errors import Conflict, Problem
from hub.ids import is_id
from hub.journal import tables
from hub.journal.logs import STATEMENTS
from hub.store import UnitOfWork

VOIDED = "http://adlnet.gov/expapi/verbs/voided"


@dataclass(frozen=True)
class NewStatement:
    """A validated statement on its way into the journal.

    ``payload`` is the statement's JSON as it will be given back. ``content_hash`` covers what makes two statements
    equal by xAPI 2.0, section 4.2.1 (not stored, authority or version).
    """

    id: str
    timestamp: datetime
    actor_form: str
    actor_subject: str
    verb: str
    object_id: str
    payload: bytes
    content_hash: str
    registration: str | None = None


def append_statements(uow: UnitOfWork, connection_id: str, statements: Sequence[NewStatement]) -> list[str]:
    """Append what is new and return its ids; what came before with the same content is left out in silence.

    Raises Conflict ``statement_differs`` when an id is taken by other content or by another connection's statement,
    also inside one batch; then nothing of the batch is kept.
    """
    unique = _without_repeats(statements)
    positions = STATEMENTS.take_positions(uow, len(unique))
    # Ids are claimed in their order, so that concurrent batches wait for each other and never in a circle.
    placed = sorted(zip(unique, positions, strict=True), key=lambda pair: pair[0].id)
    by_id = {s.id: (s, position) for s, position in placed}
    new = _claim_ids(uow, connection_id, by_id)
    _refuse_other_content(uow, connection_id, [s for s, _ in by_id.values() if s.id not in new])
    uow.execute_many(
        sa.insert(tables.statement),
        [
            {
                "position": position,
                "id": s.id,
                "connection_id": connection_id,
                "stored": uow.now,
                "timestamp": s.timestamp,
                "actor_form": s.actor_form,
                "actor_subject": s.actor_subject,
                "verb": s.verb,
                "object_id": s.object_id,
                "registration": s.registration,
                "payload": s.payload,
            }
            for s, position in by_id.values()
            if s.id in new
        ],
    )
    _note_voidings(uow, connection_id, [s for s in unique if s.id in new and s.verb == VOIDED])
    return [s.id for s in unique if s.id in new]


def voided_ids(uow: UnitOfWork, connection_id: str, ids: Iterable[str]) -> set[str]:
    """Which of these statements of one connection are voided."""
    table = tables.voiding
    query = sa.select(table.c.target_id).where(
        table.c.connection_id == connection_id, table.c.target_id.in_(list(ids))
    )
    return set(uow.connection.scalars(query))


def _note_voidings(uow: UnitOfWork, connection_id: str, voidings: Sequence[NewStatement]) -> None:
    targets = {s.object_id.lower(): s.id for s in voidings if is_id(s.object_id)}
    known = voided_ids(uow, connection_id, targets)
    uow.execute_many(
        _dialect(uow).insert(tables.voiding).on_conflict_do_nothing(),
        [
            {"target_id": target, "connection_id": connection_id, "statement_id": targets[target]}
            for target in sorted(set(targets) - known)
        ],
    )


def _without_repeats(statements: Sequence[NewStatement]) -> list[NewStatement]:
    first: dict[str, NewStatement] = {}
    for s in statements:
        if first.setdefault(s.id, s).content_hash != s.content_hash:
            raise _differs([s.id])
    return list(first.values())


def _claim_ids(uow: UnitOfWork, connection_id: str, by_id: dict[str, tuple[NewStatement, int]]) -> set[str]:
    if not by_id:
        return set()
    rows = [
        {"id": s.id, "content_hash": s.content_hash, "position": position, "connection_id": connection_id}
        for s, position in by_id.values()
    ]
    table = tables.statement_id
    claim = _dialect(uow).insert(table).on_conflict_do_nothing().returning(table.c.id)
    return set(uow.connection.scalars(claim, rows))


def _refuse_other_content(uow: UnitOfWork, connection_id: str, repeated: list[NewStatement]) -> None:
    if not repeated:
        return
    table = tables.statement_id
    known = {
        row.id: (row.content_hash, row.connection_id)
        for row in uow.connection.execute(sa.select(table).where(table.c.id.in_([s.id for s in repeated])))
    }
    differing = [s.id for s in repeated if known[s.id] != (s.content_hash, connection_id)]
    if differing:
        raise _differs(differing)


def _differs(ids: Sequence[str]) -> Conflict:
    return Conflict(
        "statement_differs",
        "A statement with this id but other content is already stored.",
        "Send the statement under a new id.",
        [Problem(f"statement {id} differs from the stored one", "id") for id in ids],
    )


def _dialect(uow: UnitOfWork) -> Any:
    return sqlite if uow.is_sqlite else postgresql
