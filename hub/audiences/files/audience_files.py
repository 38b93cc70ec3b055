"""Audience files: who gets what, kept as text. Planning and applying them; ``export_audiences`` writes one.

The file names what it is about; rules, audiences and paths it does not name stay as they are. The same file twice
changes nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hub.audiences.files.names import Names, look_up, problems_of
from hub.audiences.files.plan_file import audience_of, compare_file, rule_of
from hub.audiences.files.shapes import AudienceFile, read_audience_file, refuse
from hub.audiences.plans.diff import AudienceChange, Diff, RuleChange, SwitchChange
from hub.audiences.plans.planning import Compare, make_change, plan_change
from hub.audiences.rules.partner_switches import switch_for_partner
from hub.audiences.rules.rule import Rule, read_rules, set_audience, set_rule, switch_plugin
from hub.journal import audit
from hub.store import UnitOfWork
from hub.training.courses.offerings import set_path

if TYPE_CHECKING:
    from hub.runtime import Hub

__all__ = ["Diff", "apply_audience_file", "plan_audience_file", "read_file_content"]


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


@dataclass(frozen=True)
class FileContent:
    """What a file says: rules and audiences, each as it is known, None if there is none yet, and as the file has it.

    ``plugins`` are those that are to be on, by audience, where the file says so, and ``off`` the partners (ids) for which one is to be
    off, by plugin. A path that is not there yet is ``plan_file.NOT_YET``.
    """

    rules: tuple[tuple[Rule | None, Rule], ...]
    audiences: tuple[AudienceChange, ...]
    plugins: Mapping[str, Sequence[str]]
    off: Mapping[str, Sequence[str]]


def read_file_content(uow: UnitOfWork, file: Path) -> FileContent:
    """All a file says, also what is so already, and rules of profiles that follow its audiences. BadInput as ``plan_audience_file``."""
    read = read_audience_file(file)
    names = _checked_names(uow, read)
    partners = names.ids["partner"]
    diff, known = compare_file(uow, read, names), {rule.key: rule for rule in read_rules(uow)}
    rules = [
        (known.get(r.table.key), rule_of(uow, r.table, names, known.get(r.table.key))) for r in read.rules
    ]
    said = {rule.key for _, rule in rules}
    changed = [(c.before, c.after) for c in diff.changes if isinstance(c, RuleChange) and c.key not in said]
    audiences = tuple(change for change in diff.changes if isinstance(change, AudienceChange))
    plugins = {a.table.key: a.table.plugins for a in read.audiences if a.table.plugins is not None}
    off = {p.table.key: sorted({partners[name] for name in p.table.off_for}) for p in read.plugins}
    return FileContent((*rules, *changed), audiences, plugins, off)


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
        if switch.partner_id is None:
            switch_plugin(uow, switch.audience.key, switch.plugin, on=switch.on)
        else:
            switch_for_partner(uow, switch.partner_id, switch.plugin, on=switch.on)
    known = {rule.key: rule for rule in read_rules(uow)}
    for rule in (r.table for r in file.rules):
        set_rule(uow, rule_of(uow, rule, names, known.get(rule.key)))
    said = {rule.table.key for rule in file.rules}
    for change in (c for c in diff.changes if isinstance(c, RuleChange) and c.key not in said):
        set_rule(uow, change.after, again=change.again)  # of a profile: it follows its audience
