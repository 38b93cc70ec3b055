"""Timestamps and durations as xAPI writes them (1.0.3 Data 4.5 and 4.6; 2.0, 4.2.7)."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_RFC_3339 = re.compile(
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:]{8}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})\Z"
)
_ISO_8601 = re.compile(
    r"^[0-9]{4}(?:-?[0-9]{2}-?[0-9]{2}|-?W[0-9]{2}-?[0-9])[Tt][0-9:]{4,8}(?:[.,][0-9]+)?"
    r"(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?\Z"
)
_UNKNOWN_ZONE = ("-00", "-0000", "-00:00")
_LEAP_SECOND = re.compile(r"(?<=[0-9]{2}:)60(?=[.,Zz+-]|\Z)")
_LONG_FRACTION = re.compile(r"([.,][0-9]{2})[0-9]+")


@lru_cache(maxsize=4096)  # a statement's is asked for three times
def parse_instant(text: str) -> datetime:
    """The instant as aware UTC. ValueError for anything but ISO 8601; without a zone, UTC is meant."""
    if not _ISO_8601.match(text):
        raise ValueError("no ISO 8601 date and time")
    time = text[text.upper().index("T") :]
    if time.endswith(_UNKNOWN_ZONE):
        raise ValueError("the offset -00:00 says that the zone is unknown")
    try:
        instant = _read(text, time)
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (OverflowError, ValueError):
        raise ValueError("there is no such date or time") from None


def _read(text: str, time: str) -> datetime:
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError:
        without_leap_second = _LEAP_SECOND.sub("59", time, count=1)
        if without_leap_second == time:
            raise
        day = text[: -len(time)]
        return datetime.fromisoformat((day + without_leap_second).upper()) + timedelta(seconds=1)


def is_rfc_3339(text: str) -> bool:
    """Whether a valid timestamp is also in the profile that xAPI 2.0 requires: extended form, with seconds and zone."""
    return _RFC_3339.match(text) is not None


def format_instant(instant: datetime) -> str:
    """RFC 3339 in UTC with microseconds, as the store writes ``stored``."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@lru_cache(maxsize=1024)
def shorten_duration(text: str) -> str:
    """The duration for comparison: nothing finer than 0.01 counts (1.0.3 Data 4.6.s1.b5)."""
    return _LONG_FRACTION.sub(r"\1", text)
