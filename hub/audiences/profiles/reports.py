"""Reports of an audience: one figure for each group of its people, as of an instant; small groups are withheld (B84)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.access.floor import groups_to_hide
from hub.audiences.assigning.read_facts import read_facts
from hub.audiences.assigning.reassign import people_matching
from hub.audiences.profiles.periods import PeriodName, last_period
from hub.audiences.profiles.profile import Setup
from hub.audiences.profiles.read_profiles import read_setups
from hub.audiences.rules.conditions import AppointmentFacts, match
from hub.audiences.rules.matches import matches
from hub.audiences.rules.reach import chunks_of_people
from hub.audiences.rules.rule import Audience, read_audience
from hub.errors import Missing
from hub.network import tables as network
from hub.network.attributes import read_kinds
from hub.network.validity.intervals import holds
from hub.store import UnitOfWork, valid_at
from hub.training import tables as training

FLOOR = 5
"""Where no profile says otherwise, figures about fewer people are withheld."""
NOT_COUNTED = "review"
"""Goals of this kind are confidential, and counted nowhere."""


@dataclass(frozen=True)
class ReportDefinition:
    """A report of one audience as its profile says it. ``since`` is when it was first said."""

    audience: str
    key: str
    title: str
    metric: str
    by: str
    period: PeriodName
    layout: str
    recipients: tuple[str, ...]
    floor: int
    since: datetime


@dataclass(frozen=True)
class ReportRow:
    """A group by its id and name; ``value`` None where it is withheld. A rate is from 0 to 1, None where nothing is assigned."""

    id: str
    name: str
    value: float | None
    withheld: bool


@dataclass(frozen=True)
class Report:
    """The figures of a report at an instant, the groups by name; all of the audience together are ``total``."""

    definition: ReportDefinition
    at: datetime
    rows: tuple[ReportRow, ...]
    total: ReportRow


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


def reports_of(audience: str, setup: Setup) -> list[ReportDefinition]:
    """The reports of an audience, by key."""
    return [
        ReportDefinition(
            audience,
            key,
            entry["title"],
            entry["metric"],
            entry["by"],
            entry["period"],
            entry["layout"],
            tuple(entry["recipients"]),
            setup.get("floor") or FLOOR,
            datetime.fromisoformat(entry["since"]),
        )
        for key, entry in sorted(setup.items("reports").items())
    ]


def run_report(
    uow: UnitOfWork, audience: str, key: str, at: datetime | None = None, partner_id: str | None = None
) -> Report:
    """A report now or as of an instant, of all or of one partner's locations. Missing ``no_audience``, ``no_report``."""
    found, definition = read_audience(uow, audience), read_definition(uow, audience, key)
    at = at or uow.now
    count = count_one_by_one if uow.is_sqlite else count_in_sets
    groups, whole = count(uow, found, definition.by, at, partner_id)
    names = _names(uow, definition.by, groups)
    rows = withhold(
        [(id, names.get(id, id), tally) for id, tally in groups.items()], definition.metric, definition.floor
    )
    (total,) = withhold([("", found.name, whole)], definition.metric, definition.floor)
    rows = [] if definition.by == "audience" else sorted(rows, key=lambda row: (row.name.casefold(), row.id))
    return Report(definition, at, tuple(rows), total)


def read_last_report(uow: UnitOfWork, audience: str, key: str, partner_id: str | None = None) -> Report:
    """A report as it stood when its last period ended, as it was mailed. Raises as ``run_report``."""
    definition = read_definition(uow, audience, key)
    _, end = last_period(definition.period, uow.now)
    return run_report(uow, audience, key, end, partner_id)


def read_definition(uow: UnitOfWork, audience: str, key: str) -> ReportDefinition:
    """How a report is defined. Missing ``no_report``."""
    setup = read_setups(uow).get(audience)
    definition = next((r for r in reports_of(audience, setup) if r.key == key), None) if setup else None
    if definition is None:
        raise Missing("no_report", "There is no such report of this audience.")
    return definition


