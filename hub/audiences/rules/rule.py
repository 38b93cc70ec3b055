"""Rules and audiences as they are configured, and switching plugins per audience."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.audiences import tables
from hub.audiences.rules.conditions import Conditions, Status
from hub.audiences.rules.partner_switches import is_switchable, read_off_times
from hub.errors import BadInput, Missing
from hub.journal import Change, audit, record_changes
from hub.journal.tables import change as change_table
from hub.network.validity.intervals import Interval, Intervals, subtract
from hub.store import UnitOfWork
from hub.training.goals.due_policy import DuePolicy

RULE_CHANGED = "rule_changed"
RULE_REMOVED = "rule_removed"
AUDIENCE_CHANGED = "audience_changed"
_BEFORE: Mapping[str, Any] = {"status": "live", "due": {}, "binding": False}
"""What rules were before they had these fields."""


@dataclass(frozen=True)
class Rule:
    """Who gets a goal: everybody with an appointment on which the conditions hold while the rule is valid.

    ``due_days`` are so many times 24 hours after the rule began to apply to the person; ``due`` goes by the calendar of the
    location instead. ``look_back_days`` None lets any earlier completion count. Nobody waives what a ``binding`` rule asks for. ``version`` is the number of the change that first laid down this content, so that what is rolled back to is the
    version it was. Only a rule whose ``status`` is live gives goals.
    """

    key: str
    title: str
    dimension: str
    kind: str
    target_kind: str
    target_id: str
    conditions: Conditions
    valid_from: datetime
    valid_to: datetime | None = None
    due_days: int | None = None
    look_back_days: int | None = None
    version: int = 1
    status: Status = "live"
    due: DuePolicy | None = None
    binding: bool = False


@dataclass(frozen=True)
class Audience:
    """A named set of appointments, for which plugins are switched.

    ``provisioning`` are the modes by which people may come into it (``hub.audiences.provisioning``); empty means by any.
    """

    key: str
    name: str
    conditions: Conditions
    provisioning: tuple[str, ...] = ()

    @classmethod
    def of(cls, row: Any) -> "Audience":
        """As its row stores it."""
        return cls(row.key, row.name, Conditions.from_json(row.conditions), tuple(row.provisioning))


@dataclass(frozen=True)
class SwitchedPlugin:
    """A plugin that is, or was, on for an audience. ``off`` is when it was not so at the locations of partners, by their ids."""

    audience: Audience
    plugin: str
    during: Interval
    off: Mapping[str, Intervals] = field(default_factory=dict)

    def times_at(self, partner_id: str) -> Intervals:
        """When it is on for appointments at a partner's locations."""
        off = self.off.get(partner_id)
        return subtract((self.during,), off) if off else (self.during,)

    def is_on_at(self, partner_id: str) -> bool:
        """Whether it is on there until somebody switches it."""
        return any(end is None for _, end in self.times_at(partner_id))


def set_rule(uow: UnitOfWork, rule: Rule, actor_id: str | None = None, *, again: int | None = None) -> bool:
    """Make a rule as given, under the next version; False when it already was so (the version is the hub's to count).

    ``again`` is the earlier version whose content this is, when that comes into force once more.
    """
    held = sa.select(tables.rule).where(tables.rule.c.key == rule.key).with_for_update()
    known = uow.connection.execute(held).one_or_none()
    body = rule_body(rule, known.version if known else 0)
    if known and dict(known._mapping) == _rule_values(body):
        return False
    body["version"] = again or _next_version(uow, rule.key)
    apply_rule(uow, body)
    record_changes(uow, [Change(RULE_CHANGED, rule.key, body, actor_id=actor_id)])
    detail = {"version": body["version"], "status": rule.status}
    audit(uow, RULE_CHANGED, rule.key, actor_id=actor_id, detail=detail)
    return True


def remove_rule(uow: UnitOfWork, key: str, actor_id: str | None = None) -> None:
    """Take a rule away for which nothing stands any more; its goals end. Its versions stay in the journal."""
    body = {"key": key, "status": "draft"}
    apply_removed_rule(uow, body)
    record_changes(uow, [Change(RULE_REMOVED, key, body, actor_id=actor_id)])
    audit(uow, RULE_REMOVED, key, actor_id=actor_id)


