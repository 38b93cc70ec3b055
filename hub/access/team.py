"""The team page: how the people a manager looks after stand, in the manager's own dimension only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.access.visibility import (
    appointments_looked_after,
    dimensions_of_manager,
    goals_looked_after,
    people_looked_after,
)
from hub.errors import Missing, NotAllowed
from hub.ids import is_id
from hub.network import tables as network
from hub.store import UnitOfWork, valid_at
from hub.training import tables as training
from hub.training.goals.waived import WaivedGoal, list_waived
from hub.training.goals.waivers import NEVER_WAIVED

PAGE_SIZE = 25


@dataclass(frozen=True)
class TeamGoal:
    """One goal of a team member as this manager may see it. ``may_waive`` is False of what certainly nobody waives.

    ``target`` is how a form names what it is about; ``given`` are the decisions (ids) by which managers ask for it.
    """

    title: str
    kind: str
    due_at: datetime | None
    reached_at: datetime | None
    id: str = ""
    target: str = ""
    given: tuple[str, ...] = ()

    @property
    def may_waive(self) -> bool:
        """Whether it is worth asking for a waiver."""
        return self.kind != NEVER_WAIVED and self.reached_at is None


@dataclass(frozen=True)
class TeamMember:
    """One person with the goals of the manager's dimension, and those among them that are waived."""

    person_id: str
    name: str
    roles: tuple[str, ...]
    goals: tuple[TeamGoal, ...]
    waived: tuple[WaivedGoal, ...] = ()


@dataclass(frozen=True)
class TeamPage:
    """One page of a team. ``people``, ``goals`` and ``reached`` count the whole team, ``pages`` its pages."""

    dimension: str
    dimension_name: str
    dimensions: dict[str, str]
    people: int
    goals: int
    reached: int
    overdue: int
    members: tuple[TeamMember, ...]
    page: int
    pages: int
    search: str


