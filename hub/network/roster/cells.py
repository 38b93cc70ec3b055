"""What may stand in a cell: each check takes the text and says what is wrong with it, or None."""

import re
from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from zoneinfo import available_timezones

from hub.network.validity.dates import FIRST_DAY, LAST_DAY, OPEN_END

Check = Callable[[str], str | None]

ID_LENGTH = 80
_SLUG = re.compile(r"[a-z0-9]([a-z0-9_-]{0,38}[a-z0-9])?")
_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_EMAIL = re.compile(r"[^@\s;,<>]+@[^@\s;,<>]+\.[^@\s;,<>]+")
_COUNTRY = re.compile(r"[A-Z]{2}")
_TIME_ZONES = cache(available_timezones)


def external_id(text: str) -> str | None:
    """An id of the sender's own making; it may stand in a list, so it holds no semicolon."""
    if len(text) > ID_LENGTH:
        return f"is longer than {ID_LENGTH} characters"
    if ";" in text or text != text.strip():
        return f'"{text}" holds a semicolon or begins or ends with a blank'
    return None


def words(text: str) -> str | None:
    """A name or title."""
    return None if text.strip() else "is blank"


def slug(text: str) -> str | None:
    """A key that can stand in addresses."""
    return (
        None if _SLUG.fullmatch(text) else f'"{text}" is not made of lower case letters, digits and hyphens'
    )


def dimension(text: str) -> str | None:
    """The key of a field dimension; ``general`` is the hub's own."""
    return '"general" is built in and has no nodes or representatives' if text == "general" else slug(text)


def day(text: str) -> str | None:
    """A date as YYYY-MM-DD, in the years 1900 to 2199."""
    try:
        written_so = date.fromisoformat(text).isoformat() == text
    except ValueError:
        written_so = False
    if not written_so:
        return f'"{text}" is not a date (YYYY-MM-DD)'
    if FIRST_DAY <= text <= LAST_DAY:
        return None
    return f'"{text}" is before {FIRST_DAY}' if text < FIRST_DAY else f'"{text}" is after {LAST_DAY}'


def last_day(text: str) -> str | None:
    """The same, or 9999-12-31, by which others say that something has no end."""
    return None if text == OPEN_END else day(text)


def time_zone(text: str) -> str | None:
    """An IANA time zone."""
    return None if text in _TIME_ZONES() else f'"{text}" is not a time zone such as Europe/Rome'


def country(text: str) -> str | None:
    """A country code of ISO 3166-1, two letters."""
    return None if _COUNTRY.fullmatch(text) else f'"{text}" is not a country code of two capital letters'


def locale(text: str) -> str | None:
    """A language tag such as en or pt-BR (RFC 5646), at most 16 characters."""
    return (
        None
        if len(text) <= 16 and _LOCALE.fullmatch(text)
        else f'"{text}" is not a language tag such as pt-BR'
    )


def email(text: str) -> str | None:
    """An address; the problem does not repeat it, for it is personal."""
    return None if _EMAIL.fullmatch(text) else "is not an e-mail address"


def short(length: int) -> Check:
    """Words of at most so many characters."""

    def check(text: str) -> str | None:
        return f"is longer than {length} characters" if len(text) > length else words(text)

    return check


def one_of(*allowed: str) -> Check:
    """One of these words."""

    def check(text: str) -> str | None:
        return None if text in allowed else f'"{text}" is none of {", ".join(allowed)}'

    return check


def list_of(check_item: Check) -> Check:
    """A list separated by semicolons, nothing in it twice."""

    def check(text: str) -> str | None:
        items = text.split(";")
        if "" in items:
            return f'"{text}" has an empty item'
        if len(set(items)) < len(items):
            return f'"{text}" names something twice'
        return _first(check_item(item) for item in items)

    return check


def dated(check_word: Check) -> Check:
    """A word, or a word and its time: ``supply@2024-01-01/2026-01-01``, with a day left out where it is open."""

    def check(text: str) -> str | None:
        word, since, until = parts_of_dated(text)
        if "@" in text and "/" not in text:
            return f'"{text}" is not a word with a time such as supply@2024-01-01/'
        if wrong := check_word(word) or _first([since and day(since), until and last_day(until)]):
            return wrong
        return f'"{text}" ends before it begins' if since and until and until <= since else None

    return check


def parts_of_dated(text: str) -> tuple[str, str, str]:
    """The word, the day it begins and the day it ends; empty where open."""
    word, _, time = text.partition("@")
    since, _, until = time.partition("/")
    return word, since, until


def _first(messages: Iterable[str | None]) -> str | None:
    return next((message for message in messages if message), None)
