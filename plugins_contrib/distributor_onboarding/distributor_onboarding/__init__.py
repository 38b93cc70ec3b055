"""Onboarding of distributors' people: a path once somebody approved it, and one more for contracts of a higher tier."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from distributor_onboarding.pages import DECIDERS, Pages
from distributor_onboarding.requests import erase_rows, rows_about
from distributor_onboarding.settings import Settings
from hub.api import (
    Aspect,
    Candidate,
    Erased,
    Opinion,
    PersonalData,
    PluginSettings,
    Route,
    Storage,
    Workflow,
    hookimpl,
    reads,
)

__all__ = ["Plugin", "Settings"]

TIER = "contract_tier"
TIERS = ("basic", "silver", "gold")


class Plugin:
    """Wants the path for everybody of its audiences whose onboarding was approved, and the gold path where the contract is gold.

    Who asks, waits and decides stands in a table of its own. A decision is noted at the hub, which hands it back when it asks.
    """

    hub_api = "1.1"
    settings: Settings
    storage: Storage

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
    def register_migrations(self) -> Path:
        """The table of requests."""
        return Path(__file__).parent / "migrations"

    @hookimpl
    def register_routes(self) -> Sequence[Route]:
        """A page for those who are new, and one for those who decide."""
        pages = Pages(self.settings)
        return [
            Route("", pages.mine, menu="Onboarding"),
            Route("ask", pages.ask, methods=("POST",)),
            Route("requests", pages.requests, may=DECIDERS, menu="Onboarding requests"),
            Route("requests/find", pages.find, may=DECIDERS, methods=("POST",)),
            Route("requests/propose", pages.propose, may=DECIDERS, methods=("POST",)),
            Route("requests/<appointment_id>", pages.decide, may=DECIDERS, methods=("POST",)),
        ]

    @hookimpl
    def register_personal_data(self) -> Sequence[PersonalData]:
        """The requests."""
        return [
            PersonalData(
                "Who asked for whose onboarding, who decided, and when (ids of people, no names)",
                "somebody has to decide, and to stand by it",
                "the person is erased, or the plugin removed with its data",
            )
        ]

    @hookimpl
    def export_person(self, person_id: str) -> Iterator[Mapping[str, Any]]:
        """The person's requests, and what the person did in those of others."""
        with self.storage.reading() as connection:
            yield from rows_about(connection, person_id)

    @hookimpl
    def erase_person(self, person_id: str) -> Iterator[Erased]:
        """The person's requests go; in those of others nobody stands in the person's place."""
        with self.storage.writing() as unit:
            own, others = erase_rows(unit.connection, person_id)
        yield Erased("requests for onboarding", own)
        yield Erased("requests of others without the person", others)

    @hookimpl
    @reads("starts", "aspects", "notes")
    def decide_assignments(self, candidates: Sequence[Candidate]) -> Iterator[Opinion]:
        """Ask for the paths, as the audience's profile has them."""
        for candidate in candidates:
            settings = self._settings(candidate.settings)
            since, approved = candidate.starts, ""
            if settings.approval:
                if candidate.notes.get("decision") != "approved":
                    continue
                at = datetime.fromisoformat(candidate.notes["at"])
                since = max(since, at)
                approved = f", and {candidate.notes['as']} approved it on {at.date().isoformat()}"
            wanted = [(settings.path, f"you are new at a distributor{approved}")]
            if candidate.aspects.get(TIER, TIERS[0]) == "gold":
                wanted.append((settings.gold_path, f"your company has a gold contract{approved}"))
            for path, reason in wanted:
                if path:
                    due = since + timedelta(days=settings.days)
                    yield Opinion(candidate.appointment_id, "path", path, reason, since, due_at=due)

    def _settings(self, said: Mapping[str, Any]) -> Settings:
        return Settings.model_validate({**self.settings.model_dump(), **said})
