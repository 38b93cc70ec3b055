"""Days and numbers as each language writes them."""

from datetime import datetime

from babel.dates import format_date, format_datetime, format_skeleton
from babel.numbers import format_decimal

from hub.words.languages import formats_of


def full_day(at: datetime, language: str) -> str:
    """``27 November 2026``, ``27. November 2026``, ``27 de noviembre de 2026``, ``27 novembre 2026``."""
    return format_date(at, "long", locale=formats_of(language))


def day_of_year(at: datetime, language: str) -> str:
    """``27 November``, ``27. November``, ``27 de noviembre``, ``27 novembre``."""
    return format_skeleton("MMMMd", at, tzinfo=None, locale=formats_of(language))


def moment(at: datetime, language: str) -> str:
    """``22 Nov 2026, 13:46:05 UTC``, and as other languages write it."""
    if language == "en":
        return f"{at.day} {at:%b %Y, %H:%M:%S} UTC"
    return f"{format_datetime(at, 'medium', locale=formats_of(language))} UTC"


def numeral(number: float, language: str) -> str:
    """``1,204``, ``1.204`` or ``1 204``."""
    return format_decimal(number, locale=formats_of(language))


def counted(one: str, many: str = "") -> tuple[str, str]:
    """The message of a number of things, and its plural: of ``course``, ``%(num)s course`` and ``%(num)s courses``."""
    return f"%(num)s {one}", f"%(num)s {many or one + 's'}"
