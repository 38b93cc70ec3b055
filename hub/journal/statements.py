"""Appending statements: each id once, whoever sends it how often and however many at a time."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from hub.errors import Conflict, Problem
from hub.ids import is_id
from hub.journal import tables
from hub.journal.append_rows import append_rows
from hub.journal.logs import STATEMENTS
from hub.journal.new_statement import NewStatement
from hub.journal.references import inherit_terms, note_references, referred_id
from hub.store import UnitOfWork

MAX_NAMED = 100
"""Ids that a refusal names; more are not listed."""
VOIDED = "http://adlnet.gov/expapi/verbs/voided"


def append_statements(
    uow: UnitOfWork,
    connection_id: str,
    statements: Sequence[NewStatement],
    same: Callable[[str, bytes], bool] = lambda id, payload: False,
) -> list[str]:
    """Append what is new and return its ids; what came before with the same content is left out in silence.

    ``same`` tells of an id and the payload stored under it whether that is the new statement in other words; it is asked
    only where an id is known and what was sent is not the same to the byte.
    Raises Conflict ``statement_differs`` when an id is taken by other content or by another connection's statement,
    also inside one batch; then nothing of the batch is kept.
    """
    unique = _without_repeats(statements)
    if not unique:
        return []
    targets = {s.id: target for s in unique if (target := referred_id(s.object_id)) is not None}
    STATEMENTS.announce_append(uow, alone=bool(targets))
    claimed = append_rows(uow, connection_id, unique)
    if len(claimed.positions) < len(unique):
        repeated = [s for s in unique if s.id not in claimed.positions]
        _refuse_other_content(uow, connection_id, repeated, same)
    new = [s for s in unique if s.id in claimed.positions]
    references = {claimed.positions[s.id]: targets[s.id] for s in new if s.id in targets}
    if references or claimed.referred:
        note_references(uow.connection, connection_id, references)
        inherit_terms(uow.connection, connection_id, references, claimed.referred)
        _note_voidings(uow, connection_id, [s for s in new if s.verb == VOIDED])
    return [s.id for s in new]


def positions_of(ids: Iterable[str] | sa.Select[tuple[str]]) -> sa.Select[tuple[int]]:
    """The positions at which these statements are or were, as a query: the way to their rows, which no id is an index of."""
    table = tables.statement_id
    return sa.select(table.c.position).where(table.c.id.in_(ids if isinstance(ids, sa.Select) else list(ids)))


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


def _refuse_other_content(
    uow: UnitOfWork, connection_id: str, repeated: list[NewStatement], same: Callable[[str, bytes], bool]
) -> None:
    table = tables.statement_id
    known = {
        row.id: row
        for row in uow.connection.execute(sa.select(table).where(table.c.id.in_([s.id for s in repeated])))
    }
    differing = [s.id for s in repeated if known[s.id].connection_id != connection_id]
    unclear = {
        known[s.id].position: s.id
        for s in repeated
        if known[s.id].connection_id == connection_id and known[s.id].content_hash != s.content_hash
    }
    if unclear and not differing:
        table = tables.statement
        rows = uow.connection.execute(
            sa.select(table.c.position, table.c.payload).where(table.c.position.in_(unclear))
        )
        found = {unclear[position] for position, payload in rows if same(unclear[position], bytes(payload))}
        differing = [id for id in unclear.values() if id not in found]
    if differing:
        raise _differs(differing)


def _differs(ids: Sequence[str]) -> Conflict:
    return Conflict(
        "statement_differs",
        "A statement with this id but other content is already stored.",
        "Send the statement under a new id.",
        [Problem(f"statement {id} differs from the stored one", "id") for id in ids[:MAX_NAMED]],
    )


def _dialect(uow: UnitOfWork) -> Any:
    return sqlite if uow.is_sqlite else postgresql
