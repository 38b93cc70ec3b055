"""What a change of rules and audiences is taken apart into: whom it is about before it, after it, or both."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from hub.audiences.plans.diff import AudienceChange, Effects, ItemChange, RuleChange, SwitchChange
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import Rule, read_rules
from hub.network.validity.intervals import Interval
from hub.store import UnitOfWork
from hub.training.goals.due_policy import DuePolicy

BEFORE, AFTER = 1, 2
_NO_TERMS = ("key", "title", "version", "status", "conditions", "valid_from", "valid_to")
GOAL = ("target_kind", "target_id", "kind", "dimension")


@dataclass(frozen=True)
class Counted:
    """``affected`` by the place of each change; ``people`` are those touched by any of them."""

    affected: Sequence[int]
    people: int
    effects: Effects


@dataclass(frozen=True)
class Part:
    """The people one rule or audience is about, before the change (1), after it (2) or both (3).

    ``place`` is that of the change, -1 for a rule that stays; ``goal`` is -1 for what gives none; parts of other ``terms`` ask for
    the same at other times, and of another ``label`` say it otherwise.
    """

    conditions: Conditions
    during: Interval | None
    sides: int
    place: int
    goal: int
    terms: int
    label: int
    due: DuePolicy | None = None


def goal_of(rule: Rule) -> tuple[str, str, str, str]:
    """What two rules share that give a person one goal."""
    return rule.target_kind, rule.target_id, rule.kind, rule.dimension


def rules_of(changes: Sequence[ItemChange]) -> list[Rule]:
    """The live rules that change, as they are and as they will be."""
    pairs = [(change.before, change.after) for change in changes if isinstance(change, RuleChange)]
    return [rule for pair in pairs for rule in pair if rule is not None and rule.status == "live"]


def parts_of(uow: UnitOfWork, changes: Sequence[ItemChange]) -> list[Part]:
    """Everything that is compared, with rules that stay and give the same goals."""
    goals: dict[Any, int] = {}
    terms: dict[Any, int] = {}
    labels: dict[Any, int] = {}
    numbers = count()

    def number(known: dict[Any, int], what: object) -> int:
        return known.setdefault(repr(what), next(numbers))

    def of_rule(rule: Rule, place: int, sides: int) -> Part:
        goal = number(goals, goal_of(rule))
        asked = number(terms, [(k, v) for k, v in vars(rule).items() if k not in (*_NO_TERMS, *GOAL)])
        label = number(labels, (goal, asked, rule.title))
        return Part(
            rule.conditions, (rule.valid_from, rule.valid_to), sides, place, goal, asked, label, rule.due
        )

    parts: list[Part] = []
    for place, change in enumerate(changes):
        if isinstance(change, RuleChange):
            sides = ((change.before, BEFORE), (change.after, AFTER))
            parts += [of_rule(rule, place, side) for rule, side in sides if rule and rule.status == "live"]
        elif isinstance(change, AudienceChange):
            both = ((change.before, BEFORE), (change.after, AFTER))
            parts += [Part(a.conditions, None, side, place, -1, 0, 0) for a, side in both if a]
        elif isinstance(change, SwitchChange):
            parts.append(Part(change.audience.conditions, None, AFTER, place, -1, 0, 0))
    wanted = {goal_of(rule) for rule in rules_of(changes)}
    changed = {change.key for change in changes if isinstance(change, RuleChange)}
    others = [
        rule
        for rule in read_rules(uow)
        if rule.status == "live" and rule.key not in changed and goal_of(rule) in wanted
    ]
    return [*parts, *(of_rule(rule, -1, BEFORE | AFTER) for rule in others)]
