"""The plugin alone: which paths it asks for."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from distributor_onboarding import Plugin, Settings

from hub.api import Candidate

START = datetime(2026, 3, 2, tzinfo=UTC)
APPROVED_AT = datetime(2026, 3, 5, 9, tzinfo=UTC)
APPROVED = {"decision": "approved", "at": APPROVED_AT.isoformat(), "as": "a partner admin"}


def opinions(said: dict[str, Any], aspects: dict[str, str], notes: dict[str, Any]) -> list[Any]:
    plugin = Plugin()
    plugin.settings = Settings(path="basics", gold_path="more")
    candidate = Candidate("p", "a", "x", "external", "sales", (), "l", START, None, said, aspects, notes)
    return list(plugin.decide_assignments([candidate]))


@pytest.mark.parametrize(
    ("said", "aspects", "paths"),
    [
        ({}, {}, ["basics"]),
        ({}, {"contract_tier": "gold"}, ["basics", "more"]),
        ({"path": "own", "days": 5}, {"contract_tier": "silver"}, ["own"]),
        ({"path": ""}, {}, []),
    ],
)
def test_paths_of_the_approved_by_settings_and_tier(
    said: dict[str, Any], aspects: dict[str, str], paths: list[str]
) -> None:
    found = opinions(said, aspects, APPROVED)
    assert [opinion.target for opinion in found] == paths
    assert all(o.due_at == APPROVED_AT + timedelta(days=said.get("days", 30)) for o in found)
    assert all(o.reason.endswith(", and a partner admin approved it on 2026-03-05") for o in found)


@pytest.mark.parametrize("notes", [{}, {"decision": "declined", "at": APPROVED["at"], "as": "a manager"}])
def test_nobody_else_gets_anything(notes: dict[str, Any]) -> None:
    assert opinions({}, {"contract_tier": "gold"}, notes) == []


def test_without_approval_everybody_gets_it_from_the_beginning() -> None:
    (found,) = opinions({"approval": False}, {}, {})
    assert (found.since, found.reason) == (START, "you are new at a distributor")


def test_an_approval_before_the_first_day_counts_from_the_first_day() -> None:
    early = {**APPROVED, "at": (START - timedelta(days=3)).isoformat()}
    (found,) = opinions({}, {}, early)
    assert (found.since, found.due_at) == (START, START + timedelta(days=30))
