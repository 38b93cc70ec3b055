"""Days of the network files as instants.

The files name days; the hub stores instants. What happens at a location (its opening, its brands and nodes, the
appointments there, who represents that location) begins and ends at the start of the day in the location's time
zone. What belongs to no single place (partner links, who represents a node) begins and ends at 00:00 UTC. ``valid_to``
is the first day on which something no longer holds, as everywhere in the hub.
"""

from datetime import UTC, date, datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

FIRST_DAY, LAST_DAY = "1900-01-01", "2199-12-31"
YEARS = range(1900, 2200)
"""Dates that come in lie in these: behind them days cannot be added, or zones applied, without care."""
OPEN_END = "9999-12-31"
"""How other systems write that something has no end."""
BEGINNING = datetime(1900, 1, 1, tzinfo=UTC)
"""Stands for "always has been": validity in the database has a start in any case."""


# ZoneInfo itself remembers eight zones and reads the others from their files again and again.
_zone = cache(ZoneInfo)


@lru_cache(maxsize=1 << 17)
def start_of_day(day: str, time_zone: str = "UTC") -> datetime:
    """The first instant of a day (YYYY-MM-DD) in a time zone (an IANA name), as UTC.

    Where clocks are put forward at midnight, the day starts at the instant of the change.
    """
    midnight = datetime.fromisoformat(day).replace(tzinfo=_zone(time_zone))
    return midnight.astimezone(UTC)


@lru_cache(maxsize=1 << 17)
def valid_from(day: str, time_zone: str = "UTC") -> str:
    """The start of a validity as a snapshot has it: ISO 8601 in UTC; no day means always."""
    return (start_of_day(day, time_zone) if day else BEGINNING).isoformat()


@lru_cache(maxsize=1 << 17)
def valid_to(day: str, time_zone: str = "UTC") -> str | None:
    """The end of a validity as a snapshot has it: ISO 8601 in UTC, or None for open."""
    return start_of_day(day, time_zone).isoformat() if day and day != OPEN_END else None


def is_in_reach(at: date) -> bool:
    """Whether a day or an instant is one that can be reckoned with."""
    return at.year in YEARS


@lru_cache(maxsize=1 << 17)
def read_instant(text: str) -> datetime:
    """An instant of a snapshot."""
    return datetime.fromisoformat(text)


def day_of(instant: datetime, time_zone: str) -> str:
    """The day in a time zone that an instant belongs to; nothing for the beginning of all validity."""
    return "" if instant == BEGINNING else instant.astimezone(_zone(time_zone)).date().isoformat()
