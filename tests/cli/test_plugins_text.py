"""How plugins are written for a terminal."""

from datetime import UTC, datetime

import pytest

from hub.cli.plugins_text import WIDTH, duration, list_lines, show_lines
from hub.journal.aside import Aside
from hub.journal.timings import Lately
from hub.journal.views import Undelivered
from hub.plugin_data.migrate import PluginSchema
from hub.plugin_data.personal_data import PersonalData
from hub.plugin_views.overview import HookSeen, PluginSeen
from hub.plugin_views.settings_shown import SettingShown

AT = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
LONG = "a long story about why this happened " * 9


def seen(**other: object) -> PluginSeen:
    lately = Lately("crm", "credit_granted", 1_234_567, 12, 0.00002, 0.25, 12.5, 0, LONG, AT, "2.0")
    values: dict[str, object] = {
        "place": 3,
        "name": "crm",
        "version": "2.1",
        "api": "1.0",
        "built_in": False,
        "summary": LONG,
        "hooks": [HookSeen("credit_granted", "tell", "hub", lately, "news_gathered", "1.2")],
        "is_switched": False,
        "audiences": (),
        "partners_off": (),
        "settings": [SettingShown("address", LONG, "", False, False, LONG)],
        "schema": PluginSchema("crm", "0001", "0003"),
        "personal_data": (PersonalData("ids", "to know repeats", "a year is over"),),
        "deliveries": Undelivered(2, 1),
        "aside": Aside("crm", "", LONG, AT),
    }
    return PluginSeen(**{**values, **other})  # type: ignore[arg-type]


def test_what_needs_somebody_is_said_and_no_line_is_too_long() -> None:
    for lines in (list(list_lines([seen()], (), True)), list(show_lines(seen()))):
        assert max(map(len, lines)) <= WIDTH
        text = "\n".join(lines)
        assert "SET ASIDE since 2026-05-04 09:30 UTC" in text
        assert "hub plugins take-back crm" in " ".join(text.split())
        assert "deprecated: plugin API 1.2 refuses it; news_gathered takes its place" in text
        assert "tables: revision 0001, pending up to 0003: run `hub migrate`" in text
        assert "deliveries: 2 waiting, 1 parked" in text
        assert "1,234,567      12      20 µs     250 ms     12.5 s" in text
    assert "ids, to know repeats; until a year is over; in its own tables" in "\n".join(show_lines(seen()))


def test_a_plugin_that_keeps_nothing_says_so_and_one_that_does_not_say_says_nothing() -> None:
    assert "   keeps nothing about people" in list(show_lines(seen(personal_data=())))
    assert not any("about people" in line for line in show_lines(seen(personal_data=None)))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (0.0000012, "1.2 µs"),
        (0.00042, "420 µs"),
        (0.0042, "4.2 ms"),
        (0.99, "990 ms"),
        (7200, "7,200 s"),
    ],
)
def test_durations(seconds: float | None, words: str) -> None:
    assert duration(seconds) == words
