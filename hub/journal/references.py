"""Statements about statements: whoever looks for what one refers to finds the one that refers as well.

A statement fits a filter when the statement it refers to fits, over however many steps (xAPI 1.0.3 Communication 2.1.3;
2.0, 4.1.6.1). So a statement with a StatementRef as its object has the terms of its target in the index too; they are
added when it is stored or, if the target comes later, when the target is.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from hub.ids import is_id
from hub.journal.find_keys import read_keys
from hub.journal.tables import statement, statement_id, statement_reference, statement_term
from hub.journal.terms import hash_terms

MAX_REFERENCES = 20
"""How far a chain of statements about statements is followed."""

_CHUNK = 5000
"""References, or rows, held at a time: any number of statements may refer to one."""
_T = TypeVar("_T")


class _Target(NamedTuple):
    """Own terms of a statement, and the id of the one it refers to, if it does."""

    terms: list[int]
    target_id: str | None


class Referrer(NamedTuple):
    """What refers to a statement (``root``), directly or not; ``target`` is what it names itself."""

    position: int
    target: str
    root: str


def referred_id(object_id: str) -> str | None:
    """The statement that a row of the journal refers to, by its column ``object_id``: no other object's id is a UUID."""
    return object_id.lower() if is_id(object_id) else None


def note_references(connection: sa.Connection, connection_id: str, targets: Mapping[int, str]) -> None:
    """Remember which statement each of these positions refers to."""
    rows = [
        {"connection_id": connection_id, "target_id": target, "position": position}
        for position, target in targets.items()
    ]
    if rows:
        connection.execute(sa.insert(statement_reference), rows)


def inherit_terms(
    connection: sa.Connection, connection_id: str, targets: Mapping[int, str], arrived: Collection[str]
) -> None:
    """Add the terms of what they refer to, however far, to new references and to what refers to new statements.

    ``targets`` are the positions of new statements that refer, with what they refer to; ``arrived`` are the ids of new
    statements to which others may refer. All is written already, and no other unit may append meanwhile.
    """
    _inherit(connection, connection_id, targets)
    for some in walk_referrers(connection, connection_id, arrived):
        _inherit(connection, connection_id, {each.position: each.target for each in some})


def _inherit(connection: sa.Connection, connection_id: str, targets: Mapping[int, str]) -> None:
    known = _load_chains(connection, connection_id, set(targets.values()))
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    insert = dialect.insert(statement_term).on_conflict_do_nothing()
    rows = (
        {"term": term, "position": position}
        for position, target in targets.items()
        for term in _chain_terms(known, target)
    )
    for some in _chunks(rows):
        connection.execute(insert, some)


def inherited_terms(
    connection: sa.Connection, connection_id: str, references: Mapping[int, str]
) -> dict[int, set[int]]:
    """By position, the terms that statements have from what they refer to (``references``) as it is here now."""
    known = _load_chains(connection, connection_id, set(references.values()))
    return {position: _chain_terms(known, target) for position, target in references.items()}


def chain_terms(connection: sa.Connection, connection_id: str, ids: Collection[str]) -> dict[str, set[int]]:
    """By id, the terms that what refers to these statements has from them, and from what these refer to."""
    known = _load_chains(connection, connection_id, ids)
    return {id: _chain_terms(known, id) for id in ids}


def walk_referrers(
    connection: sa.Connection, connection_id: str, ids: Collection[str]
) -> Iterator[Sequence[Referrer]]:
    """What refers to these statements, directly or not, each once, some at a time: there may be more than fit into memory.

    The root of each is the first of these statements on its way. One that is among them itself ends a way, for what
    refers to it has it as its root; so no circle is gone round twice, since every statement refers to one at most.
    """
    roots = frozenset(ids)
    for some in _chunks(roots):
        yield from _walk(connection, connection_id, {id: id for id in some}, roots, MAX_REFERENCES)


def _walk(
    connection: sa.Connection,
    connection_id: str,
    root_of: Mapping[str, str],
    roots: Collection[str],
    steps: int,
) -> Iterator[Sequence[Referrer]]:
    table = statement_reference
    query = sa.select(table.c.position, table.c.target_id).where(
        table.c.connection_id == connection_id, table.c.target_id.in_(root_of)
    )
    with connection.execute(query, execution_options={"yield_per": _CHUNK}) as rows:
        for part in rows.partitions():
            some = [Referrer(position, target, root_of[target]) for position, target in part]
            yield some
            if steps > 1:
                further = _ids_of(connection, some)
                if further := {id: root for id, root in further.items() if id not in roots}:
                    yield from _walk(connection, connection_id, further, roots, steps - 1)


def _ids_of(connection: sa.Connection, referrers: Sequence[Referrer]) -> dict[str, str]:
    """Ids of these statements, each with its root."""
    root_at = {each.position: each.root for each in referrers}
    query = sa.select(statement.c.id, statement.c.position).where(statement.c.position.in_(root_at))
    return {id: root_at[position] for id, position in connection.execute(query)}


def _load_chains(connection: sa.Connection, connection_id: str, ids: Collection[str]) -> dict[str, _Target]:
    """These statements and what they refer to, step by step, as far as they are here and of this connection."""
    known: dict[str, _Target] = {}
    for _ in range(MAX_REFERENCES):
        loaded: list[str] = []
        for some in _chunks(ids):
            rows = connection.execute(
                sa.select(statement.c.id, statement.c.object_id, statement.c.payload)
                .join(statement_id, statement_id.c.position == statement.c.position)
                .where(statement_id.c.id.in_(some), statement.c.connection_id == connection_id)
            )
            for id, object_id, payload in rows:
                # What was stored by its columns alone has no keys to pass on.
                known[id] = _Target(hash_terms(connection_id, read_keys(payload)), referred_id(object_id))
                loaded.append(id)
        ids = {target for id in loaded if (target := known[id].target_id) and target not in known}
        if not ids:
            break
    return known


def _chain_terms(known: Mapping[str, _Target], id: str | None) -> set[int]:
    terms: set[int] = set()
    seen: set[str] = set()
    while id is not None and id in known and id not in seen and len(seen) < MAX_REFERENCES:
        seen.add(id)
        terms.update(known[id].terms)
        id = known[id].target_id
    return terms


def _chunks(items: Iterable[_T]) -> Iterator[Sequence[_T]]:
    rest = iter(items)
    while some := list(islice(rest, _CHUNK)):
        yield some
