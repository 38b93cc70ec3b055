"""Taking statements out of the journal for good: the rows, what they are found by, their files, and what waits for them.

What stays is the id with its content's hash and position, as a tombstone: a repeat is known as such and is not stored
again, other content under the id is refused, and lists that were begun go on. Voidings stay too, for they hold ids only.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import sqlalchemy as sa

from hub.journal import STATEMENTS
from hub.journal.find_keys import read_keys
from hub.journal.references import Referrer, chain_terms, inherited_terms, referred_id, walk_referrers
from hub.journal.tables import statement, statement_reference, statement_term
from hub.journal.terms import ACTIVITY, AGENT, REGISTRATION, VERB, Key, hash_terms
from hub.store import UnitOfWork
from hub.store.append_only import open_door
from hub.training.tables import waiting_statement
from hub.xapi.forward.tables import forward_parked
from hub.xapi.storing.attachments import blob_key
from hub.xapi.tables import statement_attachment

Rows = Sequence[sa.Row[Any]]
_AT_ONCE = 5000
"""Terms deleted by one statement."""


@dataclass
class Deleted:
    """What was deleted. ``bytes`` are those of statements, ``files`` the keys of blobs that nothing refers to any more."""

    statements: int = 0
    bytes: int = 0
    attachments: int = 0
    files: list[str] = field(default_factory=list)

    def add(self, other: "Deleted") -> None:
        """Count another part as well."""
        self.statements += other.statements
        self.bytes += other.bytes
        self.attachments += other.attachments
        self.files += other.files


def delete_statements(uow: UnitOfWork, positions: Collection[int]) -> Deleted:
    """Delete the statements at these positions, as many as one unit of work can hold (some hundred).

    Files in the blob store are deleted afterwards, outside the unit: see ``delete_files``. Completions and credits are
    the caller's.
    """
    STATEMENTS.announce_append(uow, alone=False)  # nothing that refers to these arrives meanwhile
    rows = uow.connection.execute(
        sa.select(statement).where(uow.among(statement.c.position, positions)).order_by(statement.c.position)
    ).all()
    if not rows:
        return Deleted()
    found = [row.position for row in rows]
    ids = [row.id for row in rows]
    given = given_terms(uow, rows)
    _forget_terms(uow, rows)
    deleted = Deleted(len(rows), sum(len(row.payload) for row in rows))
    deleted.attachments, deleted.files = _forget_attachments(uow, found)
    for table, column, values in (
        (waiting_statement, waiting_statement.c.statement_id, ids),
        (forward_parked, forward_parked.c.statement_id, ids),
    ):
        uow.connection.execute(sa.delete(table).where(uow.among(column, values)))
    with open_door(uow.connection, statement.name):
        uow.connection.execute(sa.delete(statement).where(uow.among(statement.c.position, found)))
    shed_inherited(uow, rows, given)
    return deleted


def keys_of(row: sa.Row[Any]) -> set[Key]:
    """What a statement is found by itself: by its JSON, and by its columns where it was stored by these alone."""
    keys = {(VERB, row.verb), (ACTIVITY, row.object_id), (AGENT, f"{row.actor_form}:{row.actor_subject}")}
    if row.registration:
        keys.add((REGISTRATION, row.registration))
    return keys | read_keys(row.payload)


def own_terms(row: sa.Row[Any]) -> set[int]:
    """The terms of a statement by itself."""
    return set(hash_terms(row.connection_id, keys_of(row)))


def delete_terms(uow: UnitOfWork, terms: Iterable[tuple[int, int]]) -> None:
    """Delete rows of the index, each given as term and position."""
    pairs = sorted(terms)
    if uow.is_sqlite:
        if pairs:
            uow.connection.exec_driver_sql(
                "DELETE FROM statement_term WHERE term = ? AND position = ?", pairs
            )
        return
    given = uow.listed({"term": sa.BigInteger(), "position": sa.BigInteger()}, pairs)
    mine = statement_term
    uow.connection.execute(
        sa.delete(mine).where(mine.c.term == given.c.term, mine.c.position == given.c.position)
    )


def given_terms(uow: UnitOfWork, rows: Rows) -> dict[str, set[int]]:
    """By id of these statements, the terms that what refers to them has from there."""
    given: dict[str, set[int]] = {}
    for connection_id, some in _by_connection(rows):
        given |= chain_terms(uow.connection, connection_id, [row.id for row in some])
    return given


def _forget_terms(uow: UnitOfWork, rows: Rows) -> None:
    """Delete the rows of the index and the references of statements that go."""
    pairs = [(term, row.position) for row in rows for term in own_terms(row)]
    for connection_id, some in _by_connection(rows):
        references = {row.position: target for row in some if (target := referred_id(row.object_id))}
        inherited = inherited_terms(uow.connection, connection_id, references)
        pairs += [(term, position) for position in references for term in inherited[position]]
        _forget_references(uow, connection_id, references)
    delete_terms(uow, pairs)


def _forget_references(uow: UnitOfWork, connection_id: str, references: dict[int, str]) -> None:
    table = statement_reference
    for position, target in references.items():
        uow.connection.execute(
            sa.delete(table).where(
                table.c.connection_id == connection_id,
                table.c.target_id == target,
                table.c.position == position,
            )
        )


def shed_inherited(uow: UnitOfWork, rows: Rows, given: Mapping[str, set[int]]) -> None:
    """What refers to statements that have changed, or are gone, is no longer found by what only these were found by.

    ``given`` are the terms that they gave before.
    """
    for connection_id, some in _by_connection(rows):
        here = {row.position for row in some}
        for referrers in walk_referrers(uow.connection, connection_id, [row.id for row in some]):
            _shed(uow, connection_id, [each for each in referrers if each.position not in here], given)


def _shed(
    uow: UnitOfWork, connection_id: str, referrers: Sequence[Referrer], given: Mapping[str, set[int]]
) -> None:
    after = inherited_terms(uow.connection, connection_id, {each.position: each.target for each in referrers})
    rows = uow.connection.execute(
        sa.select(statement).where(uow.among(statement.c.position, [each.position for each in referrers]))
    )
    own = {row.position: own_terms(row) for row in rows}
    lost = (
        (term, each.position)
        for each in referrers
        for term in given[each.root] - after[each.position] - own.get(each.position, set())
    )
    while some := list(islice(lost, _AT_ONCE)):
        delete_terms(uow, some)


def _forget_attachments(uow: UnitOfWork, positions: Collection[int]) -> tuple[int, list[str]]:
    table = statement_attachment
    where = uow.among(table.c.position, positions)
    gone = uow.connection.execute(sa.select(table).where(where)).all()
    if not gone:
        return 0, []
    uow.connection.execute(sa.delete(table).where(where))
    files = sorted({(row.connection_id, row.sha2) for row in gone})
    return len(gone), [blob_key(*file) for file in files if not is_referred_to(uow, *file)]


def is_referred_to(uow: UnitOfWork, connection_id: str, sha2: str) -> bool:
    """Whether a statement that is here came with these bytes."""
    table = statement_attachment
    query = sa.select(table.c.position).where(table.c.connection_id == connection_id, table.c.sha2 == sha2)
    return uow.connection.scalar(query.limit(1)) is not None


def _by_connection(rows: Rows) -> Iterator[tuple[str, list[sa.Row[Any]]]]:
    grouped: dict[str, list[sa.Row[Any]]] = defaultdict(list)
    for row in rows:
        grouped[row.connection_id].append(row)
    yield from sorted(grouped.items())
