"""Writing what is configured as an audience file, so that applying it again changes nothing."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time
from typing import Literal

import sqlalchemy as sa

from hub.audiences import tables
from hub.audiences.files.names import KINDS
from hub.audiences.profiles.profile import rule_keys
from hub.audiences.profiles.read_profiles import read_setups
from hub.audiences.rules.conditions import AttributeTest, Conditions
from hub.audiences.rules.partner_switches import read_off_times
from hub.audiences.rules.rule import Rule, read_audience, read_rule, read_rules
from hub.audiences.views import list_switches
from hub.errors import HubError
from hub.network import tables as network
from hub.store import UnitOfWork
from hub.training import tables as training
from hub.training.courses.offerings import read_steps
from hub.training.goals.due_policy import DuePolicy

_HEAD = "# Paths, audiences and rules of this hub, as `hub audiences export` wrote them.\n"


def export_audiences(uow: UnitOfWork) -> str:
    """All paths, audiences with their plugins, for which partners these are off, and rules but those of profiles, as TOML by keys."""
    return "\n".join([_HEAD, *_paths(uow), *_audiences(uow), *_plugins(uow), *_rules(uow)])


def export_one(uow: UnitOfWork, kind: Literal["rule", "audience"], key: str) -> str:
    """One rule or audience as a file that can be applied. Missing ``no_rule``, ``no_audience``; HubError as ``export_audiences``."""
    head = f"# The {kind} {key} of this hub.\n"
    if kind == "rule":
        return "\n".join([head, _rule_table(uow, read_rule(uow, key))])
    read_audience(uow, key)
    return "\n".join([head, *_audiences(uow, key)])


def _paths(uow: UnitOfWork) -> Iterator[str]:
    offering, path = training.offering, training.path
    keys = {row.id: row.key for row in uow.connection.execute(sa.select(offering.c.id, offering.c.key))}
    rows = uow.connection.execute(sa.select(path).order_by(path.c.key)).all()
    steps = read_steps(uow, [row.id for row in rows])
    for row in rows:
        courses = [keys[id] for id in steps.get(row.id, ())]
        values = {"key": row.key, "title": row.title, "description": row.description, "steps": courses}
        yield _table("path", {name: as_text(value) for name, value in values.items() if value})


def _audiences(uow: UnitOfWork, *keys: str) -> Iterator[str]:
    on = {switches.key: sorted(switches.on_since) for switches in list_switches(uow)}
    table = tables.audience
    wanted = table.c.key.in_(keys) if keys else sa.true()
    for row in uow.connection.execute(sa.select(table).where(wanted).order_by(table.c.key)).all():
        values = {
            "key": as_text(row.key),
            "name": as_text(row.name),
            "conditions": conditions_as_text(uow, Conditions.from_json(row.conditions)),
            "plugins": as_text(on.get(row.key, [])),
        }
        if row.provisioning:
            values["provisioning"] = as_text(row.provisioning)
        yield _table("audience", values)


def _plugins(uow: UnitOfWork) -> Iterator[str]:
    for plugin, by_partner in sorted(read_off_times(uow).items()):
        ids = tuple(partner for partner, times in by_partner.items() if any(end is None for _, end in times))
        if ids:
            partners = sorted(_external_names(uow, "partner", ids))
            yield _table("plugin", {"key": as_text(plugin), "off_for": as_text(partners)})


def _rules(uow: UnitOfWork) -> Iterator[str]:
    owned = {key for key, _, _ in rule_keys(read_setups(uow))}
    for rule in (rule for rule in read_rules(uow) if rule.key not in owned):
        yield _rule_table(uow, rule)


def _rule_table(uow: UnitOfWork, rule: Rule) -> str:
    values = {
        "key": as_text(rule.key),
        "title": as_text(rule.title),
        "dimension": as_text(rule.dimension),
        "kind": as_text(rule.kind),
        "target": as_text(_target(uow, rule)),
        "conditions": conditions_as_text(uow, rule.conditions),
        "due_days": as_text(rule.due_days),
        "due": due_as_text(rule.due),
        "look_back_days": as_text(rule.look_back_days),
        "binding": as_text(rule.binding or None),
        "valid_from": instant_as_text(rule.valid_from),
        "valid_to": instant_as_text(rule.valid_to),
        "status": as_text(rule.status),
    }
    return _table("rule", {name: value for name, value in values.items() if value != "null"})


def due_as_text(due: DuePolicy | None) -> str:
    """When a rule is due by the calendar, as TOML; ``null`` for not at all."""
    if due is None:
        return "null"
    # A day of TOML stands without quotes.
    said = {k: str(v) if k == "date" else as_text(v) for k, v in due.to_json().items()}
    return f"{{ {', '.join(f'{name} = {value}' for name, value in said.items())} }}"


def _target(uow: UnitOfWork, rule: Rule) -> str:
    table = training.offering if rule.target_kind == "offering" else training.path
    key = uow.connection.scalar(sa.select(table.c.key).where(table.c.id == rule.target_id))
    return f"{rule.target_kind}:{key}"


def conditions_as_text(uow: UnitOfWork, conditions: Conditions) -> str:
    """Conditions as an inline table, with what the network files call things. HubError ``no_name`` for what they do not name."""
    parts = {
        field: sorted(_external_names(uow, kind, ids))
        for field, kind in KINDS.items()
        if (ids := getattr(conditions, field))
    }
    words = {"activity": conditions.activity, "class": conditions.audience_class}
    given: Mapping[str, object] = {**parts, **{name: word for name, word in words.items() if word}}
    asked = [f"{name} = {as_text(value)}" for name, value in given.items()]
    if conditions.attributes:
        asked.append(f"attributes = [{', '.join(map(_test, conditions.attributes))}]")
    days = {"at_least": conditions.tenure_at_least, "at_most": conditions.tenure_at_most}
    tenure = ", ".join(f"{name} = {value}" for name, value in days.items() if value is not None)
    if tenure:
        asked.append(f"tenure_days = {{ {tenure} }}")
    inline = ", ".join(asked)
    return f"{{ {inline} }}" if inline else "{}"


def _test(test: AttributeTest) -> str:
    given = {"one_of": list(test.values), "exists": True}.get(test.op, next(iter(test.values), None))
    return f"{{ key = {as_text(test.key)}, {test.op} = {as_text(given)} }}"


def _external_names(uow: UnitOfWork, kind: str, ids: tuple[str, ...]) -> list[str]:
    key = network.roster_key
    found = list(
        uow.connection.scalars(sa.select(key.c.external_id).where(key.c.kind == kind, key.c.id.in_(ids)))
    )
    if len(found) != len(ids):
        raise HubError("no_name", f"The network files have no name for a {kind} that a condition is about.")
    return [name.replace("/", ":", 1) if kind == "node" else name for name in found]


def _table(kind: str, values: Mapping[str, str]) -> str:
    return "".join([f"[[{kind}]]\n", *(f"{name} = {value}\n" for name, value in values.items())])


def as_text(value: object) -> str:
    """A text, number or list as TOML, which writes these as JSON does, except for one control character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def instant_as_text(at: datetime | None) -> str:
    """An instant as TOML, the beginning of a day as that day; ``null`` for none."""
    if at is None:
        return "null"
    utc = at.astimezone(UTC)
    return utc.date().isoformat() if utc.time() == time() else utc.isoformat()
