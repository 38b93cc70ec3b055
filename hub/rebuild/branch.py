"""What if rules had been so since some day: tried on a rebuild of both journals beside the live tables (D4)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hub.audiences.assigning.reassign import people_matching, reassign_people
from hub.audiences.files.audience_files import read_file_rules
from hub.audiences.files.plan_file import NOT_YET
from hub.audiences.rules.reach import chunks_of_people
from hub.audiences.rules.rule import Rule, apply_rule, rule_body
from hub.errors import BadInput
from hub.rebuild.rebuild import rebuilt
from hub.rebuild.state_hash import Progress
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.training import tables as training


@dataclass(frozen=True)
class Tally:
    """Goals of the kind the rules ask for, asked for on or after the day: how many, and of how many people.

    How many of them are reached, how many are overdue now, and the credits there are for them. Whatever else asks for
    the same counts too.
    """

    goals: int
    people: int
    reached: int
    overdue: int
    credits: int


@dataclass(frozen=True)
class Branch:
    """What was, what would have been, and how many goals come and go between the two."""

    rules: tuple[str, ...]
    was: Tally
    would_be: Tally
    gained: int
    lost: int


def try_branch(hub: Hub, file: Path, since: datetime, progress: Progress = lambda *_: None) -> Branch:
    """What would be if the rules of an audience file had been in force since ``since``; nothing is written.

    Plugins and people are not asked: their answers and decisions stay as they were. BadInput ``bad_audience_file``
    with all problems; ``bad_branch`` for a file that holds no rule or whose rules need what is not there yet, and for
    a day to come or after a rule's end.
    """
    with hub.reading() as live:
        rules = _rules(live, file, since)
        with rebuilt(hub, live, progress) as scratch:
            return _try(scratch, rules, since, progress)


def _rules(live: UnitOfWork, file: Path, since: datetime) -> list[tuple[Rule | None, Rule]]:
    rules = read_file_rules(live, file)
    if not rules:
        raise BadInput("bad_branch", "The file holds no rule.", "Write the rule as it should have been.")
    if any(after.target_id == NOT_YET for _, after in rules):
        raise BadInput("bad_branch", "A rule asks for a path that is not there yet.", "Apply the path first.")
    if since > live.now:
        raise BadInput("bad_branch", "The day has not come yet.", "Plan the file to see what it will do.")
    if any(after.valid_to and after.valid_to <= since for _, after in rules):
        raise BadInput(
            "bad_branch", "A rule ends before the day.", "Name an earlier day, or end the rule later."
        )
    return [(before, replace(after, valid_from=since, status="live")) for before, after in rules]


def _try(
    scratch: Hub, rules: Sequence[tuple[Rule | None, Rule]], since: datetime, progress: Progress
) -> Branch:
    both = [rule for pair in rules for rule in pair if rule is not None]
    with scratch.reading() as uow:
        was, held = _tally(uow, both, since)
    with scratch.unit_of_work() as uow:
        for _, rule in rules:
            apply_rule(uow, rule_body(rule, rule.version))
    with scratch.reading() as uow:
        matching = sa.union(*(people_matching(rule.conditions) for rule in both), _holders(both)).subquery()
        people = list(chunks_of_people(uow, matching))
    for done, chunk in enumerate(people):
        progress("people on the branch", done, len(people))
        with scratch.unit_of_work() as uow:
            reassign_people(uow, chunk, ask=False)
    progress("people on the branch", len(people), len(people))
    with scratch.reading() as uow:
        would_be, holding = _tally(uow, both, since)
    keys = tuple(rule.key for _, rule in rules)
    return Branch(keys, was, would_be, len(holding - held), len(held - holding))


def _holders(rules: Sequence[Rule]) -> sa.Select[Any]:
    return sa.select(training.goal.c.person_id).where(_is_theirs(rules))


def _is_theirs(rules: Sequence[Rule]) -> sa.ColumnElement[bool]:
    goal = training.goal
    return sa.or_(
        *(
            sa.and_(
                goal.c.target_kind == rule.target_kind,
                goal.c.target_id == rule.target_id,
                goal.c.kind == rule.kind,
                goal.c.dimension == rule.dimension,
            )
            for rule in rules
        )
    )


def _tally(uow: UnitOfWork, rules: Sequence[Rule], since: datetime) -> tuple[Tally, set[str]]:
    goal, source, ledger = training.goal, training.goal_source, training.credit_ledger
    in_time = sa.or_(source.c.valid_to.is_(None), source.c.valid_to > since)
    asked = sa.select(source.c.goal_id).where(in_time, source.c.valid_from <= uow.now)
    rows = uow.connection.execute(
        sa.select(goal.c.id, goal.c.person_id, goal.c.reached_at).where(
            _is_theirs(rules), goal.c.id.in_(asked)
        )
    ).all()
    goals = {row.id for row in rows}
    still = sa.or_(source.c.valid_to.is_(None), source.c.valid_to > uow.now)
    late = sa.select(source.c.goal_id).distinct().join(goal, goal.c.id == source.c.goal_id)
    overdue = late.where(_is_theirs(rules), still, source.c.due_at <= uow.now, goal.c.reached_at.is_(None))
    credits = sa.select(sa.func.coalesce(sa.func.sum(ledger.c.amount), 0)).join(
        goal, goal.c.id == ledger.c.goal_id
    )
    return (
        Tally(
            len(goals),
            len({row.person_id for row in rows}),
            sum(row.reached_at is not None for row in rows),
            len(uow.connection.execute(overdue).all()),
            int(uow.connection.scalar(credits.where(_is_theirs(rules), goal.c.id.in_(asked))) or 0),
        ),
        goals,
    )
