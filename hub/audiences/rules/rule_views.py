"""Rules and conditions with the names of what they are about, for pages. Reads only."""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from hub.audiences.rules.conditions import AttributeTest, Conditions
from hub.audiences.rules.rule import Rule, read_rules
from hub.network import tables as network
from hub.network.attributes import read_kinds
from hub.store import UnitOfWork
from hub.training import tables as training

ACTIVITIES = {
    "sell": "sells it",
    "service": "services it",
    "parts": "sells its parts",
    "make": "makes it",
    "use": "uses it",
}
_NAMED = {
    "positions": ("Position", network.position, "title"),
    "brands": ("Brand", network.brand, "name"),
    "nodes": ("Region", network.node, "name"),
    "partners": ("Partner", network.partner, "name"),
}
_COMPARED = {"at_least": "at least", "at_most": "at most"}


@dataclass(frozen=True)
class RuleLine:
    """A rule and the title of what it asks for."""

    rule: Rule
    target: str


def list_rules(uow: UnitOfWork) -> list[RuleLine]:
    """Every rule, by title."""
    rules = read_rules(uow)
    titles = titles_of_targets(uow, {(rule.target_kind, rule.target_id) for rule in rules})
    lines = [RuleLine(rule, titles.get(rule.target_id, "")) for rule in rules]
    return sorted(lines, key=lambda line: (line.rule.title.casefold(), line.rule.key))


def titles_of_targets(uow: UnitOfWork, targets: Collection[tuple[str, str]]) -> dict[str, str]:
    """Titles of courses and paths by id; ``targets`` are kinds and ids."""
    found: dict[str, str] = {}
    for kind, table in (("offering", training.offering), ("path", training.path)):
        ids = [id for each, id in targets if each == kind]
        rows = uow.connection.execute(sa.select(table.c.id, table.c.title).where(table.c.id.in_(ids)))
        found |= {row.id: row.title for row in rows}
    return found


def words_of(uow: UnitOfWork, conditions: Conditions) -> list[tuple[str, str]]:
    """What conditions ask, one by one: what it is about, and what it must be."""
    words = [
        (title, _either(_names(uow, table, column, ids)))
        for field, (title, table, column) in _NAMED.items()
        if (ids := getattr(conditions, field))
    ]
    if conditions.activity:
        words.append(
            ("Brand's place", f"the location {ACTIVITIES.get(conditions.activity, conditions.activity)}")
        )
    if conditions.audience_class:
        words.append(("Class", conditions.audience_class))
    titles = {key: kind.title for key, kind in read_kinds(uow).items()} if conditions.attributes else {}
    words += [(titles.get(test.key, test.key), _asked(test)) for test in conditions.attributes]
    bounds = {"at least": conditions.tenure_at_least, "at most": conditions.tenure_at_most}
    tenure = " and ".join(f"{name} {days:,} days" for name, days in bounds.items() if days is not None)
    return [*words, ("In the appointment for", tenure)] if tenure else words


def _names(uow: UnitOfWork, table: sa.Table, column: str, ids: Collection[str]) -> list[str]:
    names = sa.select(table.c[column]).where(table.c.id.in_(ids))
    return sorted(uow.connection.scalars(names))


def _either(names: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _asked(test: AttributeTest) -> str:
    if test.op == "exists":
        return "is known"
    return f"{_COMPARED.get(test.op, '')} {_either([_value(v) for v in test.values])}".strip()


def _value(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
