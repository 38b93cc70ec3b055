"""Small boxes that plugins add to the learner's page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import isfinite
from typing import Any

from hub.hooks.nonsense import problem_of_text

MOST_PANELS = 20
LONGEST_TITLE, LONGEST_TEXT = 200, 2_000


@dataclass(frozen=True)
class PanelView:
    """What a panel is made from: the person, the appointments in the plugin's audiences, and the day."""

    person_id: str
    on: datetime
    starts: tuple[datetime, ...]
    """When the person's appointments in the plugin's audiences began."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What the profile of the first of these audiences says for the plugin, instead of the hub's settings."""


@dataclass(frozen=True)
class Panel:
    """A box with a title and a sentence; ``progress`` from 0 to 1 draws a bar."""

    title: str
    text: str
    progress: float | None = None


def problem_of_panels(answer: object) -> str | None:
    """Why an answer cannot be shown, whatever a plugin may have put into it; None when it can."""
    if not isinstance(answer, list | tuple):
        return f"answered {type(answer).__name__}, not panels"
    if len(answer) > MOST_PANELS:
        return f"answered {len(answer):,} panels, more than {MOST_PANELS}"
    return next((problem for problem in map(_problem_of, answer) if problem), None)


def _problem_of(panel: object) -> str | None:
    if type(panel) is not Panel:
        return f"answered {type(panel).__name__}, not a panel"
    for name, longest in (("title", LONGEST_TITLE), ("text", LONGEST_TEXT)):
        problem = problem_of_text(vars(panel)[name], longest)
        if problem:
            return f"{name} {problem}"
    progress = vars(panel)["progress"]
    if progress is None or (type(progress) in (int, float) and isfinite(progress)):
        return None
    return "progress is no number"
