"""Rules for how long statements are kept."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from hub.errors import BadInput, Conflict, Missing, Problem
from hub.ids import is_id, new_id
from hub.journal import Change, audit, record_changes
from hub.lifecycle import tables
from hub.network import tables as network
from hub.store import UnitOfWork

MAX_DAYS = 36_500
MAX_NAME = 100
MAX_IRI = 1000


@dataclass(frozen=True)
class Rule:
    """Statements stored more than ``keep_days`` full days ago are deleted, if they have the verb and are from the system or partner.

    What is None is not asked. A statement to which several rules apply goes by the shortest. ``id`` is empty while it is new.
    """

    id: str
    name: str
    keep_days: int
    verb: str | None = None
    connection_id: str | None = None
    partner_id: str | None = None


def list_rules(uow: UnitOfWork) -> list[Rule]:
    """All rules by name."""
    table = tables.retention_rule
    rows = uow.connection.execute(sa.select(table).order_by(table.c.name))
    return [Rule(r.id, r.name, r.keep_days, r.verb, r.connection_id, r.partner_id) for r in rows]


def read_rule(uow: UnitOfWork, rule_id: str) -> Rule:
    """The rule; Missing when there is none."""
    found = next((rule for rule in list_rules(uow) if rule.id == rule_id), None)
    if found is None:
        raise Missing("no_rule", "There is no such retention rule.")
    return found


def find_rule(uow: UnitOfWork, name: str) -> Rule:
    """The rule of this name; Missing when there is none."""
    found = next((rule for rule in list_rules(uow) if rule.name == name), None)
    if found is None:
        raise Missing("no_rule", f"There is no rule {name}.", "`hub retention rules` shows them.")
    return found


def rules_with(uow: UnitOfWork, rule: Rule) -> list[Rule]:
    """All rules by name as they would be after ``set_rule``; reads only. Raises as that does."""
    _check(uow, rule)
    _refuse_same_name(uow, rule)
    if rule.id:
        read_rule(uow, rule.id)
    others = [other for other in list_rules(uow) if other.id != rule.id]
    name = tables.retention_rule.c.name
    before = set(
        uow.connection.scalars(sa.select(name).where(name < rule.name))
    )  # as the database orders them
    place = sum(other.name in before for other in others)
    return [*others[:place], rule, *others[place:]]


def set_rule(uow: UnitOfWork, rule: Rule, actor_id: str | None = None) -> Rule:
    """Make a rule, or change the one with its id; nothing is deleted before a plan is applied.

    BadInput ``bad_rule`` with every problem; Conflict ``rule_exists`` when another one has the name.
    """
    _check(uow, rule)
    _refuse_same_name(uow, rule)
    table = tables.retention_rule
    values = asdict(rule) | {"id": rule.id or new_id()}
    if rule.id:
        if read_rule(uow, rule.id) == rule:
            return rule
        uow.connection.execute(
            sa.update(table).where(table.c.id == rule.id).values(**values, changed_at=uow.now)
        )
    else:
        uow.connection.execute(sa.insert(table).values(**values, changed_at=uow.now))
    record_changes(uow, [Change("retention_rule_changed", values["id"], values, actor_id=actor_id)])
    _audit(uow, "retention_rule_changed", values, actor_id)
    return Rule(**values)


def remove_rule(uow: UnitOfWork, rule_id: str, actor_id: str | None = None) -> None:
    """Take a rule away; Missing when there is none."""
    rule = read_rule(uow, rule_id)
    uow.connection.execute(sa.delete(tables.retention_rule).where(tables.retention_rule.c.id == rule_id))
    record_changes(uow, [Change("retention_rule_removed", rule_id, {"id": rule_id}, actor_id=actor_id)])
    _audit(uow, "retention_rule_removed", asdict(rule), actor_id)


def _audit(uow: UnitOfWork, action: str, body: Mapping[str, Any], actor_id: str | None) -> None:
    audit(
        uow,
        action,
        str(body["name"]),
        actor_id=actor_id,
        partner_id=body["partner_id"],
        connection_id=body["connection_id"],
        detail={"keep_days": body["keep_days"]},
    )


def _refuse_same_name(uow: UnitOfWork, rule: Rule) -> None:
    table = tables.retention_rule
    other = sa.select(table.c.id).where(table.c.name == rule.name, table.c.id != (rule.id or new_id()))
    if uow.connection.scalar(other) is not None:
        raise Conflict("rule_exists", f"There is already a rule called {rule.name}.", "Choose another name.")


def _check(uow: UnitOfWork, rule: Rule) -> None:
    problems: list[Problem] = []
    if not 0 < len(rule.name.strip()) <= MAX_NAME or not rule.name.isprintable():
        problems.append(Problem(f"must have 1 to {MAX_NAME} characters", "name"))
    if not 1 <= rule.keep_days <= MAX_DAYS:
        problems.append(Problem(f"must be a number of days from 1 to {MAX_DAYS}", "keep_days"))
    if rule.verb is not None and (":" not in rule.verb or len(rule.verb) > MAX_IRI or " " in rule.verb):
        problems.append(Problem("must be an IRI such as http://adlnet.gov/expapi/verbs/experienced", "verb"))
    for place, table in (("connection_id", network.connection), ("partner_id", network.partner)):
        id = getattr(rule, place)
        if id is not None and not (
            is_id(id) and uow.connection.scalar(sa.select(table.c.id).where(table.c.id == id))
        ):
            problems.append(Problem("is none that the hub knows", place))
    if problems:
        raise BadInput("bad_rule", "The rule cannot be used; nothing was changed.", problems=problems)
