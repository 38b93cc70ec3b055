"""The plugin alone: which paths it asks for."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from distributor_onboarding import Plugin, Settings

from hub.api import Candidate

START = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "aspects", "paths"),
    [
        ({}, {}, ["basics"]),
        ({}, {"contract_tier": "gold"}, ["basics", "more"]),
        ({"path": "own", "days": 5}, {"contract_tier": "silver"}, ["own"]),
        ({"path": ""}, {}, []),
    ],
)
def test_paths_by_settings_and_tier(said: dict[str, Any], aspects: dict[str, str], paths: list[str]) -> None:
    plugin = Plugin()
    plugin.settings = Settings(path="basics", gold_path="more")
    candidate = Candidate("p", "a", "x", "external", "sales", (), "l", START, None, said, aspects)
    opinions = list(plugin.decide_assignments([candidate]))
    assert [opinion.target for opinion in opinions] == paths
    assert all(o.due_at == START + timedelta(days=said.get("days", 30)) for o in opinions)
