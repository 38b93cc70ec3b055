"""A learning path for people in their first days at a place; it ends by itself when those days are over."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pydantic import Field

from hub.api import Candidate, Opinion, Panel, PanelView, PluginSettings, hookimpl, reads

if TYPE_CHECKING:  # came with 1.1
    from hub.api import PersonalData


class Settings(PluginSettings):
    """``path`` is the key of a path in the catalogue, ``days`` how long somebody is new."""

    path: str = "welcome"
    days: int = Field(90, ge=1, le=366)


class Plugin:
    """Wants the path for every appointment of its audiences from its first day until day ``days`` is over."""

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
    @reads("starts")
    def decide_assignments(self, candidates: Sequence[Candidate]) -> Iterator[Opinion]:
        """Ask for the path; on day ``days`` + 1 it is gone without anybody doing anything."""
        for candidate in candidates:
            settings = self._settings(candidate.settings)
            yield Opinion(
                appointment_id=candidate.appointment_id,
                target_kind="path",
                target=settings.path,
                reason=f"you are in your first {settings.days} days",
                since=candidate.starts,
                until=candidate.starts + timedelta(days=settings.days),
                due_at=candidate.starts + timedelta(days=settings.days, seconds=-1),
            )

    @hookimpl
    def plan_panels(self, view: PanelView) -> Sequence[Panel]:
        """Show which day of the first days it is."""
        settings = self._settings(view.settings)
        days = [(view.on - start).days + 1 for start in view.starts if start <= view.on]
        current = [day for day in days if day <= settings.days]
        if not current:
            return []
        day = min(current)
        left = settings.days - day
        text = f"Day {day} of {settings.days}. " + (
            "Today is the last day of your welcome path."
            if left == 0
            else f"Your welcome path ends by itself in {left + 1} days."
        )
        return [Panel("Your first days", text, progress=day / settings.days)]

    def _settings(self, said: Mapping[str, Any]) -> Settings:
        """The hub's settings, with what the audience's profile says instead."""
        return self.settings.model_copy(update=dict(said))
