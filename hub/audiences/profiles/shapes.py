"""What may stand in a file of profiles, and reading one: TOML in, tables with their places out. Knows no database."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)

from hub.access.floor import LEAST
from hub.audiences.files.shapes import ConditionsTable, Key, Mode, RuleTable, Words
from hub.errors import BadInput, Problem
from hub.training.goals.goal import GoalKind
from hub.training.goals.waivers import NEVER_WAIVED

ShortKey = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
Given = bool | int | float | str
Event = Literal["joined", "completed", "credited", "credit_revoked"]
"""What workflows answer: somebody came into the audience, finished a course, reached a goal, or lost the credit for one."""
Metric = Literal["people", "assigned", "completed", "completion_rate", "overdue"]
Period = Literal["week", "month", "quarter"]
Recipients = Literal["operators", "partner_admins"]
_HEADER = re.compile(r"^\s*\[\[\s*profile\s*\]\]", re.MULTILINE)
_TARGET = r"^(offering|path):.+$"


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SchemaTable(_Table):
    """``[profile.schema]``: attributes that members must have, dimensions that rules may be of, positions people may come in at."""

    mandatory: list[Words] | None = None
    dimensions: list[Words] | None = Field(None, min_length=1)
    positions: list[Words] | None = Field(None, min_length=1)


def _plain(value: Any) -> Any:
    """Days and times of TOML as texts, which JSON can hold."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date | time) else value


class PluginTable(_Table):
    """``[profile.plugins.NAME]``: whether it is on, and settings that hold for these audiences instead of the hub's."""

    on: bool = True
    settings: Annotated[dict[str, Any], AfterValidator(_plain)] = {}


class WaiveTable(_Table):
    """``waive``: what rules and plugins ask through the appointment. ``days``: for so long, else as long as the appointment."""

    target: str = Field(pattern=_TARGET)
    kind: GoalKind = "development"
    dimension: Words = "general"
    days: int | None = Field(None, ge=1, le=36500)


class GiveTable(WaiveTable):
    """``give``: a goal. ``due_days`` after the event."""

    due_days: int | None = Field(None, ge=0, le=36500)


class TellTable(_Table):
    """``tell``: a mail to whoever looks after the person through the appointment, in one dimension or in all."""

    words: Words
    dimension: Words | None = None


class SetTable(_Table):
    """``set``: an attribute of the person or the appointment gets a value; ``days``: for so long, else until it gets another."""

    attribute: Words
    value: Given
    days: int | None = Field(None, ge=1, le=36500)


ACTIONS = ("give", "waive", "tell", "set")
"""What a workflow can do: one of them."""


class WorkflowTable(_Table):
    """``[[profile.workflow]]``: on an event, if the conditions hold on an appointment of the audience, do one thing, once.

    ``target``: only when the event is about this course or path. ``reason`` is what the learner reads.
    """

    key: ShortKey
    title: Words
    on: Event
    target: str | None = Field(None, pattern=_TARGET)
    conditions: ConditionsTable = ConditionsTable()
    give: GiveTable | None = None
    waive: WaiveTable | None = None
    tell: TellTable | None = None
    set_: SetTable | None = Field(None, alias="set")
    reason: Words
    status: Literal["draft", "live"] = "draft"

    @property
    def targets(self) -> list[tuple[str, str]]:
        """The courses and paths it names, as ``offering:KEY`` or ``path:KEY``, each with the field in which it stands."""
        named = (
            ("target", self.target),
            *((name, each.target) for name, each in (("give", self.give), ("waive", self.waive)) if each),
        )
        return [(name, target) for name, target in named if target]

    @model_validator(mode="after")
    def _does_one_thing(self) -> "WorkflowTable":
        if sum(each is not None for each in (self.give, self.waive, self.tell, self.set_)) != 1:
            raise ValueError(f"does one thing: {', '.join(ACTIONS)}")
        if self.waive and self.waive.kind == NEVER_WAIVED:
            raise ValueError("compliance goals are never waived")
        return self


class TakenTable(_Table):
    """``[[profile.workflow]]`` with ``from``, the name of a plugin: its workflow of this key is taken as the plugin declares it."""

    key: ShortKey
    from_: Words = Field(alias="from")
    status: Literal["draft", "live"] = "draft"


def _own_or_taken(value: Any) -> str:
    is_taken = "from" in value if isinstance(value, dict) else isinstance(value, TakenTable)
    return "taken" if is_taken else "own"


AnyWorkflow = Annotated[
    Annotated[WorkflowTable, Tag("own")] | Annotated[TakenTable, Tag("taken")], Discriminator(_own_or_taken)
]


