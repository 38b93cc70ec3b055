"""How many people a planned change touches, and what becomes of their goals: exact, person by person, without changing anything."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import sqlalchemy as sa

from hub.audiences.conditions import AppointmentFacts, Conditions, match
from hub.audiences.derive_sources import sources_of_rule
from hub.audiences.diff import AudienceChange, Diff, ItemChange, PathChange, RuleChange, SwitchChange
from hub.audiences.effects import Reckoning
from hub.audiences.reach import chunks_of_people
from hub.audiences.read_facts import read_facts
from hub.audiences.reassign import people_matching
from hub.network.intervals import Intervals
from hub.store import UnitOfWork
from hub.training.tables import goal as goal_table

Progress = Callable[[str, int, int], None]


def count_affected(uow: UnitOfWork, diff: Diff, progress: Progress) -> Diff:
    """The diff with its numbers of people."""
    candidates = sa.union(*map(_candidates, diff.changes)).subquery() if diff.changes else None
    if candidates is None:
        return replace(diff, people=0)
    total = uow.connection.scalar(sa.select(sa.func.count()).select_from(candidates)) or 0
    affected = dict.fromkeys(range(len(diff.changes)), 0)
    people = done = 0
    reckoning = Reckoning(uow, diff.changes)
    for person_ids in chunks_of_people(uow, candidates):
        facts = read_facts(uow, person_ids)
        reckoning.add(person_ids, facts)
        holders = [_goal_holders(uow, change, person_ids) for change in diff.changes]
        for person_id in person_ids:
            touched = [
                person_id in held or _differs(change, facts.get(person_id, ()))
                for change, held in zip(diff.changes, holders, strict=True)
            ]
            for place, is_touched in enumerate(touched):
                affected[place] += is_touched
            people += any(touched)
        done += len(person_ids)
        progress("people looked at", done, total)
    return replace(diff, affected=affected, people=people, effects=reckoning.result())


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


def _differs(change: ItemChange, appointments: Sequence[AppointmentFacts]) -> bool:
    match change:
        case PathChange():
            return False
        case SwitchChange():
            return any(_during(change.audience.conditions, a) for a in appointments)
        case AudienceChange():
            before = change.before.conditions if change.before else None
            return any(_during(before, a) != _during(change.after.conditions, a) for a in appointments)
        case RuleChange():
            return any(
                (list(sources_of_rule(change.before, a)) if change.before else [])
                != list(sources_of_rule(change.after, a))
                for a in appointments
            )


def _during(conditions: Conditions | None, appointment: AppointmentFacts) -> Intervals:
    found = match(conditions, appointment) if conditions is not None else None
    return found.during if found else ()
