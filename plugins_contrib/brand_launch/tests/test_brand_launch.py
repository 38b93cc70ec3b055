"""When it asks for the course: the plugin alone, and at a hub."""

from datetime import UTC, date, datetime

import pytest
from brand_launch import Plugin, Settings

from hub.api import Candidate, PanelView
from hub.testing.small_hub import MakeCourse, MakePerson

START = datetime(2026, 3, 2, tzinfo=UTC)


def test_each_wave_has_its_day() -> None:
    plugin = Plugin()
    plugin.settings = Settings()
    said = {"course": "new-model", "day": "2026-07-01"}
    asked = [
        Candidate("p", "a", "x", "external", "tech", (), "l", START, None, said, {"launch_wave": wave})
        for wave in (1, 2)
    ]
    first, second = plugin.decide_assignments(asked)
    assert (first.due_at, second.due_at) == (
        datetime(2026, 7, 1, tzinfo=UTC),
        datetime(2026, 7, 15, tzinfo=UTC),
    )
    assert (first.since, second.since) == (
        datetime(2026, 5, 2, tzinfo=UTC),
        datetime(2026, 5, 16, tzinfo=UTC),
    )
    assert (
        list(plugin.decide_assignments([Candidate("p", "a", "x", "external", "tech", (), "l", START, None)]))
        == []
    )


def test_panel_counts_down() -> None:
    plugin = Plugin()
    plugin.settings = Settings(day=date(2026, 7, 1))
    views = [PanelView("p", datetime(2026, month, 1, tzinfo=UTC), (START,)) for month in (1, 6, 8)]
    assert [[panel.text for panel in plugin.plan_panels(view)] for view in views] == [
        [],
        ["30 days until the launch."],
        [],
    ]


@pytest.mark.hub(settings={"brand_launch": {"course": "new-model", "day": "2026-06-01"}})
def test_hub_asks_for_the_course_and_shows_the_launch(person: MakePerson, course: MakeCourse) -> None:
    course("new-model")
    ann = person("ann")
    assert ann.goal("new-model").due_at == datetime(2026, 6, 1, tzinfo=UTC)
    assert len(ann.panels()) == 1
