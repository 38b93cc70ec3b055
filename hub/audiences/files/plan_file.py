"""What an audience file would change: compared with what is configured, item by item."""

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa

from hub.audiences import tables
from hub.audiences.files.names import Names
from hub.audiences.files.shapes import MODES, AudienceFile, AudienceTable, PathTable, RuleTable
from hub.audiences.plans.diff import (
    AudienceChange,
    Diff,
    ItemChange,
    PathChange,
    RuleChange,
    SwitchChange,
    compare_rule,
)
from hub.audiences.profiles.follow_audiences import follow_audiences
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.partner_switches import read_off_times
from hub.audiences.rules.rule import Audience, Rule, read_rules
from hub.audiences.views import list_switches
from hub.network.views import names_of_partners
from hub.store import UnitOfWork
from hub.training import tables as training
from hub.training.courses.offerings import read_steps

NOT_YET = "00000000-0000-0000-0000-000000000000"
"""Stands for the id of a path that the same file makes."""


def compare_file(uow: UnitOfWork, file: AudienceFile, names: Names) -> Diff:
    """What the file changes. The file's names are known to be good."""
    changes: list[ItemChange] = [
        *_paths(uow, file),
        *_audiences(uow, file, names),
        *_switches(uow, file, names),
        *_partner_switches(uow, file, names),
        *_rules(uow, file, names),
    ]
    items = len(file.paths) + len(file.audiences) + len(file.rules) + len(file.plugins)
    switched = {c.plugin for c in changes if isinstance(c, SwitchChange) and c.partner_id is not None}
    unchanged = items - sum(not isinstance(c, SwitchChange) for c in changes) - len(switched)
    return Diff((*changes, *follow_audiences(uow, changes)), unchanged)


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
        table.status or (known.status if known else "live"),
        table.due.policy() if table.due else None,
        table.binding,
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
            yield PathChange(table, None)
            continue
        courses = uow.connection.execute(
            sa.select(offering.c.key, offering.c.id).where(offering.c.key.in_(table.steps))
        )
        ids = {row.key: row.id for row in courses}
        steps = read_steps(uow, [known.id]).get(known.id, [])
        if not _is_path(table, known, [ids[key] for key in table.steps] == steps):
            yield PathChange(table, known.id)


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


def _partner_switches(uow: UnitOfWork, file: AudienceFile, names: Names) -> Iterator[SwitchChange]:
    off = read_off_times(uow)
    names_of = names_of_partners(uow, {partner for times in off.values() for partner in times})
    for table in (p.table for p in file.plugins):
        times = off.get(table.key, {})
        is_off = {partner for partner, spans in times.items() if any(end is None for _, end in spans)}
        wanted = {names.ids["partner"][name]: name for name in table.off_for}
        for partner in sorted({*wanted, *is_off}):
            if (partner in wanted) != (partner in is_off):
                name = wanted.get(partner) or names_of[partner]
                there = Audience(name, name, Conditions(partners=(partner,)))
                yield SwitchChange(there, table.key, on=partner in is_off, partner_id=partner)


def _rules(uow: UnitOfWork, file: AudienceFile, names: Names) -> Iterator[RuleChange]:
    known = {rule.key: rule for rule in read_rules(uow)}
    for table in (r.table for r in file.rules):
        before = known.get(table.key)
        change = compare_rule(before, rule_of(uow, table, names, before), begins_now=table.valid_from is None)
        if change is not None:
            yield change
