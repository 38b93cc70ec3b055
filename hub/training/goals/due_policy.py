"""When a goal is due: so many days after something began to ask for it, on a day, on a yearly day, at the end of a period.

Days are those of the location's calendar: a due date is the instant at which its day is over there. Pure.
"""

from calendar import isleap, monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from hub.training.goals.due import end_of_day

DueKind = Literal["days", "date", "anniversary", "period"]
Period = Literal["month", "quarter", "year"]
FROM_START = "start"
"""The anniversary of the day on which the appointment began."""
_MONTHS: Mapping[str, int] = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True)
class DuePolicy:
    """``value`` is a number of days; a day (``2026-12-31``); ``start`` or a day of each year (``06-30``); month, quarter or year.

    Whoever is asked late has ``at_least_days`` nevertheless. The 29th of February is the 28th in other years.
    """

    kind: DueKind
    value: int | str
    at_least_days: int = 0

    def to_json(self) -> dict[str, Any]:
        """As stored and exported: ``{"days": 30}``, ``{"end_of": "quarter", "at_least_days": 30}``."""
        name = "end_of" if self.kind == "period" else self.kind
        return {name: self.value} | ({"at_least_days": self.at_least_days} if self.at_least_days else {})

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "DuePolicy | None":
        """From ``to_json``; None of nothing."""
        if not stored:
            return None
        ((name, value),) = ((name, value) for name, value in stored.items() if name != "at_least_days")
        kind = "period" if name == "end_of" else name
        return cls(cast(DueKind, kind), value, stored.get("at_least_days", 0))

    def due_at(self, start: datetime, began: datetime, zone: str) -> datetime:
        """When what asks since ``start`` is due for an appointment that ``began`` then, at a location in a zone (IANA name)."""
        first = start.astimezone(ZoneInfo(zone)).date()
        earliest = _plus(first, self.at_least_days)
        return end_of_day(max(earliest, self._day(first, earliest, began, zone)), zone)

    @property
    def words(self) -> str:
        """``at the end of the quarter, after 30 days at the earliest``."""
        at = {
            "days": f"{self.value} days after it begins to apply",
            "date": f"on {self.value}",
            "anniversary": "on the anniversary of the appointment"
            if self.value == FROM_START
            else f"each year on {self.value}",
            "period": f"at the end of the {self.value}",
        }[self.kind]
        return f"{at}, after {self.at_least_days} days at the earliest" if self.at_least_days else at

    def _day(self, first: date, earliest: date, began: datetime, zone: str) -> date:
        if self.kind == "days":
            return _plus(first, int(self.value))
        if self.kind == "date":
            return date.fromisoformat(str(self.value))
        if self.kind == "period":
            return _end_of(str(self.value), earliest)
        if self.value != FROM_START:
            return _next_in_year(str(self.value), earliest)
        # The day on which it begins to apply is not its own anniversary.
        hired = began.astimezone(ZoneInfo(zone)).date()
        return _next_in_year(f"{hired:%m-%d}", max(_plus(first, 1), earliest))


def _next_in_year(day: str, earliest: date) -> date:
    """The first such day (``06-30``) that is not before another one."""
    wanted = [int(part) for part in day.split("-")]
    days = (_in_year(year, *wanted) for year in (earliest.year, earliest.year + 1))
    return next(each for each in days if each >= earliest)


def _in_year(year: int, month: int, day: int) -> date:
    return date(year, month, 28 if (month, day) == (2, 29) and not isleap(year) else day)


def _end_of(period: str, day: date) -> date:
    months = _MONTHS[period]
    last = (day.month - 1) // months * months + months
    return date(day.year, last, monthrange(day.year, last)[1])


def _plus(day: date, days: int) -> date:
    return day + timedelta(days=days)
