"""From the tables of a file to profiles: names become ids, and everything that cannot be is told at once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hub.audiences.files.names import Names, look_up, problems_of
from hub.audiences.files.plan_file import rule_of
from hub.audiences.files.shapes import MODES, AudienceFile, AudienceTable, Placed, RuleTable
from hub.audiences.profiles.plugin_workflows import own_tables, take, taken_before
from hub.audiences.profiles.profile import Profile
from hub.audiences.profiles.read_profiles import content_of, workflow_versions
from hub.audiences.profiles.shapes import (
    PlacedProfile,
    ReportTable,
    TakenTable,
    TellTable,
    WaiveTable,
    WorkflowTable,
    refuse,
)
from hub.audiences.rules.rule import rule_body, rule_from_body
from hub.errors import Problem
from hub.network.importing.roster_keys import find_ids
from hub.store import UnitOfWork
from hub.training import tables as training


def name_profiles(
    uow: UnitOfWork, placed: Sequence[PlacedProfile], known: Mapping[str, Profile]
) -> list[Profile]:
    """The profiles a file makes. BadInput ``bad_profiles`` with everything it names that is not there."""
    placed, whose, problems = take(uow.hooks, placed, known)
    file = _as_audience_file(placed)
    names = look_up(uow, file)
    positions = find_ids(uow, "position", {p for each in placed for p in each.table.schema_.positions or ()})
    problems += problems_of(uow, file, names)
    for each in placed:
        problems += _problems(uow, each, names, positions)
    if problems:
        raise refuse(problems)
    return [_profile(uow, each, names, positions, known.get(each.table.key), whose) for each in placed]


def _as_audience_file(placed: Sequence[PlacedProfile]) -> AudienceFile:
    """Rules and workflows as if they stood in an audience file: their names are looked up and judged the same way."""
    rules = [Placed(rule, f"{each.place}: rule {rule.key}") for each in placed for rule in each.table.rule]
    workflows = [
        Placed(
            AudienceTable(key="w", name=flow.title, conditions=flow.conditions),
            f"{each.place}: workflow {flow.key}",
        )
        for each in placed
        for flow in own_tables(each.table.workflow)
    ]
    return AudienceFile([], workflows, rules)


def _problems(
    uow: UnitOfWork, placed: PlacedProfile, names: Names, positions: Mapping[str, str]
) -> Iterator[Problem]:
    schema = placed.table.schema_
    for key in schema.mandatory or ():
        if key not in names.attributes:
            yield placed.problem(f"there is no attribute {key}", "schema.mandatory")
    for key in schema.dimensions or ():
        if key not in names.dimensions:
            yield placed.problem(f"there is no dimension {key}", "schema.dimensions")
    for key in schema.positions or ():
        if key not in positions:
            yield placed.problem(f"the network has no position {key}", "schema.positions")
    for flow in own_tables(placed.table.workflow):
        place = f"workflow {flow.key}"
        for text in _problems_of_workflow(uow, flow, names):
            yield placed.problem(text, place)


def _problems_of_workflow(uow: UnitOfWork, flow: WorkflowTable, names: Names) -> Iterator[str]:
    does: tuple[WaiveTable | TellTable | None, ...] = (flow.give, flow.waive, flow.tell)
    for each in does:
        if each and each.dimension is not None and each.dimension not in names.dimensions:
            yield f"there is no dimension {each.dimension}"
    for _, target in flow.targets:
        if _target_id(uow, target) is None:
            yield f"there is no {target.replace(':', ' ', 1)}"
    if flow.set_ is not None:
        kind = names.attributes.get(flow.set_.attribute)
        if kind is None or kind.subject not in ("person", "appointment"):
            yield f"neither people nor appointments have an attribute {flow.set_.attribute}"
        elif wrong := kind.judge(flow.set_.value):
            yield f"{flow.set_.attribute} {wrong}"


def _profile(
    uow: UnitOfWork,
    placed: PlacedProfile,
    names: Names,
    positions: Mapping[str, str],
    known: Profile | None,
    whose: Mapping[tuple[str, str], str],
) -> Profile:
    table, schema = placed.table, placed.table.schema_
    modes = [mode for mode in MODES if mode in table.provisioning] if table.provisioning else None
    whole: dict[str, Any] = {
        "provisioning": modes,
        "mandatory": sorted(schema.mandatory) if schema.mandatory is not None else None,
        "dimensions": sorted(schema.dimensions) if schema.dimensions else None,
        "positions": sorted(positions[key] for key in schema.positions) if schema.positions else None,
        "theme": table.theme,
        "floor": table.floor,
    }
    keyed: dict[str, Any] = {
        "rules": {rule.key: _rule(uow, rule, names, known) for rule in table.rule},
        "reports": {r.key: _report(uow, r, known) for r in table.report},
        "workflows": {
            w.key: _workflow(uow, w, names, table.key, known, whose.get((table.key, w.key)))
            for w in table.workflow
        },
        "plugins": {name: plugin.model_dump() for name, plugin in table.plugins.items()},
        "aspects": dict(table.aspects),
    }
    without = {name: sorted(keys) for name, keys in table.without.model_dump().items() if keys}
    said = {name: value for name, value in whole.items() if value is not None}
    said |= {name: items for name, items in keyed.items() if items}
    return Profile(
        table.key,
        table.title,
        table.extends,
        tuple(sorted(set(table.audiences))),
        said | ({"without": without} if without else {}),
    )


def _rule(uow: UnitOfWork, table: RuleTable, names: Names, known: Profile | None) -> dict[str, Any]:
    entry = known.said.get("rules", {}).get(table.key) if known else None
    before = rule_from_body({"key": table.key, "version": 1, **entry}) if entry else None
    body = rule_body(rule_of(uow, table, names, before))
    return {name: value for name, value in body.items() if name not in ("key", "version")}


def _report(uow: UnitOfWork, table: ReportTable, known: Profile | None) -> dict[str, Any]:
    before = known.said.get("reports", {}).get(table.key) if known else None
    since = before["since"] if before else uow.now.isoformat()
    return table.model_dump(exclude={"key"}) | {"since": since}


def _workflow(
    uow: UnitOfWork,
    table: WorkflowTable | TakenTable,
    names: Names,
    profile: str,
    known: Profile | None,
    plugin: str | None,
) -> dict[str, Any]:
    before = known.said.get("workflows", {}).get(table.key) if known else None
    if isinstance(table, TakenTable):
        said = content_of(taken_before(known, table) or {})
    else:
        said = _said(uow, table, names) | ({"from": plugin} if plugin else {})
    versions = [*workflow_versions(uow, profile, table.key)]
    number = versions.index(said) + 1 if said in versions else len(versions) + 1
    since = uow.now.isoformat()
    if before and before["status"] == table.status and content_of(before) == said:
        since = before["since"]
    return {**said, "status": table.status, "version": number, "since": since}


def _said(uow: UnitOfWork, table: WorkflowTable, names: Names) -> dict[str, Any]:
    """What makes a workflow this one, with ids for names."""
    said: dict[str, Any] = {
        "title": table.title,
        "on": table.on,
        "target_id": _target_id(uow, table.target) if table.target else None,
        "conditions": names.conditions(table.conditions).to_json(),
        "reason": table.reason,
    }
    for name, goal in (("give", table.give), ("waive", table.waive)):
        if goal is not None:
            kind, _, _ = goal.target.partition(":")
            named = {"target_kind": kind, "target_id": _target_id(uow, goal.target)}
            said[name] = named | goal.model_dump(exclude={"target"})
    for name, does in (("tell", table.tell), ("set", table.set_)):
        if does is not None:
            said[name] = does.model_dump()
    return said


def _target_id(uow: UnitOfWork, target: str) -> str | None:
    kind, _, key = target.partition(":")
    table = training.offering if kind == "offering" else training.path
    return uow.connection.scalar(sa.select(table.c.id).where(table.c.key == key))