def _next_version(uow: UnitOfWork, key: str) -> int:
    """Counted in the journal: after a rule was rolled back its own version is not the last."""
    change = change_table.c
    before = sa.select(sa.func.count()).where(change.kind == RULE_CHANGED, change.subject_id == key)
    return (uow.connection.scalar(before) or 0) + 1


def set_audience(uow: UnitOfWork, audience: Audience, actor_id: str | None = None) -> bool:
    """Make an audience as given; False when it already was so."""
    table, body = tables.audience, audience_body(audience)
    known = uow.connection.execute(sa.select(table).where(table.c.key == audience.key)).one_or_none()
    if known and dict(known._mapping) == body:
        return False
    apply_audience(uow, body)
    record_changes(uow, [Change(AUDIENCE_CHANGED, audience.key, body, actor_id=actor_id)])
    audit(uow, AUDIENCE_CHANGED, audience.key, actor_id=actor_id)
    return True


def switch_plugin(
    uow: UnitOfWork, audience: str, plugin: str, *, on: bool, actor_id: str | None = None
) -> bool:
    """Switch a plugin of subject scope on or off for one audience, from now; False when it already was so.

    BadInput when it is to be on and is not among those that can be, Missing when there is no such audience.
    """
    if on and not is_switchable(uow, plugin):
        raise BadInput(
            "no_plugin", f"No plugin {plugin} that can be switched per audience is on in the settings."
        )
    if (
        uow.connection.scalar(sa.select(tables.audience.c.key).where(tables.audience.c.key == audience))
        is None
    ):
        raise Missing("no_audience", f"There is no audience {audience}.")
    return record_switch(uow, audience, plugin, on=on, actor_id=actor_id)


def record_switch(
    uow: UnitOfWork,
    audience: str,
    plugin: str,
    *,
    on: bool,
    actor_id: str | None = None,
    undo_since: datetime | None = None,
) -> bool:
    """Switch a plugin or a workflow that is known to be one, as ``switch_plugin`` does.

    With ``undo_since`` by letting the switch have been as it was before that instant.
    """
    table = tables.audience_plugin
    open_row = sa.and_(table.c.audience == audience, table.c.plugin == plugin, table.c.valid_to.is_(None))
    is_on = uow.connection.execute(sa.select(table).where(open_row)).first() is not None
    if is_on == on and undo_since is None:
        return False
    body = {"audience": audience, "plugin": plugin, "on": on, "at": uow.now.isoformat()}
    if undo_since is not None:
        body["undo_since"] = undo_since.isoformat()
    apply_switch(uow, body)
    record_changes(uow, [Change("plugin_switched", f"{audience}/{plugin}", body, actor_id=actor_id)])
    audit(uow, "plugin_switched", plugin, actor_id=actor_id, detail={"audience": audience, "on": on})
    return True


def read_rules(uow: UnitOfWork) -> list[Rule]:
    """Every rule, also past ones."""
    rows = uow.connection.execute(sa.select(tables.rule).order_by(tables.rule.c.key))
    return [_rule(dict(row._mapping)) for row in rows]


def read_rule(uow: UnitOfWork, key: str) -> Rule:
    """One rule. Missing ``no_rule``."""
    row = uow.find(tables.rule, key=key)
    if row is None:
        raise Missing("no_rule", f"There is no rule {key}.")
    return _rule({column.name: getattr(row, column.name) for column in tables.rule.c})


def read_audience(uow: UnitOfWork, key: str) -> Audience:
    """One audience. Missing ``no_audience``."""
    row = uow.find(tables.audience, key=key)
    if row is None:
        raise Missing("no_audience", f"There is no audience {key}.")
    return Audience.of(row)


def rule_from_body(body: Mapping[str, Any]) -> Rule:
    """A rule as a change of kind ``rule_changed`` has it."""
    return _rule(_rule_values(body))


def _rule(values: Mapping[str, Any]) -> Rule:
    read = {
        "conditions": Conditions.from_json(values["conditions"]),
        "due": DuePolicy.from_json(values["due"]),
    }
    return Rule(**{**values, **read})


