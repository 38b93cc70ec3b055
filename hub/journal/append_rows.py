"""Writing the rows of new statements: ids first, so that each belongs to one statement for good.

On PostgreSQL one statement claims the ids, takes the positions and writes all rows if every id was free, which is the
rule; a batch needs no more round trips than a single statement. Ids are claimed in their order, so that batches that
share some wait for each other and never in a circle.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from hub.journal.logs import STATEMENTS
from hub.journal.new_statement import NewStatement
from hub.journal.terms import hash_terms
from hub.store import UnitOfWork
from hub.store.arrays import Array, bigints, blobs, instants, texts, uuids
from hub.store.driver import run_directly


class Claimed(NamedTuple):
    """Positions of the statements whose id was free, by id; and those of them to which others referred already."""

    positions: dict[str, int]
    referred: list[str]


_WRITE = """
INSERT INTO statement (position, id, connection_id, stored, "timestamp", actor_form, actor_subject, verb, object_id,
                       registration, payload)
SELECT {position}, r.id, %(connection)s::uuid, %(stored)s, r.at, r.form, r.subject, r.verb, r.object, r.registration,
       r.payload
  FROM {source}unnest(%(places)b::bigint[], %(ids)b::uuid[], %(times)b::timestamptz[], %(forms)b::text[],
              %(subjects)b::text[], %(verbs)b::text[], %(objects)b::text[], %(registrations)b::uuid[],
              %(payloads)b::bytea[]) AS r(place, id, at, form, subject, verb, object, registration, payload)
"""
_WRITE_TERMS = """
INSERT INTO statement_term (term, position)
SELECT t.term, {position} FROM {source}unnest(%(terms)b::bigint[], %(term_places)b::bigint[]) AS t(term, place)
"""
_CLAIM_AND_WRITE = f"""
WITH given AS MATERIALIZED (
  SELECT array_agg(nextval('statement_position_seq')) AS positions FROM generate_series(1, %(count)s)),
claimed AS (
  INSERT INTO statement_id (id, content_hash, position, connection_id)
  SELECT n.id, n.hash, given.positions[n.place], %(connection)s::uuid
    FROM given, unnest(%(sorted_ids)b::uuid[], %(hashes)b::text[], %(id_places)b::bigint[]) AS n(id, hash, place)
  ON CONFLICT DO NOTHING RETURNING id, position),
written AS ({_WRITE.format(position="given.positions[r.place]", source="given, ")}
  WHERE (SELECT count(*) FROM claimed) = %(count)s),
found AS ({_WRITE_TERMS.format(position="given.positions[t.place]", source="given, ")}
  WHERE (SELECT count(*) FROM claimed) = %(count)s)
SELECT id::text, position, (SELECT 1 FROM statement_reference AS r
                             WHERE r.connection_id = %(connection)s::uuid AND r.target_id = claimed.id LIMIT 1)
  FROM claimed
