"""Rows of a catalogue or a roster as a plugin yields them, looked through before anything is made of them."""

from collections.abc import Mapping
from dataclasses import fields
from typing import TypeVar

from hub.errors import OutsideFailed
from hub.hooks.nonsense import problem_of_text
from hub.runtime import Hub
from hub.training.courses.catalogue import CatalogueRow, CatalogueSource, RosterRow

Row = TypeVar("Row", CatalogueRow, RosterRow)
LONGEST = 20_000


def fetch_rows(
    hub: Hub, hook: str, plugin: str, kind: type[Row], source: CatalogueSource, seconds: float = 60
) -> list[Row]:
    """All rows, outside any unit. OutsideFailed ``plugin_nonsense`` for one that is none; then there are no rows at all."""
    rows = list(hub.hooks.fetch(hook, plugin, seconds, source=source, http=hub.http))
    for number, row in enumerate(rows, start=1):
        problem = _problem_of(row, kind)
        if problem:
            hub.hooks.note_error(plugin, hook, f"row {number:,} {problem}")
            raise OutsideFailed(
                "plugin_nonsense", f"The plugin {plugin} is wrong: row {number:,} {problem}.", retryable=False
            )
    return rows


def _problem_of(row: object, kind: type[CatalogueRow] | type[RosterRow]) -> str | None:
    """What is wrong with a row, whatever a plugin may have put into it; None when nothing is."""
    if type(row) is not kind:
        return f"is {type(row).__name__}, not {kind.__name__}"
    for field in fields(kind):
        value = vars(row)[field.name]
        problem = None
        if field.type is str:
            problem = _problem_of_maybe_empty(value)
        elif isinstance(value, Mapping):
            told = (_problem_of_maybe_empty(each) for item in value.items() for each in item)
            problem = next((each for each in told if each), None)
        elif value is not None and type(value) is not int:
            problem = f"is {type(value).__name__}"
        if problem:
            return f"has no good {field.name}: it {problem}"
    return None


def _problem_of_maybe_empty(value: object) -> str | None:
    return None if type(value) is str and not value.strip() else problem_of_text(value, LONGEST)
