"""The demo's story holds at every hour, for whoever starts it."""

from datetime import UTC, datetime, timedelta

from hub.network.validity.dates import start_of_day
from hub.testing.demo.story import NEW_FOR_DAYS, TIME_ZONE, date_of_story


def test_somebody_hired_90_days_ago_is_on_day_91_at_every_hour_of_the_year() -> None:
    first = datetime(2026, 1, 1, tzinfo=UTC)
    for hours in range(366 * 24):
        now = first + timedelta(hours=hours, minutes=30)
        hired = date_of_story(now) - timedelta(days=NEW_FOR_DAYS)
        age = now - start_of_day(hired.isoformat(), TIME_ZONE)
        assert timedelta(days=90) <= age < timedelta(days=91), now
