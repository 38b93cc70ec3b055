"""Small boxes that plugins add to the learner's page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


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
