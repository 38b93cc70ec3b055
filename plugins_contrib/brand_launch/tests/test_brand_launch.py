"""The plugin alone: when it asks for the course."""

from datetime import UTC, date, datetime

from brand_launch import Plugin, Settings

from hub.api import Candidate, PanelView

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