class ReportTable(_Table):
    """``[[profile.report]]``: a figure for each group of people, told by mail when a period is over."""

    key: ShortKey
    title: Words
    metric: Metric
    by: Literal["audience", "partner", "location", "position"] = "audience"
    period: Period = "month"
    layout: Literal["table", "sentence"] = "table"
    recipients: list[Recipients] = Field(["operators"], min_length=1)


class WithoutTable(_Table):
    """``[profile.without]``: what is not inherited, by key."""

    rules: list[Key] = []
    reports: list[ShortKey] = []
    workflows: list[ShortKey] = []
    plugins: list[Words] = []
    aspects: list[Words] = []


class ProfileTable(_Table):
    """``[[profile]]``: whatever is left out is inherited from ``extends``, or open."""

    key: ShortKey
    title: Words
    extends: ShortKey | None = None
    audiences: list[Key] = []
    provisioning: list[Mode] | None = Field(None, min_length=1)
    theme: Words | None = None
    floor: int | None = Field(None, ge=LEAST, le=1000)
    schema_: SchemaTable = Field(SchemaTable(), alias="schema")
    rule: list[RuleTable] = []
    report: list[ReportTable] = []
    workflow: list[AnyWorkflow] = []
    plugins: dict[str, PluginTable] = {}
    aspects: dict[str, Given] = {}
    without: WithoutTable = WithoutTable()


@dataclass(frozen=True)
class PlacedProfile:
    """A profile's table and where it stands, such as ``profiles.toml:12 profile staff``."""

    table: ProfileTable
    place: str

    def problem(self, message: str, field: str = "") -> Problem:
        """Something wrong with a field of it."""
        return Problem(message, f"{self.place}: {field}" if field else self.place)


def read_profile_file(file: Path) -> list[PlacedProfile]:
    """The file's profiles. BadInput ``bad_profiles`` with every problem and its place."""
    try:
        text = file.read_text(encoding="utf-8")
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise refuse([Problem(f"is not TOML: {error}", file.name)]) from None
    return read_tables(tables, file.name, lines_of(text))


def lines_of(text: str) -> list[int]:
    """The lines before the beginning of each profile in a text."""
    return [text.count("\n", 0, header.start()) for header in _HEADER.finditer(text)]


def read_tables(tables: Mapping[str, Any], name: str, lines: Sequence[int] = ()) -> list[PlacedProfile]:
    """The profiles of a file that was read; ``lines`` before the beginning of each. Raises as ``read_profile_file``."""
    problems = [
        Problem(f"unknown table {each}; known is profile", name) for each in tables if each != "profile"
    ]
    listed = tables.get("profile", [])
    if not isinstance(listed, list):
        raise refuse([*problems, Problem("must be a list of tables: write [[profile]]", f"{name}: profile")])
    found: list[PlacedProfile] = []
    for number, values in enumerate(listed):
        key = values.get("key", number + 1) if isinstance(values, dict) else number + 1
        place = (
            f"{name}:{lines[number] + 1} profile {key}" if number < len(lines) else f"{name} profile {key}"
        )
        if any(key == each.table.key for each in found):
            problems.append(Problem("has the same key as one before", place))
        try:
            found.append(PlacedProfile(ProfileTable.model_validate(values), place))
        except ValidationError as error:
            problems += [
                Problem(_words(e["type"], e["msg"]), f"{place}: {'.'.join(_place_in(e['loc']))}")
                for e in error.errors()
            ]
    for placed in found:
        problems += _repeated(placed)
    if problems:
        raise refuse(problems)
    return found


def refuse(problems: Sequence[Problem]) -> BadInput:
    """The error that holds the problems of profiles."""
    return BadInput(
        "bad_profiles",
        "The profiles cannot be used; nothing was changed.",
        "Correct what is named and apply them again.",
        problems,
    )


def _repeated(placed: PlacedProfile) -> list[Problem]:
    lists: Mapping[str, Sequence[RuleTable | ReportTable | WorkflowTable | TakenTable]] = {
        "rule": placed.table.rule,
        "report": placed.table.report,
        "workflow": placed.table.workflow,
    }
    return [
        placed.problem(f"there are two of the key {key}", name)
        for name, items in lists.items()
        for key in sorted({each.key for each in items if [i.key for i in items].count(each.key) > 1})
    ]


def _place_in(loc: Sequence[int | str]) -> list[str]:
    return [str(part) for part in loc if part not in ("own", "taken")]


def _words(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "is not known here"
    return "is missing" if kind == "missing" else message.removeprefix("Value error, ")
