"""What may stand in an audience file, and reading one: TOML in, tables with their places out. Knows no database."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from hub.audiences.rules.conditions import AttributeTest, Op, Status
from hub.errors import BadInput, Problem
from hub.network.validity.dates import OPEN_END, is_in_reach
from hub.training.goals.due_policy import FROM_START, DuePolicy, Period
from hub.training.goals.goal import GoalKind

_HEADER = re.compile(r"^\s*\[\[\s*(path|audience|plugin|rule)\s*\]\]", re.MULTILINE)
_FORMS = {
    "key": "letters, digits and . _ -, at most 100",
    "target": "offering:KEY or path:KEY",
    "nodes": "dimension:node",
}
"""What texts with a form of their own must look like."""
Mode = Literal["sign_in", "scim", "invitation", "file", "self_registration", "partner_admin"]
"""How people come into the hub: by the employer's sign-in, its SCIM client, an invitation, the network files, asking, its admin."""
MODES: tuple[str, ...] = get_args(Mode)
Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Words = Annotated[str, Field(min_length=1)]


def _in_reach(value: date) -> date:
    if not is_in_reach(value):
        raise ValueError("must be between the years 1900 and 2199")
    return value


def _instant(value: object) -> object:
    """A day is the start of it in UTC; a time must say its zone."""
    if isinstance(value, date):
        _in_reach(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("needs a time zone, such as 2026-05-03T00:00:00Z; or write the day alone")
        return value.astimezone(UTC)
    return datetime.combine(value, time(), UTC) if isinstance(value, date) else value


def _end(value: object) -> object:
    """The same; 9999-12-31, as some write it, is no end."""
    return None if isinstance(value, date) and value.isoformat()[:10] == OPEN_END else _instant(value)


Instant = Annotated[datetime, BeforeValidator(_instant)]
End = Annotated[datetime | None, BeforeValidator(_end)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Given = bool | int | float | str


def _value(value: object) -> object:
    """A day of TOML is the text that attributes keep."""
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value


AttributeValue = Annotated[Given, BeforeValidator(_value)]


class AttributeTable(_Table):
    """``{ key = "bays", at_least = 4 }``: what is asked of one attribute; all that is given must hold."""

    key: Words
    equals: AttributeValue | None = None
    one_of: list[AttributeValue] | None = Field(None, min_length=1)
    at_least: AttributeValue | None = None
    at_most: AttributeValue | None = None
    exists: Literal[True] | None = None

    @model_validator(mode="after")
    def _asks(self) -> "AttributeTable":
        if not self.tests():
            raise ValueError("needs equals, one_of, at_least, at_most or exists")
        return self

    def tests(self) -> list[AttributeTest]:
        """One for each thing that is asked."""
        asked: dict[Op, Given | None] = {
            "equals": self.equals,
            "at_least": self.at_least,
            "at_most": self.at_most,
        }
        tests = [AttributeTest(self.key, op, (value,)) for op, value in asked.items() if value is not None]
        if self.one_of:
            tests.append(AttributeTest(self.key, "one_of", tuple(self.one_of)))
        return [*tests, AttributeTest(self.key, "exists")] if self.exists else tests


class TenureTable(_Table):
    """``{ at_least = 90 }``: whole days since the appointment began."""

    at_least: int | None = Field(None, ge=0, le=36500)
    at_most: int | None = Field(None, ge=0, le=36500)


class ConditionsTable(_Table):
    """``conditions``: what the network files call things; a node is ``dimension:node``. What is left out asks nothing."""

    positions: list[Words] = []
    brands: list[Words] = []
    activity: Literal["sell", "service", "parts", "make", "use"] | None = None
    audience_class: Literal["internal", "external"] | None = Field(None, alias="class")
    nodes: list[Annotated[str, Field(pattern=r"^[^:]+:.+$")]] = []
    partners: list[Words] = []
    attributes: list[AttributeTable] = []
    tenure_days: TenureTable = TenureTable()


class PathTable(_Table):
    """``[[path]]``: courses by their keys, in order."""

    key: Key
    title: Words
    description: str = ""
    steps: list[Words] = Field(min_length=1)


class AudienceTable(_Table):
    """``[[audience]]``. ``plugins``, if given, are all that are on for it; without it the switches stay as they are.

    ``provisioning``, if given, are the modes by which people may come into it; without it all of them are open.
    """

    key: Key
    name: Words
    conditions: ConditionsTable = ConditionsTable()
    plugins: list[Words] | None = None
    provisioning: list[Mode] | None = Field(None, min_length=1)


class PluginTable(_Table):
    """``[[plugin]]``. ``off_for`` are all the partners (their ``partner_id``) for which it is off inside its audiences."""

    key: Key
    off_for: list[Words]


class DueTable(_Table):
    """``{ end_of = "quarter", at_least_days = 30 }``: one of days, date, anniversary and end_of; days are the location's."""

    days: int | None = Field(None, ge=0, le=36500)
    on: Annotated[date | None, Field(alias="date"), AfterValidator(lambda day: day and _in_reach(day))] = None
    anniversary: Annotated[str, Field(pattern=r"^(start|\d\d-\d\d)$")] | None = None
    end_of: Period | None = None
    at_least_days: int = Field(0, ge=0, le=36500)

    @model_validator(mode="after")
    def _says_one(self) -> "DueTable":
        if sum(value is not None for value in (self.days, self.on, self.anniversary, self.end_of)) != 1:
            raise ValueError("needs one of days, date, anniversary and end_of")
        if self.anniversary not in (None, FROM_START):
            date.fromisoformat(f"2028-{self.anniversary}")  # a leap year
        return self

    def policy(self) -> DuePolicy:
        """The policy it stands for."""
        if self.days is not None:
            return DuePolicy("days", self.days, self.at_least_days)
        if self.on is not None:
            return DuePolicy("date", self.on.isoformat(), self.at_least_days)
        if self.anniversary is not None:
            return DuePolicy("anniversary", self.anniversary, self.at_least_days)
        return DuePolicy("period", str(self.end_of), self.at_least_days)


class RuleTable(_Table):
    """``[[rule]]``. Without ``valid_from`` a new rule begins when it is applied, and a known one keeps its beginning.

    Without ``status`` a new rule is live, and a known one keeps its own.
    """

    key: Key
    title: Words
    dimension: Words
    kind: GoalKind
    target: str = Field(pattern=r"^(offering|path):.+$")
    conditions: ConditionsTable = ConditionsTable()
    due_days: int | None = Field(None, ge=0, le=36500)
    due: DueTable | None = None
    binding: bool = False
    look_back_days: int | None = Field(None, ge=0, le=36500)
    valid_from: Instant | None = None
    valid_to: End = None
    status: Status | None = None

    @model_validator(mode="after")
    def _is_due_once(self) -> "RuleTable":
        if self.due is not None and self.due_days is not None:
            raise ValueError("has due and due_days: say one of them")
        return self

    @property
    def target_kind_and_key(self) -> tuple[str, str]:
        """``offering:brakes`` as its two parts."""
        kind, _, key = self.target.partition(":")
        return kind, key


T = TypeVar("T", PathTable, AudienceTable, PluginTable, RuleTable)


@dataclass(frozen=True)
class Placed(Generic[T]):
    """A table and where it stands, such as ``who.toml:12 rule brake-safety``."""

    table: T
    place: str

    def problem(self, message: str, field: str = "") -> Problem:
        """Something wrong with a field of it."""
        return Problem(message, f"{self.place}: {field}" if field else self.place)


@dataclass(frozen=True)
class AudienceFile:
    """All tables of one file."""

    paths: Sequence[Placed[PathTable]]
    audiences: Sequence[Placed[AudienceTable]]
    rules: Sequence[Placed[RuleTable]]
    plugins: Sequence[Placed[PluginTable]] = ()


def read_audience_file(file: Path) -> AudienceFile:
    """The file's tables. BadInput ``bad_audience_file`` with every problem and its place."""
    try:
        text = file.read_text(encoding="utf-8")
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise refuse([Problem(f"is not TOML: {error}", str(file))]) from None
    problems = [
        Problem(f"unknown table {name}; known are path, audience, plugin and rule", file.name)
        for name in tables
        if name not in {"path", "audience", "plugin", "rule"}
    ]
    lines = _lines(text)
    paths = list(_read(PathTable, "path", tables, lines, file.name, problems))
    audiences = list(_read(AudienceTable, "audience", tables, lines, file.name, problems))
    rules = list(_read(RuleTable, "rule", tables, lines, file.name, problems))
    plugins = list(_read(PluginTable, "plugin", tables, lines, file.name, problems))
    if problems:
        raise refuse(problems)
    return AudienceFile(paths, audiences, rules, plugins)


def refuse(problems: Sequence[Problem]) -> BadInput:
    """The error that holds the problems of a file."""
    return BadInput(
        "bad_audience_file",
        "The file cannot be used; nothing was changed.",
        "Correct what is named and apply it again.",
        sorted(problems, key=_line),
    )


def _line(problem: Problem) -> int:
    found = re.search(r":(\d+) ", problem.place)
    return int(found[1]) if found else 0


def _read(
    model: type[T],
    kind: str,
    tables: Mapping[str, Any],
    lines: Mapping[str, Sequence[int]],
    file: str,
    problems: list[Problem],
) -> Iterator[Placed[T]]:
    seen: set[str] = set()
    listed = tables.get(kind, [])
    if not isinstance(listed, list):
        problems.append(Problem(f"must be a list of tables: write [[{kind}]]", f"{file}: {kind}"))
        return
    for number, values in enumerate(listed):
        key = str(values.get("key", number + 1)) if isinstance(values, dict) else str(number + 1)
        place = (
            f"{file}:{lines[kind][number]} {kind} {key}"
            if number < len(lines[kind])
            else f"{file} {kind} {key}"
        )
        if key in seen:
            problems.append(Problem("has the same key as one before", place))
        seen.add(key)
        try:
            yield Placed(model.model_validate(values), place)
        except ValidationError as error:
            problems += [
                Problem(_words(e["type"], e["msg"], e["loc"]), f"{place}: {'.'.join(map(str, e['loc']))}")
                for e in error.errors()
            ]


def _words(kind: str, message: str, field: Sequence[int | str]) -> str:
    if kind == "extra_forbidden":
        return "is not known here"
    if kind == "string_pattern_mismatch":
        return next((f"must be {form}" for name, form in _FORMS.items() if name in field), message)
    return "is missing" if kind == "missing" else message.removeprefix("Value error, ")


def _lines(text: str) -> Mapping[str, Sequence[int]]:
    """The lines on which the tables of each kind begin."""
    found: dict[str, list[int]] = {"path": [], "audience": [], "plugin": [], "rule": []}
    for header in _HEADER.finditer(text):
        found[header[1]].append(text.count("\n", 0, header.start(1)) + 1)
    return found