def read_switched(uow: UnitOfWork) -> list[SwitchedPlugin]:
    """Every plugin that is or was switched on for an audience."""
    a, ap, off = tables.audience, tables.audience_plugin, read_off_times(uow)
    rows = uow.connection.execute(
        sa.select(ap, a.c.name, a.c.conditions)
        .join(a, a.c.key == ap.c.audience)
        .order_by(ap.c.audience, ap.c.plugin)
    )
    return [
        SwitchedPlugin(
            Audience(r.audience, r.name, Conditions.from_json(r.conditions)),
            r.plugin,
            (r.valid_from, r.valid_to),
            off.get(r.plugin, {}),
        )
        for r in rows
    ]


def apply_rule(uow: UnitOfWork, body: Mapping[str, Any]) -> None:
    """Write a rule as a change of kind ``rule_changed`` has it (also used by a rebuild)."""
    values = _rule_values(body)
    if not uow.connection.execute(
        sa.update(tables.rule).where(tables.rule.c.key == body["key"]).values(values)
    ).rowcount:
        uow.connection.execute(sa.insert(tables.rule).values(values))


def apply_audience(uow: UnitOfWork, body: Mapping[str, Any]) -> None:
    """Write an audience as a change of kind ``audience_changed`` has it (also used by a rebuild)."""
    table = tables.audience
    if not uow.connection.execute(sa.update(table).where(table.c.key == body["key"]).values(**body)).rowcount:
        uow.connection.execute(sa.insert(table).values(**body))


def apply_switch(uow: UnitOfWork, body: Mapping[str, Any]) -> None:
    """Begin or end a plugin's time with an audience as a change of kind ``plugin_switched`` says."""
    table = tables.audience_plugin
    at = datetime.fromisoformat(body["at"])
    if "undo_since" in body:
        _undo_switches(uow, body, datetime.fromisoformat(body["undo_since"]))
        return
    if body["on"]:
        uow.connection.execute(
            sa.insert(table).values(
                audience=body["audience"], plugin=body["plugin"], valid_from=at, valid_to=None
            )
        )
        return
    uow.connection.execute(
        sa.update(table)
        .where(
            table.c.audience == body["audience"], table.c.plugin == body["plugin"], table.c.valid_to.is_(None)
        )
        .values(valid_to=at)
    )


def apply_removed_rule(uow: UnitOfWork, body: Mapping[str, Any]) -> None:
    """Take a rule away as a change of kind ``rule_removed`` says (also used by a rebuild)."""
    uow.connection.execute(sa.delete(tables.rule).where(tables.rule.c.key == body["key"]))


def _undo_switches(uow: UnitOfWork, body: Mapping[str, Any], since: datetime) -> None:
    table = tables.audience_plugin
    mine = sa.and_(table.c.audience == body["audience"], table.c.plugin == body["plugin"])
    uow.connection.execute(sa.delete(table).where(mine, table.c.valid_from >= since))
    uow.connection.execute(sa.update(table).where(mine, table.c.valid_to >= since).values(valid_to=None))


def audience_body(audience: Audience) -> dict[str, Any]:
    """An audience as a change of kind ``audience_changed`` has it."""
    return {
        "key": audience.key,
        "name": audience.name,
        "conditions": audience.conditions.to_json(),
        "provisioning": list(audience.provisioning),
    }


def rule_body(rule: Rule, version: int = 1) -> dict[str, Any]:
    """A rule as a change of kind ``rule_changed`` has it."""
    return {
        **asdict(rule),
        "conditions": rule.conditions.to_json(),
        "valid_from": rule.valid_from.isoformat(),
        "valid_to": rule.valid_to.isoformat() if rule.valid_to else None,
        "due": rule.due.to_json() if rule.due else {},
        "version": version,
    }


def _rule_values(body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **_BEFORE,
        **body,
        "valid_from": datetime.fromisoformat(body["valid_from"]),
        "valid_to": datetime.fromisoformat(body["valid_to"]) if body["valid_to"] else None,
    }
