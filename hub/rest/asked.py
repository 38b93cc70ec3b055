"""What requests ask with: ids, instants and pages, read strictly, so that a slip is told and not guessed at."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from hub.access.listing.pages_of import MAX_PAGE, Asked
from hub.ids import is_id

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.IGNORECASE)
_PLAIN = "^[^\\x00]*$"


def read_instant(value: Any) -> datetime:
    """The instant in UTC; ValueError for anything else. For pydantic."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise ValueError("must be an instant such as 2027-03-31T12:00:00Z; in an address + is written %2B")
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("is no instant of the calendar") from None


def _read_id(value: str) -> str:
    if not is_id(value):
        raise ValueError("must be an id, which is a UUID")
    return value.lower()


def _read_number(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{1,9}", value):
        raise ValueError("must be a whole number")
    return value


Instant = Annotated[
    datetime,
    BeforeValidator(read_instant),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""RFC 3339, with its offset from UTC."""
AnId = Annotated[str, AfterValidator(_read_id), Field(json_schema_extra={"format": "uuid"})]
Text = Annotated[str, Field(min_length=1, max_length=100, pattern=_PLAIN)]
Limit = Annotated[int, Field(ge=1, le=MAX_PAGE), BeforeValidator(_read_number)]


class Parameters(BaseModel):
    """Parameters of an address; one that is not known is refused."""

    model_config = ConfigDict(extra="forbid")


class AtInstant(Parameters):
    """As of when."""

    as_of: Instant | None = Field(
        None, description="What was, is or will be true at this instant; now if left out."
    )


class IdPage(Parameters):
    """A page of things with ids."""

    after: AnId | None = Field(None, description="`next` of the page before.")
    limit: Limit = Field(50, description="How many at most.")

    def page(self) -> Asked:
        """As services take it."""
        return Asked(self.after or "", self.limit)


class KeyPage(Parameters):
    """A page of things with keys."""

    after: Text | None = Field(None, description="`next` of the page before.")
    limit: Limit = Field(50, description="How many at most.")

    def page(self) -> Asked:
        """As services take it."""
        return Asked(self.after or "", self.limit)


class IdPageAtInstant(IdPage, AtInstant):
    """A page of dated things with ids."""


class ById(BaseModel):
    """Names one thing by its id. Whatever is no id names nothing."""

    id: str = Field(json_schema_extra={"format": "uuid"})


class ByKey(BaseModel):
    """Names one thing by its key."""

    key: Text
