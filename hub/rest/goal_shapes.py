"""What is answered about goals, credits and attributes."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from hub.rest.shapes import PageOf, Shape


class Target(Shape):
    """What is to be reached."""

    kind: Literal["offering", "path"]
    id: str
    title: str


class Source(Shape):
    """One reason for a goal. While it is `waived`, it asks for nothing."""

    kind: str = Field(description="rule, plugin, manager or self, for instance.")
    key: str = Field(description="Of the rule, name of the plugin, or id of the decision.")
    version: str
    title: str
    appointment_id: str | None
    valid_from: datetime
    valid_to: datetime | None
    due_at: datetime | None
    binding: bool
    waived: bool


class Goal(Shape):
    """A goal with every reason the token sees, past and future ones too. `state` and `due_at` are those of now."""

    id: str
    person_id: str
    target: Target
    kind: str
    dimension: str
    state: Literal["open", "reached", "waived", "ended"]
    due_at: datetime | None
    reached_at: datetime | None
    sources: list[Source]


class Assignment(Shape):
    """A person's line for one target, whichever dimensions ask for it; `due_at` is the earliest of its open goals."""

    person_id: str
    target: Target
    due_at: datetime | None
    reached_at: datetime | None
    goals: list[Goal]


class Credit(Shape):
    """One entry of the ledger; a `void` takes a credit back. `statement_id` is null where the token does not see the evidence."""

    id: str
    goal_id: str
    person_id: str
    kind: Literal["credit", "void"]
    policy: str
    policy_version: str
    completed_at: datetime
    recorded_at: datetime
    statement_id: str | None


class AttributeKind(Shape):
    """An attribute that subjects of one kind can have, and what its values are."""

    key: str
    title: str
    subject: Literal["person", "appointment", "location", "partner"]
    type: Literal["text", "number", "boolean", "date", "choice"]
    choices: list[str]
    mandatory_for: list[str] = Field(description="Keys of the audiences whose members must have a value.")


class Value(Shape):
    """A value of an attribute for a time."""

    key: str
    value: Any = Field(description="A text, a number or a truth, as the attribute's type has it.")
    valid_from: datetime
    valid_to: datetime | None


class Goals(PageOf[Goal]):
    """Goals, in the order of their ids."""


class Assignments(Shape):
    """All lines of a person that are asked for now."""

    items: list[Assignment]


class Credits(PageOf[Credit]):
    """Entries of the ledger, the oldest first: go on tomorrow with the last id of today."""


class AttributeKinds(PageOf[AttributeKind]):
    """Attributes, in the order of their keys."""


class Values(Shape):
    """Every value of a subject, by key and time."""

    items: list[Value]
