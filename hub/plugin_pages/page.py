"""What a plugin's page may be made of. The hub draws it, in its own layout and theme, and escapes every text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Literal, TypeAlias, get_args

Tone = Literal["plain", "quiet", "good", "warn", "bad"]
FieldType = Literal["text", "lines", "choice", "hidden", "date", "number"]


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str
    tone: Tone = "plain"
    shape: ClassVar[str] = "text"


@dataclass(frozen=True)
class Heading:
    """A title within the page."""

    text: str
    shape: ClassVar[str] = "heading"


@dataclass(frozen=True)
class Tag:
    """A word in a colored shape, such as a state."""

    text: str
    tone: Tone = "quiet"
    shape: ClassVar[str] = "tag"


@dataclass(frozen=True)
class Link:
    """A way to another page of the plugin; ``path`` as in its Route, with values in the place of names."""

    text: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    shape: ClassVar[str] = "link"


@dataclass(frozen=True)
class Field:
    """One field of a form. ``choices`` are values with titles, for the type choice."""

    name: str
    label: str
    type: FieldType = "text"
    value: str = ""
    choices: Sequence[tuple[str, str]] = ()
    hint: str = ""
    required: bool = True


@dataclass(frozen=True)
class Button:
    """What a form is sent by; its name and value are sent along. ``about`` says for whom, to those who hear the page read."""

    text: str
    name: str = ""
    value: str = ""
    tone: Literal["plain", "main", "bad"] = "plain"
    about: str = ""


@dataclass(frozen=True)
class Form:
    """A form that is posted to a page of the plugin; the hub adds the token that guards it."""

    path: str
    buttons: Sequence[Button]
    fields: Sequence[Field] = ()
    shape: ClassVar[str] = "form"


Cell: TypeAlias = str | int | date | datetime | Tag | Link | Form | None


@dataclass(frozen=True)
class Table:
    """Rows under columns; ``empty`` is said where there are no rows."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    empty: str = ""
    shape: ClassVar[str] = "table"


Part: TypeAlias = Text | Heading | Table | Form | Link


@dataclass(frozen=True)
class Page:
    """A page with a title, a sentence below it, and parts."""

    title: str
    parts: Sequence[Part] = ()
    lead: str = ""


@dataclass(frozen=True)
class Redirect:
    """On to another page of the plugin, where ``message`` is shown once."""

    path: str
    message: str = ""
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Json:
    """An answer for programs."""

    value: Any


PageAnswer: TypeAlias = Page | Redirect | Json
_TEXTS = {"text", "title", "lead", "path", "name", "label", "value", "hint", "about", "empty", "message"}
_TONES = {*get_args(Tone), "main"}


def check_answer(answer: object) -> None:
    """Raise TypeError for what cannot be drawn, whatever a plugin may have put into it."""
    if not isinstance(answer, PageAnswer):
        raise TypeError(f"the view answered {type(answer).__name__}, not a Page, Redirect or Json")
    if isinstance(answer, Page):
        for part in answer.parts:
            if not isinstance(part, Part):
                raise TypeError(f"a page has no parts of type {type(part).__name__}")
            if isinstance(part, Table):
                _check_rows(part)
    if not isinstance(answer, Json):
        _check_texts(answer)


def _check_rows(table: Table) -> None:
    for row in table.rows:
        if len(row) != len(table.columns):
            raise TypeError(f"a row has {len(row)} cells under {len(table.columns)} columns")
        for cell in row:
            if not isinstance(cell, Cell):
                raise TypeError(f"a table has no cells of type {type(cell).__name__}")


def _check_texts(thing: Any) -> None:
    for each in fields(thing):
        value = getattr(thing, each.name)
        if each.name in _TEXTS and not isinstance(value, str):
            raise TypeError(f"{type(thing).__name__}.{each.name} is a {type(value).__name__}, not a text")
        if each.name == "tone" and value not in _TONES:
            raise TypeError(f"{type(thing).__name__}.tone is {value!r}")
        if isinstance(thing, Field) and each.name == "type" and value not in get_args(FieldType):
            raise TypeError(f"Field.type is {value!r}")
        for inner in _within(value):
            _check_texts(inner)


def _within(value: Any) -> list[Any]:
    """The parts in a list of parts, or of rows of cells."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        return []
    found = [each for each in value if is_dataclass(each)]
    return found + [cell for row in value if isinstance(row, Sequence) for cell in row if is_dataclass(cell)]
