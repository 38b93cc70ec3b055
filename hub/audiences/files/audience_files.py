"""Audience files: who gets what, kept as text. Planning and applying them; ``export_audiences`` writes one.

The file names what it is about; rules, audiences and paths it does not name stay as they are. The same file twice
changes nothing.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hub.audiences.files.names import Names, look_up, problems_of
from hub.audiences.files.plan_file import audience_of, compare_file, rule_of
from hub.audiences.files.shapes import AudienceFile, read_audience_file, refuse
from hub.audiences.plans.diff import Diff, RuleChange, SwitchChange
from hub.audiences.plans.planning import Compare, make_change, plan_change
from hub.audiences.rules.rule import Rule, read_rules, set_audience, set_rule, switch_plugin
from hub.journal import audit
from hub.store import UnitOfWork
from hub.training.offerings import set_path

if TYPE_CHECKING:
    from hub.runtime import Hub

__all__ = ["Diff", "apply_audience_file", "plan_audience_file", "read_file_rules"]


def plan_audience_file(
    hub: "Hub", file: Path, progress: Callable[[str, int, int], None] = lambda *_: None
) -> Diff:
    """What applying the file would change, how many people that touches and what becomes of goals; nothing is changed.

    BadInput ``bad_audience_file`` with all problems and their places.
    """
    return plan_change(hub, _compare(read_audience_file(file)), progress)


def apply_audience_file(hub: "Hub", file: Path, plan_hash: str | None = None) -> Diff:
    """Make paths, audiences, switches and rules as the file has them, in one unit; what was changed.

    Raises as ``plan_audience_file`` and ``make_change``. Goals follow as soon as a worker gets to them.
    """
    read = read_audience_file(file)

    def write(uow: UnitOfWork, diff: Diff) -> None:
        _write(uow, read, _checked_names(uow, read), diff)
        if diff.changes:
            audit(uow, "audiences_applied", file.name, detail={"changes": len(diff.changes)})

    return make_change(hub, _compare(read), write, plan_hash)


def read_file_rules(uow: UnitOfWork, file: Path) -> list[tuple[Rule | None, Rule]]:
    """The file's rules, each as it is known, None if there is none yet, and as the file has it; nothing is changed.

    A path that is not there yet is ``plan_file.NOT_YET``. BadInput as ``plan_audience_file``.
    """
    read = read_audience_file(file)
    names = _checked_names(uow, read)
    known = {rule.key: rule for rule in read_rules(uow)}
    tables = [rule.table for rule in read.rules]
    return [(known.get(t.key), rule_of(uow, t, names, known.get(t.key))) for t in tables]


def _compare(file: AudienceFile) -> Compare:
    return lambda uow: compare_file(uow, file, _checked_names(uow, file))


def _checked_names(uow: UnitOfWork, file: AudienceFile) -> Names:
    names = look_up(uow, file)
    problems = problems_of(uow, file, names)
    if problems:
        raise refuse(problems)
    return names


def _write(uow: UnitOfWork, file: AudienceFile, names: Names, diff: Diff) -> None:
    for path in (p.table for p in file.paths):
        set_path(uow, path.key, path.title, path.description, path.steps)
    for audience in (a.table for a in file.audiences):
        set_audience(uow, audience_of(audience, names))
    for switch in (c for c in diff.changes if isinstance(c, SwitchChange)):
        switch_plugin(uow, switch.audience.key, switch.plugin, on=switch.on)
    known = {rule.key: rule for rule in read_rules(uow)}
    for rule in (r.table for r in file.rules):
        set_rule(uow, rule_of(uow, rule, names, known.get(rule.key)))
    said = {rule.table.key for rule in file.rules}
    for change in (c for c in diff.changes if isinstance(c, RuleChange) and c.key not in said):
        set_rule(uow, change.after, again=change.again)  # of a profile: it follows its audience