"""  # noqa: S608
_WRITE_SOME = _WRITE.format(position="r.place", source="")
_WRITE_SOME_TERMS = _WRITE_TERMS.format(position="t.place", source="")


def append_rows(uow: UnitOfWork, connection_id: str, statements: Sequence[NewStatement]) -> Claimed:
    """Claim the ids and write the statements whose id was free, in their order. The unit has announced its append."""
    if uow.is_sqlite:
        return _append_sqlite(uow, connection_id, statements)
    return _append_postgres(uow, connection_id, statements)


def _append_postgres(uow: UnitOfWork, connection_id: str, statements: Sequence[NewStatement]) -> Claimed:
    # Places are those in the batch: rows and positions follow its order, ids are claimed in theirs.
    placed = list(enumerate(statements, 1))
    by_id = sorted(placed, key=lambda pair: pair[1].id)
    parameters = _parameters(uow, connection_id, placed) | {
        "count": len(placed),
        "sorted_ids": uuids([s.id for _, s in by_id]),
        "hashes": texts([s.content_hash for _, s in by_id]),
        "id_places": bigints([place for place, _ in by_id]),
    }
    rows = run_directly(uow.connection, _CLAIM_AND_WRITE, parameters)
    claimed = Claimed(
        {id: position for id, position, _ in rows}, [id for id, _, referred in rows if referred]
    )
    if len(rows) < len(placed):
        some = [(claimed.positions[s.id], s) for _, s in placed if s.id in claimed.positions]
        parameters = _parameters(uow, connection_id, some)
        uow.connection.exec_driver_sql(_WRITE_SOME, parameters)
        uow.connection.exec_driver_sql(_WRITE_SOME_TERMS, parameters)
    return claimed


def _parameters(
    uow: UnitOfWork, connection_id: str, placed: "Sequence[tuple[int, NewStatement]]"
) -> dict[str, Array | object]:
    statements = [s for _, s in placed]
    terms = sorted([(t, place) for place, s in placed for t in hash_terms(connection_id, s.known_by())])
    return {
        "connection": connection_id,
        "stored": uow.now,
        "ids": uuids([s.id for s in statements]),
        "places": bigints([place for place, _ in placed]),
        "times": instants([s.timestamp for s in statements]),
        "forms": texts([s.actor_form for s in statements]),
        "subjects": texts([s.actor_subject for s in statements]),
        "verbs": texts([s.verb for s in statements]),
        "objects": texts([s.object_id for s in statements]),
        "registrations": uuids([s.registration for s in statements]),
        "payloads": blobs([s.payload for s in statements]),
        "terms": bigints([term for term, _ in terms]),
        "term_places": bigints([place for _, place in terms]),
    }


def _append_sqlite(uow: UnitOfWork, connection_id: str, statements: Sequence[NewStatement]) -> Claimed:
    """Writers take turns, so that what is free now stays free."""
    run = uow.connection.exec_driver_sql
    taken = _taken(uow, statements)
    new = [s for s in statements if s.id not in taken]
    if not new:
        return Claimed({}, [])
    positions = dict(zip([s.id for s in new], STATEMENTS.take_positions(uow, len(new)), strict=True))
    stored = _text(uow.now)
    run(
        "INSERT INTO statement_id (id, content_hash, position, connection_id) VALUES (?, ?, ?, ?)",
        [(s.id, s.content_hash, positions[s.id], connection_id) for s in sorted(new, key=lambda s: s.id)],
    )
    run(
        "INSERT INTO statement (position, id, connection_id, stored, timestamp, actor_form, actor_subject, verb,"
        " object_id, registration, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(positions[s.id], s.id, connection_id, stored, *_columns(s)) for s in new],
    )
    terms = sorted([(t, positions[s.id]) for s in new for t in hash_terms(connection_id, s.known_by())])
    if terms:
        run("INSERT INTO statement_term (term, position) VALUES (?, ?)", terms)
    return Claimed(positions, _referred(uow, connection_id, list(positions)))


def _columns(s: NewStatement) -> tuple[object, ...]:
    return (
        _text(s.timestamp),
        s.actor_form,
        s.actor_subject,
        s.verb,
        s.object_id,
        s.registration,
        s.payload,
    )


def _text(instant: datetime) -> str:
    """As ``hub.store.types.Time`` writes it."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def _taken(uow: UnitOfWork, statements: Sequence[NewStatement]) -> set[str]:
    query = "SELECT id FROM statement_id WHERE id IN (SELECT value FROM json_each(?))"
    rows = run_directly(uow.connection, query, (json.dumps([s.id for s in statements]),))
    return {id for (id,) in rows}


def _referred(uow: UnitOfWork, connection_id: str, ids: Sequence[str]) -> list[str]:
    query = (
        "SELECT DISTINCT target_id FROM statement_reference"
        " WHERE connection_id = ? AND target_id IN (SELECT value FROM json_each(?))"
    )
    return [id for (id,) in run_directly(uow.connection, query, (connection_id, json.dumps(ids)))]
