"""Goals as news about them needs them: whether they are asked for, by when, and what they are called."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.network import tables as network
from hub.network.validity.in_force import in_force
from hub.store import UnitOfWork
from hub.training import tables


@dataclass(frozen=True)
class GoalState:
    """One goal. ``due_at`` is the earliest date of the sources valid now; ``begins_at`` when another one comes to be valid."""

    goal_id: str
    person_id: str
    title: str
    is_asked: bool
    due_at: datetime | None
    begins_at: datetime | None
    reached_at: datetime | None


def read_goal_states(
    uow: UnitOfWork, person_ids: Collection[str], also: Collection[str] = ()
) -> dict[str, list[GoalState]]:
    """The open goals of people that are asked for now or later, by person; reached ones only where ``also`` has their ids."""
    goal, source = tables.goal, tables.goal_source
    query = (
        sa.select(goal, source.c.valid_from, source.c.valid_to, source.c.due_at)
        .outerjoin(source, source.c.goal_id == goal.c.id)
        .where(
            uow.among(goal.c.person_id, person_ids),
            sa.or_(goal.c.reached_at.is_(None), uow.among(goal.c.id, also)),
            sa.or_(source.c.valid_to.is_(None), source.c.valid_to > uow.now),
        )
    )
    by_goal: dict[str, list[sa.Row[Any]]] = {}
    for row in uow.connection.execute(query):
        by_goal.setdefault(row.id, []).append(row)
    titles = _titles(uow, {(rows[0].target_kind, rows[0].target_id) for rows in by_goal.values()})
    found: dict[str, list[GoalState]] = {}
    for rows in by_goal.values():
        state = _state(rows, titles.get((rows[0].target_kind, rows[0].target_id), ""), uow.now)
        found.setdefault(state.person_id, []).append(state)
    return found


def zones_of_people(uow: UnitOfWork, person_ids: Collection[str]) -> dict[str, str]:
    """As ``hub.training.goals.due.zone_of_person``, for many; whoever is missing works nowhere now."""
    a, location = network.appointment, network.location
    rows = uow.connection.execute(
        sa.select(a.c.person_id, location.c.time_zone)
        .join(location, location.c.id == a.c.location_id)
        .where(uow.among(a.c.person_id, person_ids), in_force(a, uow.now))
        .order_by(a.c.valid_from.desc(), a.c.id.desc())
    )
    return {row.person_id: row.time_zone for row in rows}


def _state(rows: Sequence[sa.Row[Any]], title: str, now: datetime) -> GoalState:
    valid = [row for row in rows if row.valid_from is not None and row.valid_from <= now]
    later = [row.valid_from for row in rows if row.valid_from is not None and row.valid_from > now]
    return GoalState(
        rows[0].id,
        rows[0].person_id,
        title,
        bool(valid),
        min((row.due_at for row in valid if row.due_at is not None), default=None),
        min(later, default=None),
        rows[0].reached_at,
    )


def _titles(uow: UnitOfWork, targets: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for kind, table in (("offering", tables.offering), ("path", tables.path)):
        ids = [id for target_kind, id in targets if target_kind == kind]
        if ids:
            rows = uow.connection.execute(
                sa.select(table.c.id, table.c.title).where(uow.among(table.c.id, ids))
            )
            found |= {(kind, row.id): row.title for row in rows}
    return found
