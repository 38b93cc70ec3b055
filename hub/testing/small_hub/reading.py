"""What somebody has now, as tables have it: goals with the statement that credited each, and the ledger."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.store import UnitOfWork, valid_at
from hub.training import tables


def live_goals(
    uow: UnitOfWork, person_id: str, at: datetime | None = None
) -> list[tuple[sa.Row[Any], str | None]]:
    """Goals that something asks for at an instant (now), each with the statement that credits it, if one does."""
    goal, source = tables.goal, tables.goal_source
    asked_for = sa.exists().where(source.c.goal_id == goal.c.id, valid_at(source, at or uow.now))
    rows = uow.connection.execute(
        sa.select(goal).where(goal.c.person_id == person_id, asked_for).order_by(goal.c.id)
    ).all()
    credits = credited(uow, [row.id for row in rows])
    return [(row, credits.get(row.id)) for row in rows]


def credited(uow: UnitOfWork, goal_ids: Iterable[str]) -> dict[str, str]:
    """The statement that credits a goal, by goal; goals without a credit, or whose credit was taken back, are left out."""
    ledger = tables.credit_ledger
    found: dict[str, str] = {}
    entries = uow.connection.execute(
        sa.select(ledger)
        .where(uow.among(ledger.c.goal_id, list(goal_ids)))
        .order_by(ledger.c.goal_id, ledger.c.turn)
    )
    for entry in entries:
        if entry.kind == "credit":
            found[entry.goal_id] = entry.statement_id
        else:
            found.pop(entry.goal_id)
    return found


def target_keys(uow: UnitOfWork) -> dict[tuple[str, str], str]:
    """The key of every course and path, by kind and id."""
    return {
        (kind, row.id): row.key
        for kind, table in (("offering", tables.offering), ("path", tables.path))
        for row in uow.connection.execute(sa.select(table.c.id, table.c.key))
    }
