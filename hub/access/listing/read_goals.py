"""Goals, the lines they make, and the ledger of credit, as a program sees them. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from hub.access.goals_seen import entries_seen, goals_seen, reached_seen, sources_seen
from hub.access.listing.pages_of import Asked, Page, page_of, part_of
from hub.access.listing.read_network import seen_row
from hub.access.reach import Sight
from hub.errors import Missing
from hub.ids import is_id
from hub.network import tables as network
from hub.store import UnitOfWork, valid_at
from hub.training import tables

State = Literal["open", "reached", "waived", "ended"]
_SOURCES = ((False, tables.goal_source), (True, tables.waived_source))


@dataclass(frozen=True)
class TargetSeen:
    """What is to be reached: an offering or a path."""

    kind: str
    id: str
    title: str


@dataclass(frozen=True)
class SourceSeen:
    """One reason for a goal. ``key``: of the rule, name of the plugin, or id of the decision; ``waived`` while it asks for nothing."""

    kind: str
    key: str
    version: str
    title: str
    appointment_id: str | None
    valid_from: datetime
    valid_to: datetime | None
    due_at: datetime | None
    binding: bool
    waived: bool


@dataclass(frozen=True)
class GoalSeen:
    """A goal with every reason that is seen, past and future ones too. ``state`` and ``due_at`` are those of now, by these reasons."""

    id: str
    person_id: str
    target: TargetSeen
    kind: str
    dimension: str
    state: State
    due_at: datetime | None
    reached_at: datetime | None
    sources: tuple[SourceSeen, ...]


@dataclass(frozen=True)
class AssignmentSeen:
    """The learner's line for one target: all goals on it that are asked for now (B53)."""

    person_id: str
    target: TargetSeen
    due_at: datetime | None
    reached_at: datetime | None
    goals: tuple[GoalSeen, ...]


@dataclass(frozen=True)
class CreditSeen:
    """One entry of the ledger. ``statement_id``, the evidence, is None for whoever may not look into the record store."""

    id: str
    goal_id: str
    person_id: str
    kind: str
    policy: str
    policy_version: str
    completed_at: datetime
    recorded_at: datetime
    statement_id: str | None


@dataclass(frozen=True)
class GoalFilter:
    """Which goals are wanted; an empty field asks nothing."""

    person_id: str = ""
    target_id: str = ""
    dimension: str = ""
    kind: str = ""
    state: str = ""


def list_goals(uow: UnitOfWork, sight: Sight, asked: Asked, which: GoalFilter) -> Page[GoalSeen]:
    """Goals, also those that nothing asks for any more."""
    goal = tables.goal
    query = _goals(uow, sight)
    for name in ("person_id", "target_id", "dimension", "kind"):
        if value := getattr(which, name):
            query = query.where(goal.c[name] == value)
    if which.state:
        query = query.where(_is_in(uow, sight, which.state))
    rows = uow.connection.execute(part_of(query, goal.c.id, asked)).all()
    kept, following = page_of(rows, asked, lambda row: str(row.id))
    return Page(_read(uow, sight, kept), following)


def read_goal_seen(uow: UnitOfWork, sight: Sight, goal_id: str) -> GoalSeen:
    """One goal. Missing ``no_goal``, also for one that is not seen."""
    query = _goals(uow, sight).where(tables.goal.c.id == goal_id)
    row = uow.connection.execute(query).one_or_none() if is_id(goal_id) else None
    if row is None:
        raise Missing("no_goal", "There is no such goal.")
    return _read(uow, sight, [row])[0]


def list_assignments(uow: UnitOfWork, sight: Sight, person_id: str) -> list[AssignmentSeen]:
    """What is asked of a person now, one line for each target. Missing ``no_person``, also for one behind the wall."""
    seen_row(uow, network.person, sight.people, person_id, "person")
    query = _goals(uow, sight).where(tables.goal.c.person_id == person_id, _asked_for(uow, sight))
    lines: dict[TargetSeen, list[GoalSeen]] = {}
    rows = uow.connection.execute(query.order_by(tables.goal.c.target_id, tables.goal.c.id)).all()
    for goal in _read(uow, sight, rows):
        lines.setdefault(goal.target, []).append(goal)
    return [_line(person_id, target, goals) for target, goals in lines.items()]


