"""Names in audience files and the ids behind them: every name is looked up at once, every unknown one is told."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from hub.audiences import tables as audience_tables
from hub.audiences.files.shapes import (
    AudienceFile,
    AudienceTable,
    ConditionsTable,
    Placed,
    PluginTable,
    RuleTable,
)
from hub.audiences.profiles.profile import rule_keys
from hub.audiences.profiles.read_profiles import read_setups
from hub.audiences.rules.conditions import AttributeTest, Conditions
from hub.audiences.views import switchable_plugins
from hub.errors import Problem
from hub.network import tables as network
from hub.network.attribute_values import AttributeKind
from hub.network.attributes import read_kinds
from hub.store import UnitOfWork
from hub.training import tables as training

KINDS = {"positions": "position", "brands": "brand", "nodes": "node", "partners": "partner"}
"""What each list of conditions names, as ``roster_key`` calls it."""


@dataclass(frozen=True)
class Names:
    """``ids``: kind -> name -> id of what the network files brought. The rest are keys that exist."""

    ids: Mapping[str, Mapping[str, str]]
    dimensions: frozenset[str]
    offerings: frozenset[str]
    paths: frozenset[str]
    plugins: frozenset[str]
    attributes: Mapping[str, AttributeKind]

    def conditions(self, table: ConditionsTable) -> Conditions:
        """The conditions in ids; sorted, so that the order of names in a file means nothing."""
        ids = {
            field: tuple(sorted({self.ids[kind][external_name(kind, n)] for n in getattr(table, field)}))
            for field, kind in KINDS.items()
        }
        return Conditions(
            **ids,
            activity=table.activity,
            audience_class=table.audience_class,
            attributes=tuple(sorted((t for a in table.attributes for t in a.tests()), key=repr)),
            tenure_at_least=table.tenure_days.at_least,
            tenure_at_most=table.tenure_days.at_most,
        )


def external_name(kind: str, name: str) -> str:
    """How ``roster_key`` writes a name of an audience file: a node there is ``dimension/node``."""
    return name.replace(":", "/", 1) if kind == "node" else name


def look_up(uow: UnitOfWork, file: AudienceFile) -> Names:
    """Everything the file's names stand for."""
    conditions = [a.table.conditions for a in file.audiences] + [r.table.conditions for r in file.rules]
    said = {
        kind: {external_name(kind, name) for c in conditions for name in getattr(c, field)}
        for field, kind in KINDS.items()
    }
    said["partner"].update(name for plugin in file.plugins for name in plugin.table.off_for)
    ids = {kind: _ids(uow, kind, names) for kind, names in said.items()}
    return Names(
        ids,
        frozenset(uow.connection.scalars(sa.select(network.dimension.c.key))),
        frozenset(uow.connection.scalars(sa.select(training.offering.c.key))),
        frozenset(uow.connection.scalars(sa.select(training.path.c.key))) | {p.table.key for p in file.paths},
        frozenset(switchable_plugins(uow)),
        read_kinds(uow),
    )


def problems_of(uow: UnitOfWork, file: AudienceFile, names: Names) -> list[Problem]:
    """Everything in the file that names what is not there, or contradicts itself."""
    problems: list[Problem] = []
    for path in file.paths:
        steps = path.table.steps
        problems += [
            path.problem(f"there is no course {s}", "steps") for s in steps if s not in names.offerings
        ]
        problems += [
            path.problem(f"{s} occurs twice", "steps") for s in sorted(set(steps)) if steps.count(s) > 1
        ]
    for audience in file.audiences:
        problems += _unknown(audience, names)
        problems += [
            audience.problem(f"no plugin {p} that can be switched is on in the settings", "plugins")
            for p in audience.table.plugins or ()
            if p not in names.plugins
        ]
    for plugin in file.plugins:
        problems += _problems_of_plugin(plugin, names)
    beginnings = _beginnings(uow, [rule.table.key for rule in file.rules])
    owned = {key for key, _, _ in rule_keys(read_setups(uow))}
    for rule in file.rules:
        if rule.table.key in owned:
            problems.append(rule.problem("belongs to a profile, and is changed there", "key"))
        problems += _unknown(rule, names)
        problems += _problems_of_rule(rule, names, beginnings)
    return problems


def _problems_of_plugin(plugin: Placed[PluginTable], names: Names) -> Iterator[Problem]:
    if plugin.table.off_for and plugin.table.key not in names.plugins:
        yield plugin.problem(
            f"no plugin {plugin.table.key} that can be switched is on in the settings", "key"
        )
    for name in plugin.table.off_for:
        if name not in names.ids["partner"]:
            yield plugin.problem(f"the network has no partner {name}", "off_for")


def _problems_of_rule(
    rule: Placed[RuleTable], names: Names, beginnings: Mapping[str, object]
) -> Iterator[Problem]:
    table = rule.table
    if table.dimension not in names.dimensions:
        known = ", ".join(sorted(names.dimensions))
        yield rule.problem(f"there is no dimension {table.dimension}; there are {known}", "dimension")
    kind, key = table.target_kind_and_key
    if key not in (names.offerings if kind == "offering" else names.paths):
        yield rule.problem(f"there is no {'course' if kind == 'offering' else 'path'} {key}", "target")
    begins = table.valid_from or beginnings.get(table.key)
    if table.valid_to is not None and begins is not None and table.valid_to <= begins:  # type: ignore[operator]
        yield rule.problem("lies before the beginning", "valid_to")


def _unknown(placed: Placed[RuleTable] | Placed[AudienceTable], names: Names) -> Iterator[Problem]:
    for field, kind in KINDS.items():
        for name in getattr(placed.table.conditions, field):
            if external_name(kind, name) not in names.ids[kind]:
                yield placed.problem(f"the network has no {kind} {name}", f"conditions.{field}")
    for test in (t for a in placed.table.conditions.attributes for t in a.tests()):
        if wrong := problem_of_test(test, names.attributes.get(test.key)):
            yield placed.problem(wrong, "conditions.attributes")


def problem_of_test(test: AttributeTest, kind: AttributeKind | None) -> str | None:
    """What is wrong with a test of an attribute of this kind, or None."""
    if kind is None:
        return f"there is no attribute {test.key}"
    if test.op in ("at_least", "at_most") and kind.type not in ("number", "date"):
        return f"{test.key} is neither a number nor a date, so that it has no {test.op}"
    wrong = next((wrong for value in test.values if (wrong := kind.judge(value))), None)
    return f"{test.key} {wrong}" if wrong else None


def _ids(uow: UnitOfWork, kind: str, wanted: Iterable[str]) -> dict[str, str]:
    key = network.roster_key
    rows = uow.connection.execute(
        sa.select(key.c.external_id, key.c.id).where(
            key.c.kind == kind, key.c.external_id.in_(sorted(wanted))
        )
    )
    return {row.external_id: row.id for row in rows}


def _beginnings(uow: UnitOfWork, keys: Sequence[str]) -> dict[str, object]:
    rule = audience_tables.rule
    rows = uow.connection.execute(sa.select(rule.c.key, rule.c.valid_from).where(rule.c.key.in_(keys)))
    return {row.key: row.valid_from for row in rows}
