"""A rule as the fields of a form, and back, with every problem at its field."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, cast, get_args

from hub.audiences.files.names import problem_of_test
from hub.audiences.profiles.profile import rule_keys
from hub.audiences.profiles.read_profiles import read_setups
from hub.audiences.rules.conditions import AttributeTest, Conditions, Op, Status
from hub.audiences.rules.labels import (
    find_nodes,
    find_partners,
    find_targets,
    key_of_target,
    labels_of_nodes,
    labels_of_partners,
)
from hub.audiences.rules.rule import Rule, read_rules
from hub.errors import BadInput, Problem
from hub.network import tables as network
from hub.network.attribute_values import AttributeKind
from hub.network.attributes import read_kinds
from hub.network.validity.dates import is_in_reach
from hub.store import UnitOfWork
from hub.training.goals.due_policy import DuePolicy
from hub.training.goals.goal import GoalKind

SINGLE = (
    *("key", "title", "target", "dimension", "kind", "status", "activity", "audience_class"),
    *("nodes", "partners", "tenure_at_least", "tenure_at_most", "look_back_days", "binding"),
    *("due_kind", "due_value", "at_least_days", "valid_from", "valid_to"),
)
"""Fields with one text each; nodes and partners stand one a line."""
ACTIVITIES = ("sell", "service", "parts", "make", "use")
MAX_DAYS = 36500
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_PERIODS = ("month", "quarter", "year")


@dataclass(frozen=True)
class RuleFields:
    """``values`` are the texts of SINGLE; ``attributes`` are key, operation and value of each test as texts."""

    values: Mapping[str, str] = field(default_factory=dict)
    positions: Sequence[str] = ()
    brands: Sequence[str] = ()
    attributes: Sequence[tuple[str, str, str]] = ()


def fields_of_rule(uow: UnitOfWork, rule: Rule) -> RuleFields:
    """The fields that say this rule."""
    c = rule.conditions
    due = rule.due or (DuePolicy("days", rule.due_days) if rule.due_days is not None else None)
    values = {
        **{name: getattr(rule, name) for name in ("key", "title", "dimension", "kind", "status")},
        "target": key_of_target(uow, rule.target_kind, rule.target_id),
        "activity": c.activity or "",
        "audience_class": c.audience_class or "",
        "nodes": "\n".join(labels_of_nodes(uow, c.nodes).values()),
        "partners": "\n".join(labels_of_partners(uow, c.partners).values()),
        "tenure_at_least": _number_text(c.tenure_at_least),
        "tenure_at_most": _number_text(c.tenure_at_most),
        "look_back_days": _number_text(rule.look_back_days),
        "binding": "1" if rule.binding else "",
        "due_kind": due.kind if due else "",
        "due_value": str(due.value) if due else "",
        "at_least_days": str(due.at_least_days) if due and due.at_least_days else "",
        "valid_from": _day_text(rule.valid_from),
        "valid_to": _day_text(rule.valid_to),
    }
    tests = [(test.key, test.op, ", ".join(map(_value_text, test.values))) for test in c.attributes]
    return RuleFields(values, c.positions, c.brands, tests)


def read_rule_fields(uow: UnitOfWork, fields: RuleFields, known: Rule | None) -> Rule:
    """The rule that the fields say; ``known`` is what it is now. BadInput ``bad_rule`` with every problem at its field."""
    reading = _Reading(uow, fields, known)
    rule = reading.rule()
    if reading.problems:
        raise BadInput("bad_rule", "This is not a rule yet.", "", reading.problems)
    return rule


def owner_of_rule(uow: UnitOfWork, key: str) -> str | None:
    """The audience whose profile makes the rule; None for a rule of its own."""
    return next((audience for rule, audience, _ in rule_keys(read_setups(uow)) if rule == key), None)


class _Reading:
    def __init__(self, uow: UnitOfWork, fields: RuleFields, known: Rule | None) -> None:
        self._uow, self._fields, self._known = uow, fields, known
        self.problems: list[Problem] = []

    def rule(self) -> Rule:
        known = self._known
        kind, target_id = self._target()
        due_days, due = self._due()
        valid_from = self._day("valid_from", known.valid_from if known else None) or self._uow.now
        valid_to = self._day("valid_to", known.valid_to if known else None)
        if valid_to is not None and valid_to <= valid_from:
            self._wrong("valid_to", "lies before the beginning")
        return Rule(
            self._key(),
            self._text("title", "needs a title of 1 to 200 characters", lambda text: 0 < len(text) <= 200),
            self._one_of("dimension", [row.key for row in self._rows(network.dimension)]),
            self._one_of("kind", get_args(GoalKind)),
            kind,
            target_id,
            self._conditions(),
            valid_from,
            valid_to,
            due_days,
            self._number("look_back_days"),
            known.version if known else 1,
            cast(Status, self._one_of("status", get_args(Status))),
            due,
            self._said("binding") == "1",
        )

    def _conditions(self) -> Conditions:
        low, high = self._number("tenure_at_least"), self._number("tenure_at_most")
        if low is not None and high is not None and low > high:
            self._wrong("tenure_at_most", "is less than the days it begins with")
        return Conditions(
            self._known_ids("positions", network.position, self._fields.positions),
            self._known_ids("brands", network.brand, self._fields.brands),
            self._one_of("activity", ("", *ACTIVITIES)) or None,
            self._one_of("audience_class", ("", "internal", "external")) or None,
            self._named("nodes", find_nodes(self._uow, self._lines("nodes")), "Service: North"),
            self._named("partners", find_partners(self._uow, self._lines("partners")), "its full name"),
            self._tests(),
            low,
            high,
        )

    def _key(self) -> str:
        key = self._said("key")
        if self._known is not None:
            if owner_of_rule(self._uow, self._known.key):
                self._wrong("key", "belongs to a profile, and is changed there")
            return self._known.key
        if not _KEY.fullmatch(key):
            self._wrong("key", "must be letters, digits and . _ -, at most 100")
        elif any(rule.key == key for rule in read_rules(self._uow)):
            self._wrong("key", "is another rule's")
        return key

    def _target(self) -> tuple[str, str]:
        said = self._said("target")
        found = find_targets(self._uow, said) if said else []
        if len(found) != 1:
            several = "means several: write the key of one, or path: and the key of a path"
            self._wrong("target", several if found else "is no course and no path")
            return "offering", ""
        return found[0]

    def _due(self) -> tuple[int | None, DuePolicy | None]:
        kind, value, known = self._said("due_kind"), self._said("due_value"), self._known
        least = self._number("at_least_days") or 0
        if not kind:
            return None, None
        if kind == "days":
            days = self._number("due_value")
            if days is None and not value:
                self._wrong("due_value", "must be a number of days")
            if known is not None and known.due is None and known.due_days == days and not least:
                return days, None  # it counts by hours, and goes on to
            return None, DuePolicy("days", days or 0, least)
        if kind == "date" and _is_day(value):
            return None, DuePolicy("date", value, least)
        if kind == "anniversary" and (value == "start" or (len(value) == 5 and _is_day(f"2028-{value}"))):
            return None, DuePolicy("anniversary", value, least)
        if kind == "period" and value in _PERIODS:
            return None, DuePolicy("period", value, least)
        wanted = {
            "date": "must be a day, such as 2026-12-31",
            "anniversary": "must be start, or a day of the year such as 06-30",
            "period": "must be month, quarter or year",
        }
        self._wrong("due_value" if kind in wanted else "due_kind", wanted.get(kind, "is not known"))
        return None, None

    def _tests(self) -> tuple[AttributeTest, ...]:
        kinds = read_kinds(self._uow) if self._fields.attributes else {}
        tests = []
        for place, (key, op, text) in enumerate(self._fields.attributes):
            if op not in get_args(Op):
                self._wrong(f"attribute_{place}", "says not what is asked")
                continue
            test = AttributeTest(key, cast(Op, op), _values(kinds.get(key), op, text))
            wrong = problem_of_test(test, kinds.get(key))
            if wrong is None and op != "exists" and not test.values:
                wrong = f"{key} needs a value"
            if wrong:
                self._wrong(f"attribute_{place}", wrong)
            tests.append(test)
        return tuple(sorted(tests, key=repr))

    def _day(self, name: str, known: datetime | None) -> datetime | None:
        """A day begins in UTC, as in files; one that is as it was keeps its time."""
        said = self._said(name)
        if known is not None and said == _day_text(known):
            return known
        if said and not _is_day(said):
            self._wrong(name, "must be a day, such as 2026-12-31")
            return None
        return datetime.combine(date.fromisoformat(said), time(), UTC) if said else None

    def _named(self, name: str, found: Mapping[str, Sequence[str]], form: str) -> tuple[str, ...]:
        for label, ids in found.items():
            if len(ids) != 1:
                several = f"{label} means several: {', '.join(f'{label} [{id[:8]}]' for id in ids)}"
                self._wrong(name, several if ids else f"there is no {label}; write {form}")
        return tuple(sorted({ids[0] for ids in found.values() if ids}))

    def _known_ids(self, name: str, table: Any, ids: Sequence[str]) -> tuple[str, ...]:
        known = {row.id for row in self._rows(table)}
        if set(ids) - known:
            self._wrong(name, "names something that is not there any more")
        return tuple(sorted(known & set(ids)))

    def _rows(self, table: Any) -> Sequence[Any]:
        return self._uow.connection.execute(table.select()).all()

    def _one_of(self, name: str, known: Sequence[str]) -> str:
        said = self._said(name)
        if said not in known:
            self._wrong(name, "must be chosen")
        return said

    def _text(self, name: str, form: str, fits: Any) -> str:
        said = self._said(name)
        if not fits(said):
            self._wrong(name, form)
        return said

    def _number(self, name: str) -> int | None:
        said = self._said(name)
        if said and not (said.isdecimal() and said.isascii() and int(said[:9]) <= MAX_DAYS):
            self._wrong(name, f"must be a number of days, at most {MAX_DAYS}")
            return None
        return int(said) if said else None

    def _lines(self, name: str) -> list[str]:
        return list(dict.fromkeys(filter(None, map(str.strip, self._said(name).splitlines()))))

    def _said(self, name: str) -> str:
        return self._fields.values.get(name, "").strip()

    def _wrong(self, name: str, message: str) -> None:
        self.problems.append(Problem(message, name))


def _values(kind: AttributeKind | None, op: str, text: str) -> tuple[Any, ...]:
    said = [part.strip() for part in text.split(",")] if op == "one_of" else [text.strip()]
    return () if op == "exists" or kind is None else tuple(kind.read(each) for each in said if each)


def _value_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number_text(number: int | None) -> str:
    return "" if number is None else str(number)


def _day_text(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(UTC).date().isoformat()


def _is_day(text: str) -> bool:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return False
    return is_in_reach(day) and day.isoformat() == text
