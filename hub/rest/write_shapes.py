"""What requests that write ask for, and what bulk requests are answered."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from hub.network.people.places import Place
from hub.network.validity.dates import is_in_reach
from hub.rest.asked import AnId, Text, read_instant
from hub.rest.problems import SingleProblem
from hub.rest.shapes import Shape

MAX_ROWS = 200
MAX_WORDS = 1_000


def _in_reach(value: datetime) -> datetime:
    if not is_in_reach(value):
        raise ValueError("must be between the years 1900 and 2199")
    return value


Moment = Annotated[
    datetime,
    AfterValidator(_in_reach),
    BeforeValidator(read_instant),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""RFC 3339, with its offset from UTC, in years that calendars can reckon with."""
Words = Annotated[str, Field(max_length=MAX_WORDS)]


class Body(BaseModel):
    """A body; a field that is not known is refused."""

    model_config = ConfigDict(extra="forbid")


class At(Body):
    """From when on."""

    at: Moment | None = Field(None, description="Now if left out.")


class NewAppointment(Body):
    """A position at a location for a person, with brands that the location carries."""

    person_id: AnId
    location_id: AnId
    position_id: AnId
    audience_class: Literal["internal", "external"] = "external"
    brand_ids: list[AnId] = Field([], max_length=100)
    valid_from: Moment | None = Field(None, description="Now if left out.")
    valid_to: Moment | None = Field(None, description="Exclusive; without end if left out.")

    def place(self) -> Place:
        """As services take it."""
        return Place(
            self.location_id,
            self.position_id,
            self.audience_class,
            tuple(self.brand_ids),
            self.valid_from,
            self.valid_to,
        )


class Transfer(At):
    """Where somebody goes on. What is left out stays; brands as far as the new location carries them."""

    location_id: AnId
    position_id: AnId | None = None
    brand_ids: list[AnId] | None = Field(None, max_length=100)


class Add(NewAppointment):
    """A new appointment, as a row."""

    do: Literal["add"]


class End(At):
    """An appointment that ends, as a row."""

    do: Literal["end"]
    id: AnId


class Move(Transfer):
    """An appointment that goes on elsewhere, as a row."""

    do: Literal["transfer"]
    id: AnId


class Rows(Body):
    """Many changes of appointments, each done or refused for itself, in their order."""

    rows: list[Annotated[Add | End | Move, Field(discriminator="do")]] = Field(
        min_length=1, max_length=MAX_ROWS
    )


class NewValues(At):
    """Values by the keys of attributes; null for none. What was planned for later is replaced."""

    values: dict[Text, Any] = Field(min_length=1, max_length=100)


class Give(Body):
    """A goal for somebody one looks after, in a dimension in which one does."""

    verdict: Literal["give"]
    person_id: AnId
    target_kind: Literal["offering", "path"]
    target_id: AnId
    kind: Literal["brand", "compliance", "development", "review"] = "development"
    dimension: Text
    reason: Words = ""
    due_at: Moment | None = None
    binding: bool = Field(False, description="Nobody may waive it.")


class Choose(Body):
    """A goal for oneself."""

    verdict: Literal["choose"]
    target_kind: Literal["offering", "path"]
    target_id: AnId
    due_at: Moment | None = None


class Waive(Body):
    """Somebody one looks after is let off."""

    verdict: Literal["waive"]
    goal_id: AnId
    reason: Words
    evidence: Words = ""
    until: Moment | None = None


class Decision(Body):
    """What one decides about a goal."""

    decision: Annotated[Give | Choose | Waive, Field(discriminator="verdict")]


class RowRefused(Shape):
    """Why a row was refused."""

    code: str
    title: str
    detail: str
    problems: list[SingleProblem]


class RowOutcome(Shape):
    """What came of a row; `id` is that of the appointment that was made or changed."""

    outcome: Literal["created", "changed", "unchanged", "refused"]
    id: str | None
    refused: RowRefused | None


class Outcomes(Shape):
    """What came of the rows, in their order, and how many of each."""

    rows: list[RowOutcome]
    created: int
    changed: int
    unchanged: int
    refused: int
    changes: dict[str, int] | None = Field(
        None, description="Of a dry run: how many entries of each kind it would write into the journal."
    )
