"""Onboarding of distributors' people: a path at the beginning, and one more for contracts of a higher tier."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from pydantic import Field

from hub.api import Aspect, Candidate, Opinion, PluginSettings, Workflow, hookimpl, reads

TIER = "contract_tier"
TIERS = ("basic", "silver", "gold")


class Settings(PluginSettings):
    """``path`` and ``gold_path`` are keys of paths in the catalogue; empty for none. ``days`` is how long there is for them."""

    path: str = ""
    gold_path: str = ""
    days: int = Field(30, ge=1, le=366)


class Plugin:
    """Wants the path for every appointment of its audiences, due in ``days``, and the gold path where the contract is gold."""

    hub_api = "1.1"
    settings: Settings

    @hookimpl
    def register_settings(self) -> type[PluginSettings]:
        """See Settings."""
        return Settings

    @hookimpl
    def register_aspects(self) -> Sequence[Aspect]:
        """The tier of the contract between the maker and these distributors."""
        return [Aspect(TIER, "Contract tier", type="choice", choices=TIERS)]

    @hookimpl
    def register_workflows(self) -> Sequence[Workflow]:
        """Whoever looks after a distributor hears of somebody new there."""
        words = "Somebody new works at a distributor. Please call in the first week."
        return [
            Workflow("welcome-call", "Welcome call", on="joined", reason="you are new", tell={"words": words})
        ]

    @hookimpl
    @reads("starts", "aspects")
    def decide_assignments(self, candidates: Sequence[Candidate]) -> Iterator[Opinion]:
        """Ask for the paths, as the audience's profile has them."""
        for candidate in candidates:
            settings = self._settings(candidate.settings)
            tier = candidate.aspects.get(TIER, TIERS[0])
            wanted = [(settings.path, "you are new at a distributor")]
            if tier == "gold":
                wanted.append((settings.gold_path, "your company has a gold contract"))
            for path, reason in wanted:
                if path:
                    due = candidate.starts + timedelta(days=settings.days)
                    yield Opinion(
                        candidate.appointment_id, "path", path, reason, candidate.starts, due_at=due
                    )

    def _settings(self, said: Mapping[str, Any]) -> Settings:
        return Settings.model_validate({**self.settings.model_dump(), **said})
