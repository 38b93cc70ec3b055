"""What a branch is to try: rules, audiences and switches as a file has them, from a day on."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from hub.audiences import tables
from hub.audiences.files.audience_files import read_file_content
from hub.audiences.files.plan_file import NOT_YET
from hub.audiences.plans.diff import AudienceChange, RuleChange, SwitchChange
from hub.audiences.profiles.plan_profiles import from_file
from hub.audiences.rules.rule import (
    Rule,
    apply_audience,
    apply_removed_rule,
    apply_rule,
    audience_body,
    rule_body,
)
from hub.errors import BadInput
from hub.store import UnitOfWork


@dataclass(frozen=True)
class Wish:
    """``rules`` as they are and as they would have been since the day; ``removed`` are keys of those that would not be there.

    ``switches`` are audience, plugin or workflow, and whether it would have been on. ``audiences`` are only those that would be others.
    ``off`` are the partners (ids) for which a plugin would have been off, by plugin.
    """

    rules: tuple[tuple[Rule | None, Rule], ...]
    audiences: tuple[AudienceChange, ...]
    switches: tuple[tuple[str, str, bool], ...]
    removed: tuple[str, ...] = ()
    off: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def keys(self) -> tuple[str, ...]:
        """Of everything that it is about."""
        switched = {audience for audience, _, _ in self.switches}
        changed = {change.key for change in self.audiences}
        return (*(rule.key for _, rule in self.rules), *sorted(changed | switched), *sorted(self.off))

    @property
    def audience_keys(self) -> list[str]:
        """Of audiences through which something may be asked for that is not asked now, or the other way about."""
        return sorted({change.key for change in self.audiences} | {key for key, _, _ in self.switches})


def read_wish(live: UnitOfWork, file: Path, since: datetime) -> Wish:
    """What a file of audiences or of profiles says. BadInput ``bad_audience_file``, ``bad_profiles``, ``bad_branch``."""
    wish = _of_profiles(live, file) if _has_profiles(file) else _of_audiences(live, file)
    rules = [(before, after) for before, after in wish.rules if after.status == "live" or before]
    if any(after.target_id == NOT_YET for _, after in rules):
        raise BadInput("bad_branch", "A rule asks for a path that is not there yet.", "Apply the path first.")
    if since > live.now:
        raise BadInput("bad_branch", "The day has not come yet.", "Plan the file to see what it will do.")
    if any(r.valid_to and r.valid_to <= since for _, r in rules if r.key not in wish.removed):
        raise BadInput(
            "bad_branch", "A rule ends before the day.", "Name an earlier day, or end the rule later."
        )
    return replace(wish, rules=tuple((before, replace(after, valid_from=since)) for before, after in rules))


def make_so(scratch: UnitOfWork, wish: Wish, since: datetime) -> None:
    """Let everything have been so since the day, in a database to throw away."""
    for change in wish.audiences:
        apply_audience(scratch, audience_body(change.after))
    for _, rule in wish.rules:
        if rule.key in wish.removed:
            apply_removed_rule(scratch, {"key": rule.key})
        else:
            apply_rule(scratch, rule_body(rule, rule.version))
    table = tables.audience_plugin
    for audience, plugin, on in wish.switches:
        mine = sa.and_(table.c.audience == audience, table.c.plugin == plugin)
        scratch.connection.execute(sa.delete(table).where(mine, table.c.valid_from >= since))
        later = sa.or_(table.c.valid_to.is_(None), table.c.valid_to > since)
        scratch.connection.execute(sa.update(table).where(mine, later).values(valid_to=since))
        if on:
            scratch.insert(table, audience=audience, plugin=plugin, valid_from=since, valid_to=None)
    off = tables.plugin_off
    for plugin, partners in wish.off.items():
        scratch.connection.execute(sa.delete(off).where(off.c.plugin == plugin, off.c.valid_from >= since))
        later = sa.or_(off.c.valid_to.is_(None), off.c.valid_to > since)
        scratch.connection.execute(sa.update(off).where(off.c.plugin == plugin, later).values(valid_to=since))
        for partner in partners:
            scratch.insert(off, partner_id=partner, plugin=plugin, valid_from=since, valid_to=None)


def _has_profiles(file: Path) -> bool:
    try:
        return "profile" in tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return False  # whoever reads it says so


def _of_audiences(live: UnitOfWork, file: Path) -> Wish:
    said = read_file_content(live, file)
    rules = tuple((before, replace(after, status="live")) for before, after in said.rules)
    return Wish(rules, said.audiences, tuple(_switches(live, said.plugins)), off=said.off)


def _switches(live: UnitOfWork, plugins: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str, bool]]:
    table = tables.audience_plugin
    for audience, on in sorted(plugins.items()):
        known = live.connection.scalars(
            sa.select(table.c.plugin).where(table.c.audience == audience).distinct()
        )
        for plugin in sorted({*known, *on}):
            yield audience, plugin, plugin in on


def _of_profiles(live: UnitOfWork, file: Path) -> Wish:
    plan = from_file(file)(live)
    changes = plan.diff.changes
    return Wish(
        tuple((change.before, change.after) for change in changes if isinstance(change, RuleChange)),
        tuple(change for change in changes if isinstance(change, AudienceChange)),
        tuple((c.audience.key, c.plugin, c.on) for c in changes if isinstance(c, SwitchChange)),
        plan.removed,
    )
