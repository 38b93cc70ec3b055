"""Writing profiles as a file, so that applying it again changes nothing."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.audiences.files.export_audiences import as_text, conditions_as_text, due_as_text, instant_as_text
from hub.audiences.profiles.profile import Profile
from hub.audiences.profiles.read_profiles import read_profiles
from hub.audiences.profiles.shapes import ACTIONS
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import Rule, rule_from_body
from hub.network import tables as network
from hub.store import UnitOfWork
from hub.training import tables as training

_HEAD = "# Profiles of audiences, as `hub profiles export` wrote them.\n"


def export_profiles(uow: UnitOfWork, only: str = "") -> str:
    """All profiles, or one, as TOML in order of their keys."""
    profiles = [p for p in read_profiles(uow).values() if only in ("", p.key)]
    return "\n".join([_HEAD, *("\n".join(_profile(uow, profile)) + "\n" for profile in profiles)])


def _profile(uow: UnitOfWork, profile: Profile) -> Iterator[str]:
    said = profile.said
    yield "[[profile]]"
    yield f"key = {as_text(profile.key)}"
    yield f"title = {as_text(profile.title)}"
    if profile.extends:
        yield f"extends = {as_text(profile.extends)}"
    yield f"audiences = {as_text(list(profile.audiences))}"
    yield from (f"{n} = {as_text(said[n])}" for n in ("provisioning", "theme", "floor") if n in said)
    schema = [f"{n} = {as_text(said[n])}" for n in ("mandatory", "dimensions") if n in said]
    if "positions" in said:
        schema.append(f"positions = {as_text(_positions(uow, said['positions']))}")
    if schema:
        yield from ("", "[profile.schema]", *schema)
    for key, entry in said.get("rules", {}).items():
        yield from ("", "[[profile.rule]]", *_rule(uow, key, entry))
    for key, entry in said.get("reports", {}).items():
        values = {"key": key, **{n: v for n, v in entry.items() if n != "since"}}
        yield from ("", "[[profile.report]]", *(f"{n} = {as_text(v)}" for n, v in values.items()))
    for key, entry in said.get("workflows", {}).items():
        yield from ("", "[[profile.workflow]]", *_workflow(uow, key, entry))
    for name, entry in said.get("plugins", {}).items():
        yield from ("", f"[profile.plugins.{as_text(name)}]", f"on = {as_text(entry['on'])}")
        if entry["settings"]:
            yield f"settings = {_inline(entry['settings'])}"
    if said.get("aspects"):
        yield from (
            "",
            "[profile.aspects]",
            *(f"{as_text(n)} = {as_text(v)}" for n, v in said["aspects"].items()),
        )
    if said.get("without"):
        yield from ("", "[profile.without]", *(f"{n} = {as_text(v)}" for n, v in said["without"].items()))


def _rule(uow: UnitOfWork, key: str, entry: Mapping[str, Any]) -> Iterator[str]:
    rule: Rule = rule_from_body({"key": key, "version": 1, **entry})
    values = {
        "key": as_text(key),
        "title": as_text(rule.title),
        "dimension": as_text(rule.dimension),
        "kind": as_text(rule.kind),
        "target": as_text(_target(uow, rule.target_kind, rule.target_id)),
        "conditions": conditions_as_text(uow, rule.conditions),
        "due_days": as_text(rule.due_days),
        "due": due_as_text(rule.due),
        "look_back_days": as_text(rule.look_back_days),
        "binding": as_text(rule.binding or None),
        "valid_from": instant_as_text(rule.valid_from),
        "valid_to": instant_as_text(rule.valid_to),
        "status": as_text(rule.status),
    }
    yield from (f"{name} = {value}" for name, value in values.items() if value != "null")


def _workflow(uow: UnitOfWork, key: str, entry: Mapping[str, Any]) -> Iterator[str]:
    yield f"key = {as_text(key)}"
    if plugin := entry.get("from"):
        yield from (f"from = {as_text(plugin)}", f"status = {as_text(entry['status'])}")
        return
    yield f"title = {as_text(entry['title'])}"
    yield f"on = {as_text(entry['on'])}"
    if entry["target_id"]:
        yield f"target = {as_text(_any_target(uow, entry['target_id']))}"
    yield f"conditions = {conditions_as_text(uow, Conditions.from_json(entry['conditions']))}"
    yield f"reason = {as_text(entry['reason'])}"
    yield from (f"{name} = {_inline(_does(uow, entry[name]))}" for name in ACTIONS if name in entry)
    yield f"status = {as_text(entry['status'])}"


def _does(uow: UnitOfWork, what: Mapping[str, Any]) -> dict[str, Any]:
    goal = {}
    if "target_id" in what:
        goal = {"target": _target(uow, what["target_kind"], what["target_id"])}
    return goal | {n: v for n, v in what.items() if v is not None and n not in ("target_kind", "target_id")}


def _inline(values: Mapping[str, Any]) -> str:
    return f"{{ {', '.join(f'{as_text(n)} = {_value(v)}' for n, v in values.items())} }}"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return _inline(value)
    return value.isoformat() if isinstance(value, datetime) else as_text(value)


def _positions(uow: UnitOfWork, ids: list[str]) -> list[str]:
    key = network.roster_key
    query = sa.select(key.c.external_id).where(key.c.kind == "position", uow.among(key.c.id, ids))
    return sorted(uow.connection.scalars(query))


def _target(uow: UnitOfWork, kind: str, id: str) -> str:
    table = training.offering if kind == "offering" else training.path
    return f"{kind}:{uow.connection.scalar(sa.select(table.c.key).where(table.c.id == id))}"


def _any_target(uow: UnitOfWork, id: str) -> str:
    path = uow.connection.scalar(sa.select(training.path.c.key).where(training.path.c.id == id))
    return f"path:{path}" if path else _target(uow, "offering", id)
