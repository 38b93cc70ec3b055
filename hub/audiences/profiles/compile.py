"""What profiles mean for audiences, rules and switches: the changes that make these as the profiles say."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.audiences import tables
from hub.audiences.plans.diff import AudienceChange, ItemChange, RuleChange, SwitchChange, compare_rule
from hub.audiences.profiles.join_conditions import join
from hub.audiences.profiles.profile import PROFILE_CHANGED, WORKFLOW, Profile, Setup, rule_keys, setups
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import (
    AUDIENCE_CHANGED,
    RULE_CHANGED,
    Audience,
    Rule,
    read_rules,
    rule_body,
    rule_from_body,
)
from hub.journal.tables import change as change_table
from hub.store import UnitOfWork


@dataclass(frozen=True)
class BackTo:
    """Going back to what was before a change of a profile: its instant, and its position in the journal."""

    at: datetime
    position: int


@dataclass(frozen=True)
class Compiled:
    """``changes`` as a plan shows them; ``removed`` are keys of rules among them that go for good."""

    changes: tuple[ItemChange, ...]
    removed: tuple[str, ...]


def read_audiences(uow: UnitOfWork) -> dict[str, Audience]:
    """Every audience by its key."""
    rows = uow.connection.execute(sa.select(tables.audience).order_by(tables.audience.c.key))
    return {row.key: Audience.of(row) for row in rows}


def compile_profiles(
    uow: UnitOfWork,
    before: Mapping[str, Profile],
    after: Mapping[str, Profile],
    audiences: Mapping[str, Audience],
    back_to: BackTo | None = None,
) -> Compiled:
    """What must change so that audiences, rules and switches are as the profiles say; good profiles are expected."""
    was, becomes = setups(before), setups(after)
    known = {rule.key: rule for rule in read_rules(uow)}
    changes: list[ItemChange] = []
    for key in sorted({*was, *becomes}):
        changes += _audience(uow, was.get(key), becomes.get(key), audiences[key], back_to)
    since = said_since(uow, back_to) if back_to else frozenset()
    for key in sorted({*was, *becomes}):
        changes += _switches(uow, was.get(key), becomes.get(key), audiences[key], back_to, since)
    wanted = dict(rules_of_setups(becomes, audiences))
    for key, rule in wanted.items():
        if change := compare_profile_rule(uow, known.get(key), rule):
            changes.append(change)
    gone = sorted({key for key, _, _ in rule_keys(was)} & known.keys() - wanted.keys())
    changes += [RuleChange(known[key], replace(known[key], status="draft"), ("status",)) for key in gone]
    return Compiled(tuple(changes), tuple(gone))


def rules_of_setups(
    by_audience: Mapping[str, Setup], audiences: Mapping[str, Audience]
) -> Iterator[tuple[str, Rule]]:
    """Every rule that profiles make, by the key it has in the table ``rule``."""
    for key, audience, own in rule_keys(by_audience):
        entry = by_audience[audience].items("rules")[own]
        asked = join(audiences[audience].conditions, Conditions.from_json(entry["conditions"]))
        yield key, rule_from_body({**entry, "key": key, "version": 1, "conditions": asked.to_json()})


def compare_profile_rule(uow: UnitOfWork, known: Rule | None, wanted: Rule) -> RuleChange | None:
    """What makes a rule of a profile so, None when it is.

    With ``again`` the number of the first change that said the same, so that going back restores the row.
    """
    change = compare_rule(known, wanted)
    if change is None:
        return None
    said = _content(wanted)
    bodies = uow.connection.scalars(
        sa.select(change_table.c.body)
        .where(change_table.c.kind == RULE_CHANGED, change_table.c.subject_id == wanted.key)
        .order_by(change_table.c.position)
    )
    again = next((body["version"] for body in bodies if _content(rule_from_body(body)) == said), None)
    return replace(change, again=again)


def said_since(uow: UnitOfWork, back_to: BackTo) -> frozenset[str]:
    """Names of plugins and workflows, as they are switched, of which profiles have said something since."""
    bodies = uow.connection.scalars(
        sa.select(change_table.c.body).where(
            change_table.c.kind == PROFILE_CHANGED, change_table.c.position >= back_to.position
        )
    )
    said = [body["said"] for body in bodies]
    flows = {WORKFLOW + key for each in said for key in each.get("workflows", {})}
    return frozenset(flows | {name for each in said for name in each.get("plugins", {})})


def was_on(rows: Iterable[sa.Row[Any]], name: str, back_to: BackTo) -> bool:
    """Whether a plugin or workflow was on right before; ``rows`` are the switches of one audience."""
    return any(
        row.plugin == name
        and row.valid_from < back_to.at
        and (row.valid_to is None or row.valid_to >= back_to.at)
        for row in rows
    )


def _content(rule: Rule) -> dict[str, object]:
    return {name: value for name, value in rule_body(rule).items() if name != "version"}


def _audience(
    uow: UnitOfWork, was: Setup | None, becomes: Setup | None, audience: Audience, back_to: BackTo | None
) -> Iterator[AudienceChange]:
    modes = becomes.get("provisioning") if becomes else None
    if modes is None:
        if back_to is None or was is None or was.get("provisioning") is None:
            return  # nobody says anything: it stays as it is
        modes = _modes_before(uow, audience.key, back_to)
    after = replace(audience, provisioning=tuple(modes))
    if after != audience:
        yield AudienceChange(audience, after)


def _modes_before(uow: UnitOfWork, key: str, back_to: BackTo) -> list[str]:
    body = uow.connection.scalar(
        sa.select(change_table.c.body)
        .where(
            change_table.c.kind == AUDIENCE_CHANGED,
            change_table.c.subject_id == key,
            change_table.c.position < back_to.position,
        )
        .order_by(change_table.c.position.desc())
        .limit(1)
    )
    return list(body.get("provisioning", [])) if body else []


def _switches(
    uow: UnitOfWork,
    was: Setup | None,
    becomes: Setup | None,
    audience: Audience,
    back_to: BackTo | None,
    said: Collection[str],
) -> Iterator[SwitchChange]:
    rows = uow.connection.execute(
        sa.select(tables.audience_plugin).where(tables.audience_plugin.c.audience == audience.key)
    ).all()
    is_on = {row.plugin for row in rows if row.valid_to is None}
    wanted = becomes.switches() if becomes else {}
    for name in sorted({*(was.switches() if was else {}), *said} - wanted.keys()):
        if back_to is not None:
            wanted[name] = was_on(rows, name, back_to)
        elif name.startswith(WORKFLOW):
            wanted[name] = False  # there is no other place that could want it
    for name, on in sorted(wanted.items()):
        if on != (name in is_on):
            yield SwitchChange(audience, name, on)
