"""Looking through the statements of every system, for operators: by what the journal's index knows, never by a full scan."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from hub.journal.listed import ROWS, Listed
from hub.journal.tables import statement, statement_id, statement_term, voiding
from hub.journal.terms import ACTIVITY, AGENT, REGISTRATION, RELATED_ACTIVITY, VERB, hash_term
from hub.network import tables as network
from hub.network.people.identities import SUBJECT
from hub.network.views import names_of_people
from hub.store import UnitOfWork
from hub.training.credit.views import StatementRow, statement_rows
from hub.training.tables import waiting_statement
from hub.xapi.finding.list_query import STORED_OUT_OF_ORDER, keep_to_ranges
from hub.xapi.statements.sentence import Sentence, tell

MAX_SCANNED = 4_000
"""Candidates looked at for one page; filters that few pass together give short pages, which go on."""
MAX_COUNTED = 1_000
_AT_ONCE = 500
_FEW = 10_000

Name = tuple[str, str]
"""Form and subject of an actor."""


@dataclass(frozen=True)
class Filter:
    """What is looked for; what is empty is not asked. ``actor`` is form and subject at any system, ``until`` is excluded."""

    id: str = ""
    connection_id: str = ""
    person_id: str = ""
    actor: Name | None = None
    verb: str = ""
    activity: str = ""
    registration: str = ""
    since: datetime | None = None
    until: datetime | None = None
    waiting: bool = False
    voided: bool = False

    @property
    def narrows(self) -> bool:
        """Whether anything is asked."""
        return self != Filter()


@dataclass(frozen=True)
class Shown:
    """A statement in a list: what became of it, and its sentence."""

    row: StatementRow
    sentence: Sentence


def browse(uow: UnitOfWork, wanted: Filter, before: int | None = None) -> Listed[Shown]:
    """A page of statements, the last stored first. ``older`` is where the next page goes on, which may be after a short one."""
    low, high = _range(uow, wanted)
    if before is not None:
        high = min(high, before)
    groups = _groups(uow, wanted)
    # Where one filter says it all, every candidate is found.
    count = ROWS + 1 if len(groups) < 2 and _is_by_terms(wanted) else _AT_ONCE
    found: list[int] = []
    scanned = 0
    while len(found) <= ROWS and scanned < MAX_SCANNED:
        positions = _candidates(uow, wanted, groups, (low, high), count)
        scanned += len(positions)
        found += _passing(uow, wanted, groups[1:], positions)
        if len(positions) < count:
            return _page(uow, found, None)
        high = positions[-1]
    return _page(uow, found, str(high) if len(found) <= ROWS else None)


def count_found(uow: UnitOfWork, wanted: Filter) -> int | None:
    """How many statements there are, MAX_COUNTED + 1 for more; None where counting would mean reading."""
    groups = _groups(uow, wanted)
    if len(groups) != 1 or not _is_by_terms(wanted):
        return None
    term = statement_term.c
    positions = sa.select(term.position).where(uow.among(term.term, groups[0])).limit(MAX_COUNTED + 1)
    return uow.connection.scalar(sa.select(sa.func.count()).select_from(positions.subquery())) or 0


def _is_by_terms(wanted: Filter) -> bool:
    """Whether nothing is asked but what the index knows."""
    return not (wanted.id or wanted.since or wanted.until or wanted.waiting or wanted.voided)


def show(uow: UnitOfWork, rows: Sequence[sa.Row[Any]]) -> list[Shown]:
    """Rows of the journal with what became of them and their sentences."""
    listed = statement_rows(uow, rows)
    people = names_of_people(uow, [each.person_id for each in listed])
    return [
        Shown(each, tell(msgspec.json.decode(row.payload), people.get(each.person_id or "", ""), each.title))
        for row, each in zip(rows, listed, strict=True)
    ]


def names_of_person(uow: UnitOfWork, person_id: str) -> list[tuple[str, Name]]:
    """How statements name a person, by connection."""
    link = network.identity_link
    public = uow.settings.public_url
    return [
        (
            row.connection_id,
            ("account", f"{public}|{row.subject}") if row.form == SUBJECT else (row.form, row.subject),
        )
        for row in uow.connection.execute(sa.select(link).where(link.c.person_id == person_id))
    ]


def _page(uow: UnitOfWork, found: Sequence[int], older: str | None) -> Listed[Shown]:
    shown = found[:ROWS]
    rows = uow.connection.execute(
        sa.select(statement)
        .where(uow.among(statement.c.position, shown))
        .order_by(statement.c.position.desc())
    ).all()
    if len(found) > ROWS:
        older = str(shown[-1])
    return Listed(tuple(show(uow, rows)), older)


def _range(uow: UnitOfWork, wanted: Filter) -> tuple[int, int]:
    """Positions between which the list lies, both excluded, as far as ``stored`` is in order."""
    s = statement.c
    low, high = 0, 2**62
    if wanted.since is not None:
        earlier = sa.select(s.position).where(s.stored < wanted.since - STORED_OUT_OF_ORDER)
        low = uow.connection.scalar(earlier.order_by(s.stored.desc()).limit(1)) or 0
    if wanted.until is not None:
        later = sa.select(s.position).where(s.stored > wanted.until + STORED_OUT_OF_ORDER)
        high = uow.connection.scalar(later.order_by(s.stored).limit(1)) or high
    return low, high


def _groups(uow: UnitOfWork, wanted: Filter) -> list[list[int]]:
    """For each filter the terms of which a statement must have one; the filter that fewest statements pass first."""
    connections = [wanted.connection_id] if wanted.connection_id else _connections(uow)
    groups: list[list[int]] = []

    def add(value: str, *kinds: str) -> None:
        groups.append([hash_term(id, kind, value) for id in connections for kind in kinds])

    if wanted.registration:
        add(wanted.registration.lower(), REGISTRATION)
    if wanted.person_id:
        names = [(id, name) for id, name in names_of_person(uow, wanted.person_id) if id in connections]
        groups.append([hash_term(id, AGENT, ":".join(name)) for id, name in names])
    if wanted.actor:
        add(":".join(wanted.actor), AGENT)
    if wanted.activity:
        add(wanted.activity, ACTIVITY, RELATED_ACTIVITY)
    if wanted.verb:
        add(wanted.verb, VERB)
    return groups


def _connections(uow: UnitOfWork) -> list[str]:
    """Those that can send statements."""
    connection = network.connection
    return list(uow.connection.scalars(sa.select(connection.c.id).where(connection.c.kind != "oidc")))


def _candidates(
    uow: UnitOfWork, wanted: Filter, groups: Sequence[Sequence[int]], between: tuple[int, int], count: int
) -> list[int]:
    """The next ``count`` positions that pass the first filter, downwards."""
    low, high = between
    if groups:
        return _of_terms(uow, groups[0], low, high, count)
    s = statement.c
    query = sa.select(s.position).where(s.position > low, s.position < high)
    if wanted.id:
        at = sa.select(statement_id.c.position).where(statement_id.c.id == wanted.id)
        query = query.where(s.position == at.scalar_subquery())
    elif wanted.waiting or wanted.voided:
        named = waiting_statement.c.statement_id if wanted.waiting else voiding.c.target_id
        some = sa.select(sa.func.count()).select_from(sa.select(named).limit(_FEW).subquery())
        if (uow.connection.scalar(some) or 0) < _FEW:
            return _named_by(uow, named, between, count)
        query = query.where(sa.exists().where(named == s.id))
    if wanted.connection_id:
        query = query.where(s.connection_id == wanted.connection_id)
    return list(uow.connection.scalars(query.order_by(s.position.desc()).limit(count)))


def _named_by(uow: UnitOfWork, named: sa.Column[str], between: tuple[int, int], count: int) -> list[int]:
    """Positions of the few statements that another table names, found from there."""
    low, high = between
    at = sa.select(statement_id.c.position).where(statement_id.c.id == named).correlate(named.table)
    places = sa.select(at.scalar_subquery().label("position")).select_from(named.table).subquery()
    query = sa.select(places.c.position).where(places.c.position > low, places.c.position < high).distinct()
    return list(uow.connection.scalars(query.order_by(places.c.position.desc()).limit(count)))


def _of_terms(uow: UnitOfWork, terms: Sequence[int], low: int, high: int, count: int) -> list[int]:
    """Each range of the index is read downwards from ``high``, and only as far as needed."""
    t = statement_term.c
    if uow.is_sqlite:
        found: set[int] = set()
        for term in terms:
            query = sa.select(t.position).where(t.term == term, t.position > low, t.position < high)
            found |= set(uow.connection.scalars(query.order_by(t.position.desc()).limit(count)))
        return sorted(found, reverse=True)[:count]
    given = uow.listed({"term": sa.BigInteger()}, [(term,) for term in terms])
    some = (
        sa.select(t.position)
        .where(t.term == given.c.term, t.position > low, t.position < high)
        .order_by(t.position.desc())
        .limit(count)
        .correlate(given)
        .lateral("some")
    )
    query = sa.select(some.c.position).select_from(given.join(some, sa.true())).distinct()
    with _kept_to_ranges(uow):
        return list(uow.connection.scalars(query.order_by(some.c.position.desc()).limit(count)))


@contextmanager
def _kept_to_ranges(uow: UnitOfWork) -> Iterator[None]:
    """Let PostgreSQL read ranges of the index in order, which ends with the page, rather than whole terms and sort them."""
    uow.connection.execute(sa.select(*keep_to_ranges(True)))
    yield
    uow.connection.execute(sa.select(*keep_to_ranges(False)))


def _passing(
    uow: UnitOfWork, wanted: Filter, groups: Sequence[Sequence[int]], positions: Sequence[int]
) -> list[int]:
    """Those of the positions that pass every other filter, in their order."""
    if not positions:
        return []
    left = set(positions)
    t, s = statement_term.c, statement.c
    for group in groups:
        query = sa.select(t.position).where(uow.among(t.term, group), uow.among(t.position, sorted(left)))
        left = set(uow.connection.scalars(query))
    query = sa.select(s.position).where(uow.among(s.position, sorted(left)))
    if wanted.since is not None:
        query = query.where(s.stored >= wanted.since)
    if wanted.until is not None:
        query = query.where(s.stored < wanted.until)
    if wanted.connection_id:
        query = query.where(s.connection_id == wanted.connection_id)
    if wanted.id:
        query = query.where(s.id == wanted.id)
    if wanted.waiting:
        query = query.where(sa.exists().where(waiting_statement.c.statement_id == s.id))
    if wanted.voided:
        query = query.where(
            sa.exists().where(voiding.c.target_id == s.id, voiding.c.connection_id == s.connection_id)
        )
    passed = set(uow.connection.scalars(query))
    return [position for position in positions if position in passed]
