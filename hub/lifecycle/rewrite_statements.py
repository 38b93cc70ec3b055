"""Writing other people's statements anew without an erased actor; their ids, positions and everything else stay."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from hub.journal import STATEMENTS
from hub.journal.tables import statement
from hub.lifecycle.anonymize import Anonymizer
from hub.lifecycle.delete_statements import (
    delete_terms,
    given_terms,
    is_referred_to,
    own_terms,
    shed_inherited,
)
from hub.store import UnitOfWork
from hub.store.append_only import open_door
from hub.xapi.storing.attachments import blob_key
from hub.xapi.tables import statement_attachment


def rewrite_statements(uow: UnitOfWork, rows: Sequence[sa.Row[Any]], anonymizer: Anonymizer) -> list[str]:
    """Take the actor out of these statements; keys of files that can go afterwards (signatures, which no longer fit)."""
    if not rows:
        return []
    STATEMENTS.announce_append(uow, alone=False)
    given = given_terms(uow, rows)
    files: set[tuple[str, str]] = set()
    before = {row.position: own_terms(row) for row in rows}
    with open_door(uow.connection, statement.name):
        for row in rows:
            payload, signatures = anonymizer.statement(row.payload)
            files |= _forget_files(uow, row, signatures)
            uow.connection.execute(
                sa.update(statement)
                .where(statement.c.position == row.position)
                .values(payload=payload, **_columns(row, anonymizer))
            )
    after = uow.connection.execute(sa.select(statement).where(uow.among(statement.c.position, list(before))))
    delete_terms(uow, [(t, row.position) for row in after for t in before[row.position] - own_terms(row)])
    shed_inherited(uow, rows, given)
    return [blob_key(*file) for file in sorted(files) if not is_referred_to(uow, *file)]


def _columns(row: sa.Row[Any], anonymizer: Anonymizer) -> dict[str, str]:
    """What stands beside the JSON, where that is the actor: a statement about the person, or one of a named group."""
    form, subject = anonymizer.nobody
    found: dict[str, str] = {}
    if tuple(str(row.object_id).split(":", 1)) in anonymizer.identities:
        found["object_id"] = f"{form}:{subject}"
    return found


def _forget_files(uow: UnitOfWork, row: sa.Row[Any], sha2s: Sequence[str]) -> set[tuple[str, str]]:
    table = statement_attachment
    for sha2 in sha2s:
        uow.connection.execute(sa.delete(table).where(table.c.position == row.position, table.c.sha2 == sha2))
    return {(row.connection_id, sha2) for sha2 in sha2s}
