"""What whoever edits a rule sees beside it: how many people it would reach, a few of them, and what looks wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa

from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.lint import brands_in_positions
from hub.audiences.rules.reach import Reached, read_reach
from hub.audiences.rules.rule import Rule
from hub.audiences.rules.rule_fields import RuleFields, read_rule_fields
from hub.audiences.rules.rule_views import words_of
from hub.errors import BadInput, Problem
from hub.network.validity.intervals import Interval
from hub.network.views import names_of_people
from hub.store import UnitOfWork

PATIENCE = "SET LOCAL statement_timeout = '4s'"
"""On PostgreSQL: whoever types does not wait longer for a number."""
SHOWN = 5


@dataclass(frozen=True)
class Preview:
    """``reached`` is None when counting took too long; ``people`` are names of a few by id."""

    problems: tuple[Problem, ...] = ()
    words: tuple[tuple[str, str], ...] = ()
    reached: Reached | None = None
    people: Mapping[str, str] | None = None
    warnings: tuple[str, ...] = ()


def preview_rule(uow: UnitOfWork, fields: RuleFields, known: Rule | None) -> Preview:
    """What the fields say, in a reading unit of its own: on PostgreSQL it may be given up on the way. Nothing is changed."""
    try:
        rule = read_rule_fields(uow, fields, known)
    except BadInput as bad:
        return Preview(tuple(bad.problems))
    words, warnings = tuple(words_of(uow, rule.conditions)), tuple(brands_in_positions(uow, rule))
    seen = preview_reach(uow, rule.conditions, (rule.valid_from, rule.valid_to))
    reached = seen.reached
    if reached and not rule.conditions.audience_class and reached.external and reached.internal:
        warnings = (
            *warnings,
            "It reaches internal and external people: choose a class if only those are meant.",
        )
    if reached and not reached.people:
        warnings = (*warnings, "It reaches nobody, now or later.")
    return replace(seen, words=words, warnings=warnings)


def preview_reach(uow: UnitOfWork, conditions: Conditions, during: Interval | None = None) -> Preview:
    """Whom conditions reach now or later; the unit of work is at its end with it if that takes too long."""
    try:
        if not uow.is_sqlite:
            uow.connection.exec_driver_sql(PATIENCE)
        reached = read_reach(uow, conditions, during)
    except sa.exc.OperationalError:  # the time was up
        return Preview()
    return Preview(reached=reached, people=names_of_people(uow, reached.samples[:SHOWN]))