def withhold(groups: Iterable[tuple[str, str, Tally]], metric: str, floor: int) -> list[ReportRow]:
    """The rows of groups (id, name, tally). Groups of fewer people than the floor are withheld, and so many others that
    these cannot be worked out from the total (``access.floor``).
    """
    listed = sorted(groups, key=lambda group: (group[1], group[0]))
    hidden = groups_to_hide({id: tally.people for id, _, tally in listed}, floor)
    return [
        ReportRow(id, name, None if id in hidden else tally.value(metric), id in hidden)
        for id, name, tally in listed
    ]


def count_in_sets(
    uow: UnitOfWork, audience: Audience, by: str, at: datetime, partner_id: str | None
) -> tuple[dict[str, Tally], Tally]:
    """What ``count_one_by_one`` counts, in two queries of PostgreSQL, however many people it is about."""
    found = matches(audience.conditions, None, read_kinds(uow), at).subquery("found")
    a, location = network.appointment, network.location
    goal, source = training.goal, training.goal_source
    asked = (
        sa.select(source.c.appointment_id, goal.c.id, goal.c.reached_at, source.c.due_at)
        .join(goal, goal.c.id == source.c.goal_id)
        .where(valid_at(source, at), goal.c.kind != NOT_COUNTED)
        .subquery("asked")
    )
    reached = sa.func.coalesce(asked.c.reached_at <= at, sa.false())
    goals = sa.func.count(asked.c.id.distinct())
    tally = (
        sa.func.count(found.c.person_id.distinct()).label("people"),
        goals.label("assigned"),
        goals.filter(reached).label("completed"),
        goals.filter(~reached, asked.c.due_at < at).label("overdue"),
    )
    members = (
        found.join(a, a.c.id == found.c.appointment_id)
        .join(location, location.c.id == a.c.location_id)
        .outerjoin(asked, asked.c.appointment_id == a.c.id)
    )
    here = [found.c.starts <= at]
    if partner_id is not None:
        here.append(location.c.partner_id == partner_id)
    groups = {"partner": location.c.partner_id, "location": a.c.location_id, "position": a.c.position_id}
    whole = Tally(*uow.connection.execute(sa.select(*tally).select_from(members).where(*here)).one())
    if by not in groups:
        return ({"": whole} if whole.people else {}), whole
    query = sa.select(groups[by], *tally).select_from(members).where(*here).group_by(groups[by])
    return {row[0]: Tally(*row[1:]) for row in uow.connection.execute(query)}, whole


def count_one_by_one(
    uow: UnitOfWork, audience: Audience, by: str, at: datetime, partner_id: str | None
) -> tuple[dict[str, Tally], Tally]:
    """Tallies by the id of each group, and of all. Who has appointments in two groups counts once in each, and once in all."""
    groups: dict[str, Tally] = defaultdict(Tally)
    whole = Tally()
    for person_ids in chunks_of_people(uow, people_matching(audience.conditions).subquery()):
        facts = read_facts(uow, person_ids)
        members = {
            id: [a for a in facts.get(id, ()) if _is_in(audience, a, at, partner_id)] for id in person_ids
        }
        goals = _goals(uow, [a.id for mine in members.values() for a in mine], at)
        for mine in members.values():
            if not mine:
                continue
            whole.add(_tally(mine, goals))
            for group in {_group(a, by) for a in mine}:
                groups[group].add(_tally([a for a in mine if _group(a, by) == group], goals))
    return dict(groups), whole


def _is_in(audience: Audience, facts: AppointmentFacts, at: datetime, partner_id: str | None) -> bool:
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


def _goals(uow: UnitOfWork, appointment_ids: Sequence[str], at: datetime) -> dict[str, dict[str, str]]:
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


def _names(uow: UnitOfWork, by: str, ids: Iterable[str]) -> dict[str, str]:
    column = {
        "partner": network.partner.c.name,
        "location": network.location.c.name,
        "position": network.position.c.title,
    }.get(by)
    if column is None:
        return {}
    table: Any = column.table
    rows = uow.connection.execute(sa.select(table.c.id, column).where(uow.among(table.c.id, sorted(ids))))
    return {row[0]: row[1] for row in rows}
