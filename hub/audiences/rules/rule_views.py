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
from hub.words.phrase import Amount, say

ACTIVITIES = {
    "sell": say("sells it"),
    "service": say("services it"),
    "parts": say("sells its parts"),
    "make": say("makes it"),
    "use": say("uses it"),
}
_NAMED = {
    "positions": (say("Position"), network.position, "title"),
    "brands": (say("Brand"), network.brand, "name"),
    "nodes": (say("Region"), network.node, "name"),
    "partners": (say("Partner"), network.partner, "name"),
}
_COMPARED = {"at_least": say("at least %(value)s"), "at_most": say("at most %(value)s")}


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
    words: list[tuple[str, str]] = [
        (title, _either(_names(uow, table, column, ids)))
        for field, (title, table, column) in _NAMED.items()
        if (ids := getattr(conditions, field))
    ]
    if conditions.activity:
        does = ACTIVITIES.get(conditions.activity, conditions.activity)
        words.append((say("Brand's place"), say("the location %(does)s", does=does)))
    if conditions.audience_class:
        words.append((say("Class"), conditions.audience_class))
    titles = {key: kind.title for key, kind in read_kinds(uow).items()} if conditions.attributes else {}
    words += [(titles.get(test.key, test.key), _asked(test)) for test in conditions.attributes]
    tenure = _tenure(conditions.tenure_at_least, conditions.tenure_at_most)
    return [*words, (say("In the appointment for"), tenure)] if tenure else words


def _tenure(least: int | None, most: int | None) -> str:
    if least is not None and most is not None:
        return say(
            "at least %(least)s days and at most %(most)s days", least=Amount(least), most=Amount(most)
        )
    if least is not None:
        return say("at least %(least)s days", least=Amount(least))
    return say("at most %(most)s days", most=Amount(most)) if most is not None else ""


def _names(uow: UnitOfWork, table: sa.Table, column: str, ids: Collection[str]) -> list[str]:
    names = sa.select(table.c[column]).where(table.c.id.in_(ids))
    return sorted(uow.connection.scalars(names))


def _either(names: list[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return say("%(words)s or %(last)s", words=", ".join(names[:-1]), last=names[-1])


def _asked(test: AttributeTest) -> str:
    if test.op == "exists":
        return say("is known")
    value = _either([_value(v) for v in test.values])
    return say(_COMPARED[test.op].template, value=value) if test.op in _COMPARED else value


def _value(value: object) -> str:
    return {True: say("yes"), False: say("no")}[value] if isinstance(value, bool) else str(value)
