"""How many people a planned change touches, and what becomes of their goals: exact, without changing anything.

PostgreSQL counts by itself whoever's goals come from rules alone; all others, and on SQLite everybody, are looked at one by one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from hub.audiences.assigning.derive_sources import sources_of_rule
from hub.audiences.assigning.read_facts import read_facts
from hub.audiences.assigning.reassign import people_matching
from hub.audiences.plans.count_in_sql import count_in_sql, set_aside
from hub.audiences.plans.diff import (
    AudienceChange,
    Diff,
    Effects,
    ItemChange,
    Outcome,
    PathChange,
    RuleChange,
    SwitchChange,
)
from hub.audiences.plans.effects import SAMPLES, Reckoning, asks_plugins
from hub.audiences.plans.parts import Counted
from hub.audiences.profiles.profile import Setup
from hub.audiences.rules.conditions import AppointmentFacts, Conditions, match
from hub.audiences.rules.reach import chunks_of_people
from hub.audiences.rules.rule import Rule
from hub.network.validity.intervals import Intervals
from hub.store import UnitOfWork
from hub.training.tables import goal as goal_table

Progress = Callable[[str, int, int], None]
MOST_LOOKED_AT = 2_000
"""Where PostgreSQL counts by itself, what follows from goals is told of so many people at most, who are looked at one by one."""


def count_affected(
    uow: UnitOfWork, diff: Diff, progress: Progress, setups: Mapping[str, Setup] | None = None
) -> Diff:
    """The diff with its numbers of people. ``setups`` of audiences as they would be, where they change."""
    if not diff.changes:
        return replace(diff, people=0, effects=Effects(outcome=Outcome()))
    candidates = sa.select(sa.union(*map(_candidates, diff.changes)).subquery().c.person_id)
    if uow.is_sqlite or (asks_plugins(diff.changes) and _are_few(uow, candidates)):
        counted = _count_one_by_one(uow, diff.changes, candidates, progress, setups)
    else:
        aside = _count_one_by_one(uow, diff.changes, set_aside(uow, diff.changes), progress, ask=False)
        counted = _added(count_in_sql(uow, diff.changes), aside)
        if counted.people <= MOST_LOOKED_AT and _are_few(uow, candidates):
            each = _count_one_by_one(uow, diff.changes, candidates, lambda *_: None, ask=False)
            counted = replace(counted, effects=replace(counted.effects, outcome=each.effects.outcome))
    return replace(
        diff, affected=dict(enumerate(counted.affected)), people=counted.people, effects=counted.effects
    )


def _are_few(uow: UnitOfWork, candidates: sa.Select[tuple[str]]) -> bool:
    some = candidates.limit(MOST_LOOKED_AT + 1).subquery()
    return (uow.connection.scalar(sa.select(sa.func.count()).select_from(some)) or 0) <= MOST_LOOKED_AT


def _count_one_by_one(
    uow: UnitOfWork,
    changes: Sequence[ItemChange],
    people: sa.Select[tuple[str]],
    progress: Progress,
    setups: Mapping[str, Setup] | None = None,
    *,
    ask: bool = True,
) -> Counted:
    candidates = people.subquery()
    total = uow.connection.scalar(sa.select(sa.func.count()).select_from(candidates)) or 0
    affected = [0] * len(changes)
    touched_people = done = 0
    reckoning = Reckoning(uow, changes, setups, ask=ask)
    for person_ids in chunks_of_people(uow, candidates):
        facts = read_facts(uow, person_ids)
        reckoning.add(person_ids, facts)
        holders = [_goal_holders(uow, change, person_ids) for change in changes]
        for person_id in person_ids:
            touched = [
                person_id in held or _differs(uow, change, facts.get(person_id, ()))
                for change, held in zip(changes, holders, strict=True)
            ]
            for place, is_touched in enumerate(touched):
                affected[place] += is_touched
            touched_people += any(touched)
        done += len(person_ids)
        progress("people looked at", done, total)
    return Counted(affected, touched_people, reckoning.result())


def _added(one: Counted, other: Counted) -> Counted:
    """Both together: no person is in both."""
    a, b = one.effects, other.effects
    numbers = ("gained", "lost", "changed", "waived", "gaining", "losing", "external")
    return Counted(
        [mine + theirs for mine, theirs in zip(one.affected, other.affected, strict=True)],
        one.people + other.people,
        Effects(
            **{name: getattr(a, name) + getattr(b, name) for name in numbers},
            samples=tuple(sorted((*a.samples, *b.samples))[:SAMPLES]),
            digest=f"{a.digest} {b.digest}",
        ),
    )


def _candidates(change: ItemChange) -> sa.Select[tuple[str]]:
    """Ids of everybody it may touch."""
    match change:
        case PathChange():
            return sa.select(goal_table.c.person_id).where(goal_table.c.target_id == change.path_id)
        case SwitchChange():
            return people_matching(change.audience.conditions)
        case AudienceChange() | RuleChange():
            return _either(change.before.conditions if change.before else None, change.after.conditions)


def _either(before: Conditions | None, after: Conditions) -> sa.Select[tuple[str]]:
    if before is None or before == after:
        return people_matching(after)
    both = sa.union(people_matching(before), people_matching(after)).subquery()
    return sa.select(both.c.person_id)


def _goal_holders(uow: UnitOfWork, change: ItemChange, person_ids: Sequence[str]) -> set[str]:
    if not isinstance(change, PathChange):
        return set()
    held = sa.select(goal_table.c.person_id).where(
        goal_table.c.target_id == change.path_id, goal_table.c.person_id.in_(person_ids)
    )
    return set(uow.connection.scalars(held))


def _differs(uow: UnitOfWork, change: ItemChange, appointments: Sequence[AppointmentFacts]) -> bool:
    match change:
        case PathChange():
            return False
        case SwitchChange():
            return any(_during(uow, change.audience.conditions, a) for a in appointments)
        case AudienceChange():
            before = change.before.conditions if change.before else None
            after = change.after.conditions
            return any(_during(uow, before, a) != _during(uow, after, a) for a in appointments)
        case RuleChange():
            return any(_says(uow, change.before, a) != _says(uow, change.after, a) for a in appointments)


def _says(uow: UnitOfWork, rule: Rule | None, appointment: AppointmentFacts) -> set[tuple[Any, ...]]:
    """What a rule says about an appointment from now on, as far as it matters to whoever has it."""
    return {
        (s.goal, s.valid_from, s.valid_to, s.due_at, s.look_back_days, s.binding, s.reason["title"])
        for s in (sources_of_rule(rule, appointment) if rule else ())
        if s.valid_to is None or s.valid_to > uow.now
    }


def _during(uow: UnitOfWork, conditions: Conditions | None, appointment: AppointmentFacts) -> Intervals:
    found = match(conditions, appointment) if conditions is not None else None
    times = found.during if found else ()
    return tuple((start, end) for start, end in times if end is None or end > uow.now)
