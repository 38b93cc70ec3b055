"""A new model comes: everybody in the audiences of its wave takes one course in time for the launch."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import Field

from hub.api import (
    Aspect,
    Candidate,
    Opinion,
    Panel,
    PanelView,
    PluginSettings,
    hookimpl,
    reads,
)

if TYPE_CHECKING:  # came with 1.1
    from hub.api import PersonalData

WAVE = "launch_wave"


class Settings(PluginSettings):
    """``course`` is its key; it is asked for from ``days`` days before the day of the launch, a text such as 2026-09-01.

    Each wave after the first comes ``wave_days`` later.
    """

    course: str = ""
    day: date | None = None
    days: int = Field(60, ge=1, le=366)
    wave_days: int = Field(14, ge=0, le=366)


class Plugin:
    """Wants the course from so many days before the launch of the audience's wave, due on the day itself."""

    hub_api = "1.0"
    settings: Settings

    @hookimpl(optionalhook=True)
    def register_personal_data(self) -> "Sequence[PersonalData]":
        """Nothing: it answers from what it is asked."""
        return []

    @hookimpl
    def register_settings(self) -> type[PluginSettings]:
        """See Settings."""
        return Settings

    @hookimpl
    def register_aspects(self) -> Sequence[Aspect]:
        """In which wave an audience launches; 1 if its profile does not say."""
        return [Aspect(WAVE, "Wave of the launch", type="number")]

    @hookimpl
    @reads("starts", "aspects")
    def decide_assignments(self, candidates: Sequence[Candidate]) -> Iterator[Opinion]:
        """Ask for the course where the profile, or the hub, names one and its day."""
        for candidate in candidates:
            settings = self._settings(candidate.settings)
            if not settings.course or settings.day is None:
                continue
            wave = int(candidate.aspects.get(WAVE, 1))
            launch = datetime.combine(settings.day, time(), UTC) + timedelta(
                days=settings.wave_days * (wave - 1)
            )
            yield Opinion(
                candidate.appointment_id,
                "offering",
                settings.course,
                f"the launch is on {launch.date().isoformat()}",
                max(candidate.starts, launch - timedelta(days=settings.days)),
                due_at=launch,
                kind="brand",
            )

    @hookimpl
    def plan_panels(self, view: PanelView) -> Sequence[Panel]:
        """Say how long it is until the launch of the first wave."""
        settings = self._settings(view.settings)
        if settings.day is None:
            return []
        left = (settings.day - view.on.date()).days
        return [Panel("Launch", f"{left} days until the launch.")] if 0 < left <= settings.days else []

    def _settings(self, said: Mapping[str, Any]) -> Settings:
        return Settings.model_validate({**self.settings.model_dump(), **said})
