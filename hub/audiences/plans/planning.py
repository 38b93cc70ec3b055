"""Planning a change of rules and audiences, and making it exactly as it was planned."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from hub.audiences.plans.count_affected import Progress, count_affected
from hub.audiences.plans.diff import AudienceChange, Diff, PlanOutdated, RuleChange, compare_rule
from hub.audiences.profiles.follow_audiences import follow_audiences
from hub.audiences.rules.conditions import Status
from hub.audiences.rules.lock import lock_configuration
from hub.audiences.rules.rule import read_audience, read_rule, set_audience, set_rule
from hub.audiences.rules.versions import Kind, audience_of_version, read_version, rule_of_version
from hub.store import UnitOfWork

if TYPE_CHECKING:
    from hub.runtime import Hub

Compare = Callable[[UnitOfWork], Diff]
"""Works out what is to be changed; asked again whenever it matters."""
Write = Callable[[UnitOfWork, Diff], None]


def plan_change(hub: "Hub", compare: Compare, progress: Progress = lambda *_: None) -> Diff:
    """What would be changed, how many people that touches and what becomes of goals; nothing is changed."""
    with hub.reading() as uow:
        return count_affected(uow, compare(uow), progress)


def make_change(hub: "Hub", compare: Compare, write: Write, plan_hash: str | None = None) -> Diff:
    """Change it in one unit; what was changed. With a hash only what the plan with that hash said, else PlanOutdated.

    Goals follow as soon as a worker gets to them. The people are counted before the unit begins, so that it stays short.
    """
    plan = plan_change(hub, compare) if plan_hash is not None else None
    if plan is not None and plan.hash != plan_hash:
        raise PlanOutdated(plan)
    with hub.unit_of_work() as uow:
        lock_configuration(uow)
        diff = compare(uow)
        if plan is not None and diff.content != plan.content:
            raise PlanOutdated(count_affected(uow, diff, lambda *_: None))
        write(uow, diff)
        return diff


def status_change(key: str, status: Status) -> Compare:
    """A rule gets another status. Missing ``no_rule``."""

    def compare(uow: UnitOfWork) -> Diff:
        rule = read_rule(uow, key)
        change = compare_rule(rule, replace(rule, status=status))
        return Diff((change,) if change else (), 0 if change else 1)

    return compare


def roll_back(kind: Kind, key: str, number: int) -> Compare:
    """What an earlier version of a rule or an audience said comes into force again. Missing ``no_rule``, ``no_version`` ..."""

    def compare(uow: UnitOfWork) -> Diff:
        version = read_version(uow, kind, key, number)
        change: RuleChange | AudienceChange | None
        if kind == "rule":
            after = rule_of_version(version)
            change = compare_rule(read_rule(uow, key), after, again=after.version)
        else:
            before, audience = read_audience(uow, key), audience_of_version(version)
            change = AudienceChange(before, audience) if before != audience else None
        changes = (change, *follow_audiences(uow, [change])) if change else ()
        return Diff(changes, 0 if change else 1)

    return compare


def write_changes(actor_id: str | None = None) -> Write:
    """Write changes of rules and audiences in the name of a person, or of the hub itself."""

    def write(uow: UnitOfWork, diff: Diff) -> None:
        for change in diff.changes:
            if isinstance(change, RuleChange):
                set_rule(uow, change.after, actor_id, again=change.again)
            elif isinstance(change, AudienceChange):
                set_audience(uow, change.after, actor_id)

    return write