def read_team(
    uow: UnitOfWork,
    manager_id: str,
    dimension: str | None = None,
    page: int = 1,
    search: str = "",
    at: datetime | None = None,
) -> TeamPage:
    """A manager's team in one of the own dimensions (the first unless named), now or ``at``. NotAllowed for anybody else's.

    As of another instant: who was in the team then, had which goals and had reached which of them; what came later stays unseen.
    """
    at = at or uow.now
    dimensions = dimensions_of_manager(uow, manager_id, at)
    chosen = dimension or next(iter(dimensions), "")
    if chosen not in dimensions:
        raise NotAllowed(
            "no_team", "You do not look after anybody here.", "Ask whoever keeps the network files."
        )
    team = people_looked_after(uow, manager_id, chosen, at)
    people, goals, reached, overdue = _totals(uow, manager_id, team, chosen, at)
    found = people if not search else _count_found(uow, team, search)
    pages = max(1, -(-found // PAGE_SIZE))
    page = min(max(page, 1), pages)
    members = _members(uow, manager_id, team, chosen, page, search, at)
    return TeamPage(
        chosen, dimensions[chosen], dimensions, people, goals, reached, overdue, members, page, pages, search
    )


def find_member(uow: UnitOfWork, manager_id: str, dimension: str, person_id: str) -> TeamMember:
    """One person of a team with the goals the manager may see. Missing ``no_person`` for anybody else."""
    team = people_looked_after(uow, manager_id, dimension)
    one = team.where(team.selected_columns.person_id == person_id)
    members = _members(uow, manager_id, one, dimension, 1, "", uow.now) if is_id(person_id) else ()
    if not members:
        raise Missing("no_person", "There is no such person in your team.")
    return members[0]


def _totals(
    uow: UnitOfWork, manager_id: str, team: sa.Select[Any], dimension: str, at: datetime
) -> tuple[int, int, int, int]:
    people = uow.connection.scalar(sa.select(sa.func.count()).select_from(team.subquery())) or 0
    goal, source = training.goal, training.goal_source
    live = (
        sa.select(goal.c.id, _reached(uow, at), sa.func.min(source.c.due_at).label("due_at"))
        .join(source, source.c.goal_id == goal.c.id)
        .where(goals_looked_after(uow, manager_id, dimension, at), valid_at(source, at))
        .group_by(goal.c.id, goal.c.reached_at)
        .subquery()
    )
    now = sa.literal(at, type_=source.c.due_at.type)
    row = uow.connection.execute(
        sa.select(
            sa.func.count(),
            sa.func.count(live.c.reached_at),
            sa.func.count().filter(live.c.reached_at.is_(None), live.c.due_at < now),
        ).select_from(live)
    ).one()
    return people, row[0], row[1], row[2]


def _names(team: sa.Select[Any], search: str) -> sa.Select[Any]:
    detail = network.person_detail
    query = sa.select(detail.c.person_id, detail.c.given_name, detail.c.family_name).where(
        detail.c.person_id.in_(team)
    )
    for word in search.split():
        pattern = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        query = query.where(
            sa.or_(
                detail.c.given_name.ilike(pattern, escape="\\"),
                detail.c.family_name.ilike(pattern, escape="\\"),
            )
        )
    return query


def _count_found(uow: UnitOfWork, team: sa.Select[Any], search: str) -> int:
    return uow.connection.scalar(sa.select(sa.func.count()).select_from(_names(team, search).subquery())) or 0


def _members(
    uow: UnitOfWork,
    manager_id: str,
    team: sa.Select[Any],
    dimension: str,
    page: int,
    search: str,
    at: datetime,
) -> tuple[TeamMember, ...]:
    detail = network.person_detail
    query = _names(team, search).order_by(detail.c.family_name, detail.c.given_name, detail.c.person_id)
    rows = uow.connection.execute(query.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)).all()
    ids = [row.person_id for row in rows]
    visible = goals_looked_after(uow, manager_id, dimension, at)
    goals, waived = _goals(uow, ids, visible, at), list_waived(uow, ids, visible, at)
    looked_after = appointments_looked_after(uow, manager_id, dimension, at)
    roles = _roles(uow, ids, looked_after)
    # What a plugin says about an appointment is for those who look after that one.
    through = {each.appointment_id for each in waived if each.appointment_id}
    ours = looked_after.subquery()
    seen = set(uow.connection.scalars(sa.select(ours.c.id).where(ours.c.id.in_(through)))) if through else ()
    waived = [each for each in waived if each.appointment_id is None or each.appointment_id in seen]
    return tuple(
        TeamMember(
            r.person_id,
            f"{r.given_name} {r.family_name}",
            tuple(roles.get(r.person_id, ())),
            tuple(goals.get(r.person_id, ())),
            tuple(each for each in waived if each.person_id == r.person_id),
        )
        for r in rows
    )


def _goals(
    uow: UnitOfWork, person_ids: list[str], visible: sa.ColumnElement[bool], at: datetime
) -> dict[str, list[TeamGoal]]:
    goal, offering, path = training.goal, training.offering, training.path
    source = training.goal_source
    title = sa.func.coalesce(offering.c.title, path.c.title)
    rows = uow.connection.execute(
        sa.select(
            goal.c.id,
            goal.c.person_id,
            goal.c.kind,
            _reached(uow, at),
            goal.c.target_kind,
            goal.c.target_id,
            title.label("title"),
            sa.func.min(source.c.due_at, type_=source.c.due_at.type).label("due_at"),
        )
        .join(source, source.c.goal_id == goal.c.id)
        .outerjoin(offering, sa.and_(goal.c.target_kind == "offering", offering.c.id == goal.c.target_id))
        .outerjoin(path, sa.and_(goal.c.target_kind == "path", path.c.id == goal.c.target_id))
        .where(goal.c.person_id.in_(person_ids), visible, valid_at(source, at))
        .group_by(goal.c.id, offering.c.title, path.c.title)
        .order_by(title)
    ).all()
    given = _given(uow, [row.id for row in rows], at)
    found: dict[str, list[TeamGoal]] = {}
    for r in rows:
        target = f"{r.target_kind}:{r.target_id}"
        made = TeamGoal(r.title, r.kind, r.due_at, r.reached_at, r.id, target, given.get(r.id, ()))
        found.setdefault(r.person_id, []).append(made)
    return found


def _given(uow: UnitOfWork, goal_ids: list[str], at: datetime) -> dict[str, tuple[str, ...]]:
    """The decisions by which managers ask for these goals."""
    source = training.goal_source
    query = sa.select(source.c.goal_id, source.c.source_key).distinct().order_by(source.c.source_key)
    asked = query.where(source.c.kind == "manager", source.c.goal_id.in_(goal_ids), valid_at(source, at))
    found: dict[str, tuple[str, ...]] = {}
    for goal_id, id in uow.connection.execute(asked):
        found[goal_id] = (*found.get(goal_id, ()), id)
    return found


def _reached(uow: UnitOfWork, at: datetime) -> sa.ColumnElement[datetime | None]:
    """When a goal was reached, if that was so by then."""
    reached = training.goal.c.reached_at
    if at >= uow.now:
        return reached  # clocks of senders may be ahead
    return sa.case((reached <= at, reached)).label("reached_at")


def _roles(uow: UnitOfWork, person_ids: list[str], appointments: sa.Select[Any]) -> dict[str, list[str]]:
    """What these people do in the appointments the manager looks after; what they do elsewhere is not the manager's to see."""
    looked_after = appointments.subquery()
    a, position, location = network.appointment, network.position, network.location
    rows = uow.connection.execute(
        sa.select(a.c.person_id, position.c.title, location.c.name)
        .join(position, position.c.id == a.c.position_id)
        .join(location, location.c.id == a.c.location_id)
        .where(a.c.person_id.in_(person_ids), a.c.id.in_(sa.select(looked_after.c.id)))
        .order_by(a.c.valid_from)
    )
    found: dict[str, list[str]] = {}
    for r in rows:
        found.setdefault(r.person_id, []).append(f"{r.title}, {r.name}")
    return found
