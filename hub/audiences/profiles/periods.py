"""Weeks, months and quarters, in UTC. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

PeriodName = Literal["week", "month", "quarter"]


def last_period(name: PeriodName, now: datetime) -> tuple[date, datetime]:
    """The first day of the last period that is over, and the instant at which it ended."""
    today = now.astimezone(UTC).date()
    this = first_day(name, today)
    return first_day(name, this - timedelta(days=1)), datetime.combine(this, time(), UTC)


def first_day(name: PeriodName, day: date) -> date:
    """The first day of the period in which a day lies; weeks begin on Monday."""
    if name == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1, month=day.month if name == "month" else (day.month - 1) // 3 * 3 + 1)
