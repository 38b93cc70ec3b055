"""What an audience file would change: compared with what is configured, item by item."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from hub.audiences import tables
from hub.audiences.file_names import Names
from hub.audiences.file_shapes import MODES, AudienceFile, AudienceTable, PathTable, RuleTable
from hub.audiences.rules import Audience, Rule, read_rules
from hub.audiences.views import list_switches
from hub.store import UnitOfWork
from hub.training import tables as training
from hub.training.offerings import read_steps

NOT_YET = "00000000-0000-0000-0000-000000000000"
"""Stands for the id of a path that the same file makes."""


@dataclass(frozen=True)
class PathChange:
    """A path that is new or becomes another; ``path_id`` None while there is none."""

    key: str
    path_id: str | None
    what: Literal["new", "changed"]


@dataclass(frozen=True)
class AudienceChange:
    """An audience as it is, None if there is none yet, and as it will be."""

    before: Audience | None
    after: Audience

    @property
    def key(self) -> str:
        """The audience's key."""
        return self.after.key

    @property
    def what(self) -> Literal["new", "changed"]:
        """In a word."""
        return "changed" if self.before else "new"


@dataclass(frozen=True)
class SwitchChange:
    """A plugin that goes on or off for an audience, which is given as it will be."""

    audience: Audience
    plugin: str
    on: bool

    @property
    def key(self) -> str:
        """Plugin and audience in words."""
        return f"{self.plugin} for {self.audience.key}"

    @property
    def what(self) -> Literal["on", "off"]:
        """In a word."""
        return "on" if self.on else "off"


@dataclass(frozen=True)
class RuleChange:
    """A rule as it is, None if there is none yet, and as it will be. ``fields`` names what differs."""

    before: Rule | None
    after: Rule
    fields: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The rule's key."""
        return self.after.key

    @property
    def what(self) -> str:
        """In a few words."""
        return f"changed: {', '.join(self.fields)}" if self.before else "new"


ItemChange = PathChange | AudienceChange | SwitchChange | RuleChange


@dataclass(frozen=True)
class Diff:
    """All that a file changes, and how many of its items stay as they are.

    ``people`` and ``affected`` are filled in by a plan: how many people each change touches, by its place in ``changes``, and
    how many people are touched by any of them.
    """

    changes: tuple[ItemChange, ...]
    unchanged: int
    affected: Mapping[int, int] = field(default_factory=dict)
    people: int | None = None


def compare_file(uow: UnitOfWork, file: AudienceFile, names: Names) -> Diff:
    """What the file changes. The file's names are known to be good."""
    changes: list[ItemChange] = [
        *_paths(uow, file),
        *_audiences(uow, file, names),
        *_switches(uow, file, names),
        *_rules(uow, file, names),
    ]
    items = len(file.paths) + len(file.audiences) + len(file.rules)
    return Diff(tuple(changes), items - sum(not isinstance(c, SwitchChange) for c in changes))


def rule_of(uow: UnitOfWork, table: RuleTable, names: Names, known: Rule | None) -> Rule:
    """The rule as the file has it; what the file leaves open stays as it is known."""
    kind, key = table.target_kind_and_key
    target = training.offering if kind == "offering" else training.path
    target_id = uow.connection.scalar(sa.select(target.c.id).where(target.c.key == key))
    return Rule(
        table.key,
        table.title,
        table.dimension,
        table.kind,
        kind,
        target_id or NOT_YET,
        names.conditions(table.conditions),
        _beginning(table, known, uow.now),
        table.valid_to,
        table.due_days,
        table.look_back_days,
        known.version if known else 1,
    )


def audience_of(table: AudienceTable, names: Names) -> Audience:
    """The audience as the file has it, whole: a file that names no modes opens it to all."""
    modes = tuple(mode for mode in MODES if mode in (table.provisioning or ()))
    return Audience(table.key, table.name, names.conditions(table.conditions), modes)


def _beginning(table: RuleTable, known: Rule | None, now: datetime) -> datetime:
    return table.valid_from or (known.valid_from if known else now)


def _paths(uow: UnitOfWork, file: AudienceFile) -> Iterator[PathChange]:
    path, offering = training.path, training.offering
    for table in (p.table for p in file.paths):
        known = uow.connection.execute(sa.select(path).where(path.c.key == table.key)).one_or_none()
        if known is None:
            yield PathChange(table.key, None, "new")
            continue
        courses = uow.connection.execute(
            sa.select(offering.c.key, offering.c.id).where(offering.c.key.in_(table.steps))
        )
        ids = {row.key: row.id for row in courses}
        steps = read_steps(uow, [known.id]).get(known.id, [])
        if not _is_path(table, known, [ids[key] for key in table.steps] == steps):
            yield PathChange(table.key, known.id, "changed")


def _is_path(table: PathTable, known: sa.Row[tuple[object, ...]], same_steps: bool) -> bool:
    return same_steps and (known.title, known.description) == (table.title, table.description)


def _audiences(uow: UnitOfWork, file: AudienceFile, names: Names) -> Iterator[AudienceChange]:
    known = {row.key: Audience.of(row) for row in uow.connection.execute(sa.select(tables.audience))}
    for table in (a.table for a in file.audiences):
        after = audience_of(table, names)
        if known.get(table.key) != after:
            yield AudienceChange(known.get(table.key), after)


def _switches(uow: UnitOfWork, file: AudienceFile, names: Names) -> Iterator[SwitchChange]:
    on = {switches.key: set(switches.on_since) for switches in list_switches(uow)}
    for table in (a.table for a in file.audiences):
        if table.plugins is None:
            continue
        audience = audience_of(table, names)
        now = on.get(table.key, set())
        yield from (SwitchChange(audience, plugin, on=True) for plugin in table.plugins if plugin not in now)
        yield from (SwitchChange(audience, plugin, on=False) for plugin in sorted(now - set(table.plugins)))


def _rules(uow: UnitOfWork, file: AudienceFile, names: Names) -> Iterator[RuleChange]:
    known = {rule.key: rule for rule in read_rules(uow)}
    for table in (r.table for r in file.rules):
        before = known.get(table.key)
        after = rule_of(uow, table, names, before)
        if before is None:
            yield RuleChange(None, after)
            continue
        differing = tuple(name for name, value in vars(after).items() if getattr(before, name) != value)
        if differing:
            yield RuleChange(before, replace(after, version=before.version), differing)
