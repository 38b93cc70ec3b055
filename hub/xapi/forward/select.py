"""Which statements of a stretch of the journal go to a store: what columns can tell in SQL, whom they are about in Python."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.audiences.assigning.read_facts import read_facts
from hub.audiences.rules.conditions import Conditions, match
from hub.audiences.tables import audience
from hub.ids import is_id
from hub.journal import VOIDED, positions_of
from hub.journal.tables import statement
from hub.network.tables import connection, person
from hub.network.validity.intervals import holds
from hub.store import UnitOfWork
from hub.training.credit.recognize import people_of_statements
from hub.xapi.forward.filters import PREFIX_MARK, StatementFilter

WINDOW = 5_000
"""Positions looked at by one query, however few of them pass the filter."""
CANDIDATES = 500

Rows = Sequence[sa.Row[Any]]
_COLUMNS: tuple[sa.ColumnElement[Any], ...] = (
    statement.c.position,
    statement.c.id,
    statement.c.connection_id,
    statement.c.timestamp,
    statement.c.actor_form,
    statement.c.actor_subject,
    statement.c.verb,
    statement.c.object_id,
)


@dataclass(frozen=True)
class Stretch:
    """What passes the filter from one position to another, which is included, in order."""

    positions: tuple[int, ...]
    upto: int


def select_stretch(
    uow: UnitOfWork,
    filter: StatementFilter,
    after: int,
    upto: int,
    *,
    not_from: str | None = None,
    only: sa.ColumnElement[bool] | None = None,
    limit: int = CANDIDATES,
) -> Stretch:
    """What goes out of the statements above ``after``; the stretch ends at ``upto`` or before, and never stands still.

    ``not_from`` is the connection of the receiver itself, whose own statements do not go back to it; ``only`` narrows to
    rows of ``statement``, voidings as well.
    """
    end = min(upto, after + WINDOW)
    query = (
        sa.select(*(_COLUMNS if filter.asks else _COLUMNS[:1]))
        .where(statement.c.position > after, statement.c.position <= end)
        .order_by(statement.c.position)
        .limit(limit)
    )
    if not_from is not None:
        query = query.where(statement.c.connection_id != not_from)
    if only is not None:
        query = query.where(only)
    columns = _columns_fit(filter)
    if columns is not None:
        query = query.where(sa.or_(columns, statement.c.verb == VOIDED))
    rows: Rows = uow.connection.execute(query).all()
    if len(rows) == limit:
        end = rows[-1].position
    kept = _keep(uow, filter, rows) if filter.asks else rows
    return Stretch(tuple(row.position for row in kept), end)


def _columns_fit(filter: StatementFilter) -> sa.ColumnElement[bool] | None:
    """What verb and object say; None when they are not asked."""
    asked: list[sa.ColumnElement[bool]] = []
    if filter.verbs:
        asked.append(statement.c.verb.in_(filter.verbs))
    exact = [a for a in filter.activities if not a.endswith(PREFIX_MARK)]
    prefixes = [a.removesuffix(PREFIX_MARK) for a in filter.activities if a.endswith(PREFIX_MARK)]
    if filter.activities:
        begins = (sa.func.substr(statement.c.object_id, 1, len(prefix)) == prefix for prefix in prefixes)
        asked.append(sa.or_(statement.c.object_id.in_(exact), *begins))
    return sa.and_(*asked) if asked else None


def _keep(uow: UnitOfWork, filter: StatementFilter, rows: Rows) -> Rows:
    """The rows that pass; a statement that voids another goes where the other one goes, whatever its own verb.

    Where the other one is not here yet, nobody can say where it will go: the voiding goes everywhere its system's do.
    """
    voidings = [row for row in rows if row.verb == VOIDED]
    targets = _targets(uow, voidings)
    judged = {row.id: row for row in (*rows, *targets.values())}
    people = people_of_statements(uow, list(judged.values())) if filter.audiences or filter.partners else {}
    unknown = {row.id for row in voidings if row.id not in targets}
    fits = {id for id, row in judged.items() if id in unknown or _fits_columns(filter, row)}
    if filter.partners:
        fits &= _of_partners(uow, filter.partners, list(judged.values()), people)
    if filter.audiences:
        fits &= unknown | _of_audiences(uow, filter.audiences, list(judged.values()), people)
    return [row for row in rows if (targets[row.id].id if row.id in targets else row.id) in fits]


def _targets(uow: UnitOfWork, voidings: Rows) -> dict[str, sa.Row[Any]]:
    """What is voided, by the id of the voiding statement; a system voids only what it sent itself."""
    wanted = {row.object_id for row in voidings if is_id(row.object_id)}
    if not wanted:
        return {}
    known = sa.select(*_COLUMNS).where(statement.c.position.in_(positions_of(wanted)))
    rows: Rows = uow.connection.execute(known).all()
    found = {(row.id, row.connection_id): row for row in rows}
    pairs = ((row.id, found.get((row.object_id, row.connection_id))) for row in voidings)
    return {id: target for id, target in pairs if target is not None}


def _fits_columns(filter: StatementFilter, row: sa.Row[Any]) -> bool:
    if filter.verbs and row.verb not in filter.verbs:
        return False
    return not filter.activities or any(
        row.object_id.startswith(entry.removesuffix(PREFIX_MARK))
        if entry.endswith(PREFIX_MARK)
        else row.object_id == entry
        for entry in filter.activities
    )


def _of_partners(uow: UnitOfWork, partners: Sequence[str], rows: Rows, people: dict[str, str]) -> set[str]:
    ids = {row.connection_id for row in rows}
    owners = uow.connection.execute(
        sa.select(connection.c.id, connection.c.partner_id).where(connection.c.id.in_(ids))
    )
    owner = {row.id: row.partner_id for row in owners}
    employers = uow.connection.execute(
        sa.select(person.c.id, person.c.partner_id).where(person.c.id.in_(set(people.values())))
    )
    employer = {row.id: row.partner_id for row in employers}
    return {
        row.id
        for row in rows
        if (owner.get(row.connection_id) or employer.get(people.get(row.id, ""))) in partners
    }


def _of_audiences(uow: UnitOfWork, keys: Sequence[str], rows: Rows, people: dict[str, str]) -> set[str]:
    stored = uow.connection.scalars(sa.select(audience.c.conditions).where(audience.c.key.in_(keys)))
    wanted = [Conditions.from_json(conditions) for conditions in stored]
    facts = read_facts(uow, sorted(set(people.values())))
    found = set()
    for row in rows:
        appointments = facts.get(people.get(row.id, ""), ())
        matches = (match(conditions, each) for conditions in wanted for each in appointments)
        if any(holds(during, row.timestamp) for m in matches if m for during in m.during):
            found.add(row.id)
    return found
