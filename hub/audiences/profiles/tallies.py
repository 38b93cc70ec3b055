"""What is counted of the members of an audience at an instant: people, and goals asked for through their appointments in it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.audiences.assigning.read_facts import read_facts
from hub.audiences.assigning.reassign import people_matching
from hub.audiences.rules.conditions import AppointmentFacts, match
from hub.audiences.rules.matches import matches
from hub.audiences.rules.reach import chunks_of_people
from hub.audiences.rules.rule import Audience
from hub.network import tables as network
from hub.network.attributes import read_kinds
from hub.network.validity.intervals import holds
from hub.store import UnitOfWork, valid_at
from hub.training import tables as training

NOT_COUNTED = "review"
"""Goals of this kind are confidential, and counted nowhere."""


@dataclass
class Tally:
    """What is counted of one group: people, and goals that are asked for, reached and overdue."""

    people: int = 0
    assigned: int = 0
    completed: int = 0
    overdue: int = 0

    def add(self, other: "Tally") -> None:
        """Count another one in."""
        self.people += other.people
        self.assigned += other.assigned
        self.completed += other.completed
        self.overdue += other.overdue

    def value(self, metric: str) -> float | None:
        """The figure that a report wants."""
        if metric == "completion_rate":
            return self.completed / self.assigned if self.assigned else None
        return float(getattr(self, metric))


def count_in_sets(
    uow: UnitOfWork, audience: Audience, by: str, at: datetime, partner_id: str | None
) -> tuple[dict[str, Tally], Tally]:
    """What ``count_one_by_one`` counts, in two queries of PostgreSQL, however many people it is about."""
    found = members_in_sets(uow, audience, at)
    goals = sa.func.count(found.c.goal_id.distinct())
    tally = (
        sa.func.count(found.c.person_id.distinct()).label("people"),
        goals.label("assigned"),
        goals.filter(found.c.is_reached).label("completed"),
        goals.filter(~found.c.is_reached, found.c.due_at < at).label("overdue"),
    )
    here: list[sa.ColumnElement[bool]] = []
    if partner_id is not None:
        here = [found.c.partner_id == partner_id, found.c.person_id.in_(_employed(partner_id))]
    whole = Tally(*uow.connection.execute(sa.select(*tally).where(*here)).one())
    if by == "audience":
        return ({"": whole} if whole.people else {}), whole
    group = found.c[f"{by}_id"]
    query = sa.select(group, *tally).where(*here).group_by(group)
    return {row[0]: Tally(*row[1:]) for row in uow.connection.execute(query)}, whole


def members_in_sets(uow: UnitOfWork, audience: Audience, at: datetime) -> sa.Subquery:
    """Members by their appointments, and beside each a goal that is asked for through it, if there is any. PostgreSQL."""
    held = matches(audience.conditions, None, read_kinds(uow), at).subquery("held")
    a, location = network.appointment, network.location
    goal, source = training.goal, training.goal_source
    asked = (
        sa.select(source.c.appointment_id, goal.c.id, goal.c.reached_at, source.c.due_at)
        .join(goal, goal.c.id == source.c.goal_id)
        .where(valid_at(source, at), goal.c.kind != NOT_COUNTED)
        .subquery("asked")
    )
    return (
        sa.select(
            held.c.person_id,
            a.c.location_id,
            a.c.position_id,
            location.c.partner_id,
            asked.c.id.label("goal_id"),
            sa.func.coalesce(asked.c.reached_at <= at, sa.false()).label("is_reached"),
            asked.c.due_at,
        )
        .join(a, a.c.id == held.c.appointment_id)
        .join(location, location.c.id == a.c.location_id)
        .outerjoin(asked, asked.c.appointment_id == a.c.id)
        .where(held.c.starts <= at)
        .subquery("members")
    )


def count_one_by_one(
    uow: UnitOfWork, audience: Audience, by: str, at: datetime, partner_id: str | None
) -> tuple[dict[str, Tally], Tally]:
    """Tallies by the id of each group, and of all. Who has appointments in two groups counts once in each, and once in all."""
    groups: dict[str, Tally] = defaultdict(Tally)
    whole = Tally()
    people = people_matching(audience.conditions)
    if partner_id is not None:
        people = people.where(network.appointment.c.person_id.in_(_employed(partner_id)))
    for person_ids in chunks_of_people(uow, people.subquery()):
        facts = read_facts(uow, person_ids)
        members = {
            id: [a for a in facts.get(id, ()) if is_in(audience, a, at, partner_id)] for id in person_ids
        }
        goals = goals_at(uow, [a.id for mine in members.values() for a in mine], at)
        for mine in members.values():
            if not mine:
                continue
            whole.add(_tally(mine, goals))
            for group in {_group(a, by) for a in mine}:
                groups[group].add(_tally([a for a in mine if _group(a, by) == group], goals))
    return dict(groups), whole


def _employed(partner_id: str) -> sa.Select[tuple[str]]:
    return sa.select(network.person.c.id).where(network.person.c.partner_id == partner_id)


def is_in(audience: Audience, facts: AppointmentFacts, at: datetime, partner_id: str | None) -> bool:
    """Whether an appointment at a partner's location, or at any, makes its person a member at an instant."""
    if partner_id not in (None, facts.partner_id):
        return False
    found = match(audience.conditions, facts)
    return found is not None and any(holds(during, at) for during in found.during)


def _group(facts: AppointmentFacts, by: str) -> str:
    ids = {"partner": facts.partner_id, "location": facts.location_id, "position": facts.position_id}
    return ids.get(by, "")


def _tally(mine: Sequence[AppointmentFacts], goals: Mapping[str, Mapping[str, Any]]) -> Tally:
    asked: dict[str, str] = {}
    for appointment in mine:
        for id, state in goals.get(appointment.id, {}).items():
            asked[id] = "overdue" if "overdue" in (state, asked.get(id)) else state
    return Tally(
        1,
        len(asked),
        sum(state == "completed" for state in asked.values()),
        sum(state == "overdue" for state in asked.values()),
    )


def goals_at(uow: UnitOfWork, appointment_ids: Sequence[str], at: datetime) -> dict[str, dict[str, str]]:
    """By appointment, the goals asked for through it at an instant, and how they stood then: completed, overdue or open."""
    goal, source = training.goal, training.goal_source
    rows = uow.connection.execute(
        sa.select(source.c.appointment_id, goal.c.id, goal.c.reached_at, source.c.due_at)
        .select_from(source)
        .join(goal, goal.c.id == source.c.goal_id)
        .where(
            uow.among(source.c.appointment_id, list(appointment_ids)),
            valid_at(source, at),
            goal.c.kind != NOT_COUNTED,
        )
    )
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        state = "open"
        if row.reached_at is not None and row.reached_at <= at:
            state = "completed"
        elif row.due_at is not None and row.due_at < at:
            state = "overdue"
        known = found[row.appointment_id].get(row.id)
        found[row.appointment_id][row.id] = "overdue" if "overdue" in (known, state) else state
    return found