def list_credits(
    uow: UnitOfWork, sight: Sight, asked: Asked, *, person_id: str = "", goal_id: str = ""
) -> Page[CreditSeen]:
    """The ledger, oldest first: ids are in order of time, so that a program can go on where it ended the day before."""
    ledger, goal = tables.credit_ledger, tables.goal
    query = sa.select(ledger).join(goal, goal.c.id == ledger.c.goal_id)
    query = query.where(goals_seen(uow, sight), entries_seen(uow, sight))
    if person_id:
        query = query.where(ledger.c.person_id == person_id)
    if goal_id:
        query = query.where(ledger.c.goal_id == goal_id)
    rows = uow.connection.execute(part_of(query, ledger.c.id, asked)).all()
    kept, following = page_of(rows, asked, lambda row: str(row.id))
    return Page(tuple(_credit(sight, row) for row in kept), following)


def _credit(sight: Sight, row: Any) -> CreditSeen:
    whole = sight.reach.kind == "operator" or sight.reach.person_id == row.person_id
    return CreditSeen(
        row.id,
        row.goal_id,
        row.person_id,
        row.kind,
        row.policy,
        row.policy_version,
        row.completed_at,
        row.recorded_at,
        row.statement_id if whole else None,
    )


def _line(person_id: str, target: TargetSeen, goals: Sequence[GoalSeen]) -> AssignmentSeen:
    reached = [goal.reached_at for goal in goals if goal.reached_at is not None]
    due = [goal.due_at for goal in goals if goal.due_at is not None and goal.reached_at is None]
    done = max(reached) if len(reached) == len(goals) else None
    return AssignmentSeen(person_id, target, min(due, default=None), done, tuple(goals))


def _goals(uow: UnitOfWork, sight: Sight) -> sa.Select[Any]:
    goal, offering, path = tables.goal, tables.offering, tables.path
    title = sa.func.coalesce(offering.c.title, path.c.title, "").label("title")
    reached = reached_seen(uow, sight).label("reached_at")
    return (
        sa.select(*(each for each in goal.c if each.name != "reached_at"), reached, title)
        .outerjoin(offering, sa.and_(goal.c.target_kind == "offering", offering.c.id == goal.c.target_id))
        .outerjoin(path, sa.and_(goal.c.target_kind == "path", path.c.id == goal.c.target_id))
        .where(goals_seen(uow, sight))
    )


def _asked_for(
    uow: UnitOfWork, sight: Sight, source: sa.Table = tables.goal_source
) -> sa.ColumnElement[bool]:
    mine = sa.and_(source.c.goal_id == tables.goal.c.id, valid_at(source, uow.now))
    return sa.exists().where(mine, sources_seen(uow, sight, source))


def _is_in(uow: UnitOfWork, sight: Sight, state: str) -> sa.ColumnElement[bool]:
    reached = reached_seen(uow, sight).is_not(None)
    asked, waived = (_asked_for(uow, sight, table) for _, table in _SOURCES)
    return {
        "reached": reached,
        "open": sa.and_(~reached, asked),
        "waived": sa.and_(~reached, ~asked, waived),
        "ended": sa.and_(~reached, ~asked, ~waived),
    }[state]


def _read(uow: UnitOfWork, sight: Sight, rows: Sequence[Any]) -> tuple[GoalSeen, ...]:
    sources = _sources(uow, sight, [row.id for row in rows])
    return tuple(_goal(row, tuple(sources.get(row.id, ())), uow.now) for row in rows)


def _goal(row: Any, sources: tuple[SourceSeen, ...], now: datetime) -> GoalSeen:
    live = [s for s in sources if s.valid_from <= now and (s.valid_to is None or s.valid_to > now)]
    asked = [s for s in live if not s.waived]
    state: State = "open" if asked else "waived" if live else "ended"
    return GoalSeen(
        row.id,
        row.person_id,
        TargetSeen(row.target_kind, row.target_id, row.title),
        row.kind,
        row.dimension,
        "reached" if row.reached_at is not None else state,
        min((s.due_at for s in asked if s.due_at is not None), default=None),
        row.reached_at,
        sources,
    )


def _sources(uow: UnitOfWork, sight: Sight, goal_ids: Sequence[str]) -> dict[str, list[SourceSeen]]:
    found: dict[str, list[SourceSeen]] = {}
    for waived, table in _SOURCES:
        query = (
            sa.select(table)
            .join(tables.goal, tables.goal.c.id == table.c.goal_id)
            .where(uow.among(table.c.goal_id, goal_ids), sources_seen(uow, sight, table))
            .order_by(table.c.valid_from, table.c.id)
        )
        for row in uow.connection.execute(query):
            found.setdefault(row.goal_id, []).append(_source(row, waived=waived))
    return found


def _source(row: Any, *, waived: bool) -> SourceSeen:
    return SourceSeen(
        row.kind,
        row.source_key,
        row.version,
        str(row.reason.get("title") or row.reason.get("text", "")),
        row.appointment_id,
        row.valid_from,
        row.valid_to,
        row.due_at,
        row.binding,
        waived,
    )
