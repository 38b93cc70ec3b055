"""The rows of a catalogue, as source plugins read them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class CatalogueSource:
    """An external LMS whose catalogue is read. ``address`` is where, as the operator configured it."""

    connection: str
    address: str


@dataclass(frozen=True)
class CatalogueRow:
    """One course as its LMS lists it. ``external_id`` never changes there; ``launch`` holds custom launch parameters."""

    external_id: str
    key: str
    title: str
    activity_id: str
    description: str = ""
    minutes: int | None = None
    completion_policy: str = "completed-or-passed"
    launch: Mapping[str, str] = field(default_factory=dict)
