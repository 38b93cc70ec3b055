"""One query for one piece of a list: as many candidates as asked for, from ranges of terms, and their statements.

Whatever the store holds, a piece reads as many rows: each range is read in order from where the list goes on, and only
as far as the piece reaches. Ranges of several connections, or of a term and its related one, are merged.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from hub.errors import BadInput, Problem
from hub.journal import VOIDED
from hub.journal.tables import statement, statement_id, statement_term, voiding
from hub.journal.terms import (
    ACTIVITY,
    AGENT,
    REGISTRATION,
    RELATED_ACTIVITY,
    RELATED_AGENT,
    VERB,
    hash_term,
)
from hub.store import UnitOfWork
from hub.xapi.finding.parameters import Query

STORED_OUT_OF_ORDER = timedelta(seconds=10)
"""By how much a later position may have an earlier ``stored``: units that overlap, and clocks of several machines."""

_OTHER_WAYS = ("enable_bitmapscan", "enable_seqscan")


@dataclass(frozen=True)
class Range:
    """The positions that are left of a list, both ends excluded."""

    after: int
    before: int

    def beyond(self, position: int, query: Query) -> "Range":
        """What is left after the statement at a position."""
        return replace(self, after=position) if query.ascending else replace(self, before=position)


def keep_to_ranges(on: bool) -> list[sa.ColumnElement[str]]:
    """Columns of a SELECT that have PostgreSQL read ranges of the index in order until the unit ends, or no longer.

    Only an ordered range keeps to what a page needs; when the planner takes a term for rare, it would rather sort it all.
    """
    return [sa.func.set_config(name, "off" if on else "on", True) for name in _OTHER_WAYS]


def find_range(uow: UnitOfWork, connections: Sequence[str], query: Query, safe_position: int) -> Range:
    """Where the list lies. BadInput ``bad_parameters`` when it should go on after a statement that was never stored.

    Ascending lists end at ``safe_position``. ``since`` and ``until`` narrow the range as far as ``stored`` is in order.
    """
    s = statement.c
    bounds: dict[str, sa.ColumnElement[Any]] = {}
    if query.since is not None:
        earlier = s.stored <= query.since - STORED_OUT_OF_ORDER
        bounds["since"] = (
            sa.select(s.position).where(earlier).order_by(s.stored.desc()).limit(1).scalar_subquery()
        )
    if query.until is not None:
        later = s.stored > query.until + STORED_OUT_OF_ORDER
        bounds["until"] = sa.select(s.position).where(later).order_by(s.stored).limit(1).scalar_subquery()
    if query.after is not None:
        seen = sa.and_(statement_id.c.id == query.after, statement_id.c.connection_id.in_(connections))
        bounds["seen"] = sa.select(statement_id.c.position).where(seen).scalar_subquery()
    planner = [] if uow.is_sqlite else keep_to_ranges(True)
    columns = [*(column.label(name) for name, column in bounds.items()), *planner]
    found: dict[str, Any] = (
        dict(uow.connection.execute(sa.select(*columns)).one()._mapping) if columns else {}
    )
    if query.after is not None and found["seen"] is None:
        problem = Problem("is unknown", "cursor")
        raise BadInput("bad_parameters", "The list cannot be continued.", problems=[problem])
    left = Range(found.get("since") or 0, found.get("until") or 2**62)
    if query.ascending:
        left = replace(left, before=min(left.before, safe_position + 1))
    if query.after is not None:
        seen_at = int(found["seen"])
        after = max(left.after, seen_at) if query.ascending else left.after
        left = Range(after, left.before if query.ascending else min(left.before, seen_at))
    return left


def term_groups(connection_id: str, query: Query) -> list[list[int]]:
    """For each filter the terms of which a statement must have one; the filter that fewest statements pass first."""
    groups: list[list[int]] = []

    def add(value: str, *kinds: str) -> None:
        groups.append([hash_term(connection_id, kind, value) for kind in kinds])

    if query.registration is not None:
        add(query.registration, REGISTRATION)
    if query.agent is not None:
        add(":".join(query.agent), AGENT, *([RELATED_AGENT] if query.related_agents else []))
    if query.activity is not None:
        add(query.activity, ACTIVITY, *([RELATED_ACTIVITY] if query.related_activities else []))
    if query.verb is not None:
        add(query.verb, VERB)
    return groups


def piece_of_list(
    uow: UnitOfWork, connections: Sequence[str], query: Query, left: Range, count: int, room: int
) -> sa.Select[Any]:
    """The next ``count`` candidates: ``position``, ``id``, ``stored``, ``object_id``, ``connection_id``, ``wanted`` and
    ``payload``. The payload is null for what is not wanted, and for what comes after ``room`` bytes of others.
    """
    candidate = _candidates(connections, query, left, count)
    s: Any
    if uow.is_sqlite:
        s = statement.alias("s")
        joined: sa.FromClause = candidate.outerjoin(s, s.c.position == candidate.c.position)
    else:
        # A row at a time: no plan that reads the whole table can come of it.
        at = statement.c.position == candidate.c.position
        s = sa.select(statement).where(at).limit(1).correlate(candidate).lateral("s")
        joined = candidate.outerjoin(s, sa.true())
    wanted = sa.and_(*_conditions(connections, query, candidate, s))
    # Of its own and with a limit, so that no database works out several times whether a statement is wanted.
    looked_at = (
        sa.select(
            candidate.c.position,
            s.c.id,
            s.c.stored,
            s.c.object_id,
            s.c.connection_id,
            s.c.payload,
            wanted.label("wanted"),
        )
        .select_from(joined)
        .limit(count)
        .subquery("looked_at")
    )
    each = looked_at.c
    order = _in_order(each.position, query)
    size = sa.case((each.wanted, sa.func.length(each.payload)), else_=0)
    before = sa.func.coalesce(sa.func.sum(size).over(order_by=order, rows=(None, -1)), 0)
    payload = sa.case((sa.and_(each.wanted, before <= room), each.payload))
    columns = (each.position, each.id, each.stored, each.object_id, each.connection_id, each.wanted)
    return sa.select(*columns, payload.label("payload")).order_by(order)


def is_voided(s: Any) -> sa.ColumnElement[bool]:
    """Whether a voiding statement names this one; voiding statements themselves stay."""
    named = sa.exists().where(voiding.c.target_id == s.c.id, voiding.c.connection_id == s.c.connection_id)
    return sa.and_(named, s.c.verb != VOIDED)


def _candidates(connections: Sequence[str], query: Query, left: Range, count: int) -> Any:
    parts: list[sa.Select[Any]] = []
    for connection_id in connections:
        groups = term_groups(connection_id, query)
        if not groups:
            parts.append(_all_of(connection_id, query, left, count))
            continue
        first, *others = groups
        also = [
            sa.cast(sa.literal(term), sa.BigInteger).label(f"also_{place}_{choice}")
            for place, group in enumerate(others)
            for choice, term in enumerate(group)
        ]
        t = statement_term.c
        parts += [
            sa.select(t.position, *also)
            .where(t.term == term, t.position > left.after, t.position < left.before)
            .order_by(_in_order(t.position, query))
            .limit(count)
            for term in first
        ]
    if len(parts) == 1:
        return parts[0].subquery("candidate")
    merged = sa.union(*(sa.select(part.subquery()) for part in parts)).subquery()
    return sa.select(merged).order_by(_in_order(merged.c.position, query)).limit(count).subquery("candidate")


def _all_of(connection_id: str, query: Query, left: Range, count: int) -> sa.Select[Any]:
    """Rows are compared as pairs, so that only the index of both columns can give them in order."""
    s = statement.c
    pair = sa.tuple_(s.connection_id, s.position)

    def at(position: int) -> Any:
        return sa.tuple_(
            sa.bindparam(None, connection_id, s.connection_id.type),
            sa.bindparam(None, position, sa.BigInteger),
        )

    return (
        sa.select(s.position)
        .where(pair > at(left.after), pair < at(left.before))
        .order_by(_in_order(s.connection_id, query), _in_order(s.position, query))
        .limit(count)
    )


def _conditions(
    connections: Sequence[str], query: Query, candidate: Any, s: Any
) -> list[sa.ColumnElement[bool]]:
    conditions = [s.c.connection_id.in_(connections), ~is_voided(s)]
    if query.since is not None:
        conditions.append(s.c.stored > query.since)
    if query.until is not None:
        conditions.append(s.c.stored <= query.until)
    others = term_groups("", query)[1:]
    for place, group in enumerate(others):
        terms = [candidate.c[f"also_{place}_{choice}"] for choice in range(len(group))]
        has = sa.exists().where(
            statement_term.c.term.in_(terms), statement_term.c.position == candidate.c.position
        )
        conditions.append(has)
    return conditions


def _in_order(column: Any, query: Query) -> Any:
    return column.asc() if query.ascending else column.desc()
