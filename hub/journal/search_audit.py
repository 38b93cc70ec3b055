"""Searching the audit trail: by who, about what, where, and when; each page is a range of one index."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.journal.listed import ROWS, Listed, listed
from hub.journal.tables import audit
from hub.journal.views import AuditRow, audit_row
from hub.store import UnitOfWork

SLACK = timedelta(hours=1)
"""How much later than another a row may be written that happened before it: units are short, and clocks agree within minutes."""


@dataclass(frozen=True)
class AuditSearch:
    """What is looked for; what is empty does not matter.

    ``person_id`` did it or is what it was done to; ``subject_id`` is the thing, such as a course. ``[since, until)``.
    """

    person_id: str = ""
    subject_id: str = ""
    partner_id: str = ""
    connection_id: str = ""
    action: str = ""
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def narrows(self) -> bool:
        """Whether anything is looked for."""
        return self != AuditSearch()


def search_audit(
    uow: UnitOfWork, search: AuditSearch, before: int | None = None, limit: int = ROWS
) -> Listed[AuditRow]:
    """The rows that fit, the newest first; ``before`` is a position."""
    query = sa.select(audit).where(*_conditions(search), *_bounds(uow, search, before))
    newest = (audit.c.position.desc(),)
    if not search.person_id:
        rows: Sequence[Any] = uow.connection.execute(query.order_by(*newest).limit(limit + 1)).all()
    else:  # two ranges of two indexes: one condition with "or" would read all that either has
        found = {
            row.position: row
            for column in (audit.c.actor_id, audit.c.subject_id)
            for row in uow.connection.execute(
                query.where(column == search.person_id).order_by(*newest).limit(limit + 1)
            )
        }
        rows = [found[position] for position in sorted(found, reverse=True)]
    return listed([audit_row(row) for row in rows[: limit + 1]], lambda row: str(row.position), limit)


def _conditions(search: AuditSearch) -> list[sa.ColumnElement[bool]]:
    equal = {
        name: getattr(search, name)
        for name in ("subject_id", "partner_id", "connection_id", "action")
        if getattr(search, name)
    }
    conditions = [audit.c[name] == value for name, value in equal.items()]
    if search.outcome == "refused":
        conditions.append(sa.text("outcome = 'refused'"))  # as the partial index says it
    elif search.outcome:
        conditions.append(audit.c.outcome == search.outcome)
    if search.since is not None:
        conditions.append(audit.c.at >= search.since)
    if search.until is not None:
        conditions.append(audit.c.at < search.until)
    return conditions


def _bounds(uow: UnitOfWork, search: AuditSearch, before: int | None) -> list[sa.ColumnElement[bool]]:
    """Between which positions the rows of a time lie, so that no index is followed beyond."""
    bounds = [] if before is None else [audit.c.position < before]
    if search.since is not None:
        earlier = sa.select(audit.c.position).where(audit.c.at < search.since - SLACK)
        lowest = uow.connection.scalar(earlier.order_by(audit.c.at.desc()).limit(1))
        bounds += [] if lowest is None else [audit.c.position > lowest]
    if search.until is not None:
        later = sa.select(audit.c.position).where(audit.c.at >= search.until + SLACK)
        highest = uow.connection.scalar(later.order_by(audit.c.at).limit(1))
        bounds += [] if highest is None else [audit.c.position < highest]
    return bounds
