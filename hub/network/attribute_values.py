"""What an attribute's value may be, by its type. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

SUBJECTS = ("person", "appointment", "location", "partner")
TYPES = ("text", "number", "boolean", "date", "choice")
MAX_TEXT = 200
Value = str | int | float | bool


@dataclass(frozen=True)
class AttributeKind:
    """An attribute that subjects of one kind can have. ``mandatory_for`` names audiences whose members must have a value."""

    key: str
    title: str
    subject: str
    type: str
    choices: tuple[str, ...] = ()
    mandatory_for: tuple[str, ...] = ()

    def judge(self, value: Any) -> str | None:
        """What is wrong with a value of this kind, or None."""
        return judge_value(self.type, self.choices, value)

    def read(self, text: str) -> Any:
        """The value that a text of a file means; the text itself where it means none, for ``judge`` to refuse."""
        if self.type == "boolean":
            return {"true": True, "false": False}.get(text, text)
        if self.type == "number":
            try:
                return int(text) if text.lstrip("-").isdigit() else float(text)
            except ValueError:
                return text
        return text


def judge_value(type: str, choices: Sequence[str], value: Any) -> str | None:
    """What is wrong with a value of a type, or None. Dates are texts, YYYY-MM-DD."""
    if type == "boolean":
        return None if isinstance(value, bool) else "must be true or false"
    if type == "number":
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return None if is_number and abs(value) < 1e15 else "must be a number"  # also refuses nan
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT:
        return f"must be a text of 1 to {MAX_TEXT} characters"
    if type == "date":
        try:
            return None if date.fromisoformat(value).isoformat() == value else "must be a date, YYYY-MM-DD"
        except ValueError:
            return "must be a date, YYYY-MM-DD"
    if type == "choice" and value not in choices:
        return f"must be one of {', '.join(choices)}"
    return None
