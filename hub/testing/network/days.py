"""Dates as day numbers, because millions of them are compared, added and written."""

from datetime import date, timedelta

_FIRST = date(1970, 1, 1)
_LAST = date(2099, 12, 31)
_TEXTS = [(_FIRST + timedelta(days=n)).isoformat() for n in range((_LAST - _FIRST).days + 1)]


def day_number(day: date) -> int:
    """Days from 1970-01-01 to this day."""
    return (day - _FIRST).days


def day_text(number: int | None) -> str:
    """The day as YYYY-MM-DD, or nothing for an open end; days from 1970 to 2099 exist."""
    return "" if number is None else _TEXTS[number]


def next_month(number: int) -> int:
    """The first day of the month after this day, when responsibilities change hands."""
    day = _FIRST + timedelta(days=number)
    return day_number(date(day.year + day.month // 12, day.month % 12 + 1, 1))
