"""Dates, durations and counts as people say them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import flask
import pytest

from hub.clock import SettableClock
from hub.web import words
from hub.web.language import install_languages

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    app = flask.Flask("words")
    app.extensions["hub"] = SimpleNamespace(clock=SettableClock(NOW))
    install_languages(app)
    with app.app_context():
        yield


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (5, "Due in 5 days · 27 November"),
        (1, "Due tomorrow · 23 November"),
        (0.2, "Due today · 22 November"),
        (-0.1, "Was due today · 22 November"),
        (-1, "Was due yesterday · 21 November"),
        (-9, "Overdue by 9 days · 13 November"),
        (60, "Due in 60 days · 21 January 2027"),
        (90, "Due 20 February 2027"),
    ],
)
def test_due_dates_are_said_as_people_say_them(days: float, expected: str) -> None:
    assert words.due(NOW + timedelta(days=days)) == expected


@pytest.mark.parametrize(("days", "tone"), [(-0.1, "bad"), (0.1, "warn"), (7, "warn"), (8, "quiet")])
def test_what_is_due_soon_stands_out(days: float, tone: str) -> None:
    assert words.due_tone(NOW + timedelta(days=days)) == tone


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (0, "just now"),
        (1, "1 minute ago"),
        (61, "1 hour ago"),
        (12 * 60, "yesterday"),
        (3 * 24 * 60, "19 November"),
    ],
)
def test_the_past_is_said_roughly(minutes: int, expected: str) -> None:
    assert words.ago(NOW - timedelta(minutes=minutes)) == expected


@pytest.mark.parametrize(
    ("number", "expected"), [(0, "0 min"), (25, "25 min"), (60, "1 h"), (90, "1 h 30 min")]
)
def test_minutes(number: int, expected: str) -> None:
    assert words.minutes(number) == expected


@pytest.mark.parametrize(
    ("length", "expected"),
    [(1.5, "1 s"), (119, "119 s"), (600, "10 min"), (7200, "2 h"), (200_000, "2 days")],
)
def test_spans(length: float, expected: str) -> None:
    assert words.span(timedelta(seconds=length)) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.00002, "20 µs"), (0.0004, "0.4 ms"), (0.012, "12 ms"), (1.84, "1.8 s")]
)
def test_milliseconds(seconds: float, expected: str) -> None:
    assert words.milliseconds(seconds) == expected


def test_counts_and_lists() -> None:
    assert words.count(1, "person", "people") == "1 person"
    assert words.count(1204, "course") == "1,204 courses"
    assert [words.listing(("Sales", "Service", "Parts")[:n]) for n in range(4)] == [
        "",
        "Sales",
        "Sales and Service",
        "Sales, Service and Parts",
    ]


@pytest.mark.parametrize(
    "iri", ["http://adlnet.gov/expapi/verbs/passed", "https://x.example#passed", "passed/"]
)
def test_the_last_part_of_an_iri_names_it(iri: str) -> None:
    assert words.last_part(iri) == "passed"
