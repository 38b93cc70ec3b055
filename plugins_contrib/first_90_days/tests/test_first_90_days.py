"""What it asks for and what it shows: the plugin alone, and at a hub."""

from datetime import UTC, datetime, timedelta

import pytest
from first_90_days import Plugin, Settings

from hub.api import Candidate, PanelView
from hub.clock import SettableClock
from hub.testing.small_hub import MakeCourse, MakePath, MakePerson

START = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def plugin() -> Plugin:
    plugin = Plugin()
    plugin.settings = Settings()
    return plugin


def test_asks_for_the_path_until_day_91_begins(plugin: Plugin) -> None:
    candidate = Candidate("p", "a", "north", "external", "technician", ("b",), "l", START, None)
    (opinion,) = plugin.decide_assignments([candidate])
    assert (opinion.target_kind, opinion.target) == ("path", "welcome")
    assert opinion.since == START
    assert opinion.until == START + timedelta(days=90)
    assert "90 days" in opinion.reason


@pytest.mark.parametrize(
    ("after_days", "shown"),
    [
        (0, "Day 1 of 90"),
        (22, "Day 23 of 90"),
        (89, "Day 90 of 90. Today is the last"),
        (90, ""),
        (-1, ""),
    ],
)
def test_panel_counts_the_days(plugin: Plugin, after_days: int, shown: str) -> None:
    panels = plugin.plan_panels(PanelView("p", START + timedelta(days=after_days), (START,)))
    assert [shown in panel.text for panel in panels] == ([True] if shown else [])


def test_hub_asks_for_the_path_until_the_days_are_over(
    person: MakePerson, course: MakeCourse, learning_path: MakePath, clock: SettableClock
) -> None:
    course("tour")
    learning_path("welcome", "tour")
    ann = person("ann", since=clock.now())
    assert [goal.target for goal in ann.goals()] == ["welcome"]
    assert len(ann.panels()) == 1
    clock.advance(days=91)
    assert ann.goals() == []
