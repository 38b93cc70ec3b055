"""When a day of the files begins."""

from datetime import UTC, date, datetime

import pytest

from hub.network.validity.dates import BEGINNING, day_of, is_in_reach, start_of_day, valid_from, valid_to


@pytest.mark.parametrize(
    ("day", "zone", "instant"),
    [
        ("2026-05-03", "UTC", "2026-05-03T00:00:00+00:00"),
        ("2026-05-03", "America/New_York", "2026-05-03T04:00:00+00:00"),
        ("2026-01-03", "America/New_York", "2026-01-03T05:00:00+00:00"),
        ("2026-05-03", "Asia/Kolkata", "2026-05-02T18:30:00+00:00"),
        # Clocks went from 24:00 to 01:00: the day began at one o'clock.
        ("2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00+00:00"),
        # Clocks went back from 01:00 to 00:00: midnight came twice, and the day began with the first.
        ("2020-11-01", "America/Havana", "2020-11-01T04:00:00+00:00"),
        ("2199-12-31", "America/Los_Angeles", "2199-12-31T08:00:00+00:00"),
        ("1900-01-01", "Asia/Tokyo", "1899-12-31T15:00:00+00:00"),
    ],
)
def test_day_begins_at_midnight_of_its_place(day: str, zone: str, instant: str) -> None:
    assert start_of_day(day, zone).isoformat() == instant
    assert valid_from(day, zone) == instant
    assert valid_to(day, zone) == instant
    assert day_of(start_of_day(day, zone), zone) == day


def test_open_ends() -> None:
    assert valid_from("", "Europe/Rome") == BEGINNING.isoformat()
    assert valid_to("", "Europe/Rome") is None
    assert day_of(BEGINNING, "Europe/Rome") == ""
    assert datetime(1900, 1, 1, tzinfo=UTC) == BEGINNING


def test_some_write_so_that_there_is_no_end() -> None:
    assert valid_to("9999-12-31", "Asia/Tokyo") is None
    assert [is_in_reach(date(year, 6, 1)) for year in (1899, 1900, 2199, 2200)] == [False, True, True, False]
